"""Does a mesh come back from its bytes as it went in, or with one clear line?"""

import struct

import numpy as np
import pytest

from gemel.errors import InterfaceError
from gemel.interfaces.maps.ply import read_ply

VERTEX_M = np.array([[0, 0, 0], [9, 0, 1], [0, 7, 2.5], [9, 7, -3]], np.float32)
FACES = [(0, 1, 2), (2, 1, 3)]


def ply(faces=FACES, more=(), corners=3, words="vertex_indices", vertex_m=VERTEX_M):
    header = [
        "ply",
        "format binary_little_endian 1.0",
        "comment made by hand",
        f"element vertex {len(vertex_m)}",
        *(f"property float {name}" for name in ("x", "y", "z", *more)),
        f"element face {len(faces)}",
        f"property list uchar int {words}",
        "end_header",
    ]
    extra = np.full((len(vertex_m), len(more)), 0.25, np.float32)
    table = np.concatenate([vertex_m, extra], axis=1).astype("<f4")
    listed = b"".join(struct.pack("<B3i", corners, *face) for face in faces)
    return "\n".join(header).encode() + b"\n" + table.tobytes() + listed


@pytest.mark.parametrize(
    "more", [(), ("s", "t"), ("s", "t", "Col_0", "Col_1", "Col_2")]
)
@pytest.mark.parametrize("words", ["vertex_indices", "vertex_index"])
def test_decode_after_encode_is_the_identity(tmp_path, more, words):
    path = tmp_path / "house.ply"
    path.write_bytes(ply(more=more, words=words))
    assert np.array_equal(read_ply(path), VERTEX_M[np.array(FACES)])


def test_a_mesh_without_faces_is_no_triangles(tmp_path):
    path = tmp_path / "house.ply"
    path.write_bytes(ply(faces=[]))
    assert read_ply(path).shape == (0, 3, 3)


NOT_A_NUMBER_M = np.where(VERTEX_M == 7, np.nan, VERTEX_M)
BROKEN = {
    "cut short": (ply()[:-1], "bytes long"),
    "cut in the header": (ply()[:40], "no header"),
    "too long": (ply() + b"\0", "bytes long"),
    "empty": (b"", "no header"),
    "text": (ply().replace(b"binary_little_endian", b"ascii"), "no header"),
    "doubles": (ply().replace(b"property float x", b"property double x"), "no header"),
    "squares": (ply(corners=4), "no triangle"),
    "no such vertex": (ply(faces=[(0, 1, 4)]), "no triangle"),
    "negative vertex": (ply(faces=[(0, 1, -1)]), "no triangle"),
    "not a number": (ply(vertex_m=NOT_A_NUMBER_M), "no number"),
    "untrue count": (ply().replace(b"vertex 4", b"vertex 999999999999"), "bytes long"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mesh_is_refused_in_one_line(tmp_path, name):
    content, says = BROKEN[name]
    path = tmp_path / "house.ply"
    path.write_bytes(content)
    with pytest.raises(InterfaceError, match=says) as caught:
        read_ply(path)
    message = str(caught.value)
    assert "\n" not in message and str(path) in message and "pip install" in message


def test_a_missing_mesh_is_refused_in_one_line(tmp_path):
    with pytest.raises(InterfaceError, match="cannot be read"):
        read_ply(tmp_path / "nowhere.ply")
