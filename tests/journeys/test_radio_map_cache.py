"""Is a radio map traced once, kept whole or not at all, and never a wrong one used?"""

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest

from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.maps.scenes import read_scene
from gemel.interfaces.raytracing import cache, survey
from gemel.interfaces.raytracing.survey import Antenna, Rays, Survey, ready
from gemel.network.radio_maps import Grid

KEY = "0f" * 32
GRID = Grid(-200.0, 0.0, 10.0, rows=6, columns=9)
AT_HOME = Antenna(-150.0, 40.0, 30.0, 3.5)
SMALL = Rays(rays=20_000, bounces=1, diffraction=False)


def some_gain() -> np.ndarray:
    return np.random.default_rng(1).random(GRID.shape, np.float32)


def small_survey(folder: Path) -> Survey:
    return Survey(read_scene("etoile"), (AT_HOME,), GRID, SMALL, folder)


def without_a_tracer(monkeypatch) -> None:
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/nowhere/libLLVM.so")


def test_what_was_stored_is_loaded(tmp_path):
    gain = some_gain()
    cache.store(tmp_path / "new", KEY, gain)
    loaded = cache.load(tmp_path / "new", KEY, GRID.shape)
    assert loaded is not None
    np.testing.assert_array_equal(loaded, gain)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"{KEY}.npz"]


def damaged(path: Path, how: str) -> None:
    whole = path.read_bytes()
    if how == "cut short":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("not a map")
    elif how == "another's":
        cache.store(path.parent, "aa" * 32, some_gain())
        (path.parent / f"{'aa' * 32}.npz").replace(path)
    elif how == "other pixels":
        cache.store(path.parent, KEY, some_gain()[:, 1:])
    elif how == "not a number":
        cache.store(path.parent, KEY, some_gain() * np.float32("nan"))
    elif how == "a plain array":
        with path.open("wb") as file:
            np.save(file, some_gain())
    elif how == "a flipped bit":
        middle = len(whole) // 2
        path.write_bytes(
            whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
        )


@pytest.mark.parametrize(
    "how",
    [
        "cut short",
        "empty",
        "text",
        "another's",
        "other pixels",
        "not a number",
        "a plain array",
        "a flipped bit",
    ],
)
def test_a_damaged_map_is_told_in_one_line_and_not_used(tmp_path, caplog, how):
    cache.store(tmp_path, KEY, some_gain())
    damaged(tmp_path / f"{KEY}.npz", how)
    with caplog.at_level(logging.WARNING, "gemel"):
        assert cache.load(tmp_path, KEY, GRID.shape) is None
    assert len(caplog.records) == 1
    assert "\n" not in caplog.messages[0]
    assert KEY in caplog.messages[0]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InterfaceError, match="cannot be written"):
        cache.store(tmp_path / "file", KEY, some_gain())


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    def full_disk(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(InterfaceError, match="No space left"):
        cache.store(tmp_path, KEY, some_gain())
    assert not list(tmp_path.iterdir())


def test_whatever_a_map_depends_on_is_in_its_name(monkeypatch):
    scene = read_scene("etoile")
    moved = dataclasses.replace(scene, triangles_m=scene.triangles_m + np.float32(0.01))
    job = {"antenna_m": [1.0, 2.0, 3.0], "carrier_ghz": 3.5, "rays": 10}
    keys = {cache.fingerprint(scene, job), cache.fingerprint(moved, job)}
    for change in ({"carrier_ghz": 0.7}, {"antenna_m": [1.0, 2.0, 3.1]}, {"rays": 11}):
        keys.add(cache.fingerprint(scene, job | change))
    assert cache.fingerprint(scene, dict(reversed(job.items()))) in keys
    monkeypatch.setattr(cache, "version", lambda name: "99.0")
    keys.add(cache.fingerprint(scene, job))
    assert len(keys) == 6


def test_a_map_in_the_cache_needs_no_tracer(tmp_path, monkeypatch):
    without_a_tracer(monkeypatch)
    mine = small_survey(tmp_path)
    with pytest.raises(InterfaceError, match="libllvm19"):
        mine.check()
    with pytest.raises(InterfaceError, match="libllvm19"):
        mine.maps()
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(survey, "traced", lambda job, shape: some_gain())
    first = mine.maps()
    monkeypatch.undo()
    without_a_tracer(monkeypatch)
    mine.check()
    again = mine.maps()
    np.testing.assert_array_equal(again[0].gain_db, first[0].gain_db)


def test_a_hilly_scene_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="hilly"):
        Survey(read_scene("san_francisco"), (AT_HOME,), GRID, SMALL, tmp_path)


def test_a_tracer_that_fails_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "ready", lambda: Path("/nowhere/libLLVM.so"))
    with pytest.raises(InterfaceError, match="ray tracer ended with") as refused:
        small_survey(tmp_path).maps()
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_same_job_gives_the_same_map_to_the_bit(tmp_path):
    try:
        ready()
    except InterfaceError as error:
        pytest.skip(str(error))
    first, second = (small_survey(tmp_path / name).maps()[0] for name in "ab")
    assert first.present.any()
    np.testing.assert_array_equal(first.gain_db, second.gain_db)
    np.testing.assert_array_equal(first.present, second.present)
