"""Does something learned come back as it went, and is everything else refused?"""

import io
import json
import os

import numpy as np
import pytest

from gemel.errors import InterfaceError
from gemel.interfaces.stores.model_file import read_model, write_model

ARRAYS = {
    "gain_db": np.linspace(-1.0, 1.0, 7, dtype=np.float32),
    "name": np.array(["a", "bé"]),
    "bits": np.array([[1, 2**32 - 1]], np.uint32),
}
FACTS = {"seed": 3, "origin_m": [1.5, -2.0], "of": "Chengdu"}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "one.model"
    write_model(path, "propagation", ARRAYS, FACTS)
    return path


def test_it_comes_back_as_it_went(path):
    arrays, facts = read_model(path, "propagation")
    assert facts == FACTS and set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert (arrays[name] == array).all()
    assert os.listdir(path.parent) == [path.name]


def test_another_kind_is_refused(path):
    with pytest.raises(InterfaceError, match="'propagation'; one of 'energy'"):
        read_model(path, "energy")


def test_another_version_is_refused(path):
    with np.load(path) as file:
        content = {name: file[name] for name in file.files}
    header = json.loads(content["header"].tobytes()) | {"schema_version": 99}
    content["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with open(path, "wb") as file:
        np.savez(file, **content)
    with pytest.raises(InterfaceError, match="schema_version 99"):
        read_model(path, "propagation")


def test_wherever_it_is_cut_it_is_refused(path):
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(InterfaceError) as refused:
            read_model(path, "propagation")
        assert "\n" not in str(refused.value)


def test_a_spoilt_byte_is_never_silently_another_number(path):
    whole = bytearray(path.read_bytes())
    for at in range(0, len(whole), 23):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0x55
        path.write_bytes(spoilt)
        try:
            arrays, facts = read_model(path, "propagation")
        except InterfaceError:
            continue
        assert facts == FACTS
        assert all((arrays[name] == ARRAYS[name]).all() for name in arrays)


def npy():
    content = io.BytesIO()
    np.save(content, np.arange(3))
    return content.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"cell,x\n1,2\n", b"\x80\x04N.", b"PK\x05\x06", npy()]
)
def test_what_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(InterfaceError, match="no model of gemel"):
        read_model(path, "propagation")


def test_no_file_no_folder_and_a_folder(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InterfaceError, match="cannot be read"):
            read_model(path, "propagation")
    with pytest.raises(InterfaceError, match="cannot be written"):
        write_model(tmp_path / "no" / "such", "propagation", ARRAYS, FACTS)


def test_an_archive_of_objects_is_never_opened(tmp_path):
    path = tmp_path / "objects"
    with open(path, "wb") as file:
        np.savez(file, header=np.array([{"schema_version": 1}], object))
    with pytest.raises(InterfaceError):
        read_model(path, "propagation")
    with pytest.raises(ValueError, match="objects"):
        write_model(path, "propagation", {"a": np.array([None], object)}, {})
