"""Which triangles does a binary PLY mesh hold?

The format is Greg Turk's "The PLY Polygon File Format" (1994), of which the binary,
little-endian variant with float vertices and triangular faces is read.
"""

import re
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from gemel.errors import InterfaceError

HEADER_END = b"end_header\n"
LONGEST_HEADER = 4096
HEADER = re.compile(
    r"ply\nformat binary_little_endian 1\.0\n"
    r"element vertex (?P<vertices>\d+)\n"
    r"property float x\nproperty float y\nproperty float z\n"
    r"(?P<more>(?:property float \w+\n)*)"
    r"element face (?P<faces>\d+)\n"
    r"property list uchar u?int vertex_(?:indices|index)\n"
)
COMMENT = re.compile(r"(?:comment|obj_info)[^\n]*\n")
FACE = np.dtype([("corners", "u1"), ("vertex", "<i4", 3)])
NEXT_MOVE = "Install it again: pip install --force-reinstall sionna-rt"


def read_ply(path: Path) -> Float32[np.ndarray, "triangle 3 3"]:
    """Corners (x, y, z) of every triangle, in the file's own unit.

    Raises InterfaceError when the file is missing, cut short or of another kind.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read ({error.strerror}). {NEXT_MOVE}"
        ) from error
    start = content.find(HEADER_END, 0, LONGEST_HEADER)
    text = content[: max(start, 0)].decode("ascii", "replace")
    header = HEADER.fullmatch(COMMENT.sub("", text))
    if header is None:
        raise InterfaceError(
            f"{path} has no header of a binary little-endian PLY mesh of float x y z "
            f"and one list of corners a face. {NEXT_MOVE}"
        )
    vertices, faces = int(header["vertices"]), int(header["faces"])
    columns = 3 + header["more"].count("\n")
    start += len(HEADER_END)
    end_of_vertices = start + 4 * columns * vertices
    whole = end_of_vertices + FACE.itemsize * faces
    if len(content) != whole:
        raise InterfaceError(
            f"{path} is {len(content)} bytes long; {vertices} vertices and {faces} "
            f"triangles take {whole}. {NEXT_MOVE}"
        )
    table = np.frombuffer(content, "<f4", columns * vertices, start)
    corner_m = table.reshape(vertices, columns)[:, :3].astype(np.float32)
    face = np.frombuffer(content, FACE, faces, end_of_vertices)
    index = face["vertex"]
    in_range = faces == 0 or (index.min() >= 0 and index.max() < vertices)
    if not (in_range and np.all(face["corners"] == 3) and np.isfinite(corner_m).all()):
        raise InterfaceError(
            f"{path} has a face that is no triangle of its {vertices} vertices, "
            f"or a vertex that is no number. {NEXT_MOVE}"
        )
    return corner_m[index]
