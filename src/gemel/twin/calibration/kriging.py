"""What do a cell's levels near a place, and in its direction, say about that place?

What physics leaves over of one cell is a random field: shadows that end after some
tens of metres, and errors of pattern and slope that reach as far as a direction does.
Its best linear guess is kriging (Cressie, "Statistics for Spatial Data", 1993,
section 3.2). In training nothing may be told by its own block: the guess without a
block comes from the inverse that is there anyway (Rasmussen and Williams, "Gaussian
Processes for Machine Learning", 2006, equation 5.12, for a block instead of a point).
"""

import dataclasses
import itertools
from collections.abc import Iterable, Sequence

import numpy as np

TILE_M = 25.0  # levels of a cell within such a square are one
TRIED_CELLS = 40  # to choose a field by


@dataclasses.dataclass(frozen=True)
class Field:
    """How what is left over hangs together, dB and m.

    gain_db:         how unsure the cell's gain still is
    shadow_db:       standard deviation of shadows
    shadow_m:        how far they reach
    direction_db:    standard deviation of what a direction has in common
    direction_deg:   how wide such a direction is
    direction_log:   how far out, in decades of distance
    noise_db:        of one level on its own
    """

    gain_db: float = 2.0
    shadow_db: float = 6.0
    shadow_m: float = 100.0
    direction_db: float = 4.0
    direction_deg: float = 25.0
    direction_log: float = 0.8
    noise_db: float = 6.0


# Tried one after the other on what is to be learned from.
FIELDS = tuple(
    Field(shadow_db=shadow_db, shadow_m=shadow_m, direction_db=direction_db)
    for shadow_db, shadow_m, direction_db in itertools.product(
        (3.0, 4.5, 6.5), (40.0, 80.0, 120.0, 180.0), (2.0, 4.0)
    )
)


@dataclasses.dataclass(frozen=True)
class Tiles:
    """Squares of one cell, seen from its antenna.

    east_m, north_m:  of the middle, from the antenna
    left_db:          mean of what physics leaves over
    points:           how many levels, those that probably lie elsewhere counting less
    """

    east_m: np.ndarray
    north_m: np.ndarray
    left_db: np.ndarray
    points: np.ndarray

    def __len__(self) -> int:
        return len(self.east_m)


def common_db2(
    field: Field,
    east_m: np.ndarray,
    north_m: np.ndarray,
    other_east_m: np.ndarray,
    other_north_m: np.ndarray,
) -> np.ndarray:
    """Covariance of what is left over [place, other place]."""
    apart_m = np.hypot(
        east_m[:, None] - other_east_m[None, :],
        north_m[:, None] - other_north_m[None, :],
    )
    here_m, there_m = np.hypot(east_m, north_m), np.hypot(other_east_m, other_north_m)
    # Close by, a direction is nothing; 1 - cos of the angle between two bearings.
    cosine = (
        east_m[:, None] * other_east_m[None, :]
        + north_m[:, None] * other_north_m[None, :]
    ) / np.maximum(here_m[:, None] * there_m[None, :], 1.0)
    sharp = 1.0 / np.radians(field.direction_deg) ** 2
    further = np.abs(
        np.log10(np.maximum(here_m, 10.0))[:, None]
        - np.log10(np.maximum(there_m, 10.0))[None, :]
    )
    alike = np.exp(sharp * (cosine - 1.0) - further / field.direction_log)
    return (
        field.gain_db**2
        + field.shadow_db**2 * np.exp(-apart_m / field.shadow_m)
        + field.direction_db**2 * alike
    )


@dataclasses.dataclass(frozen=True)
class Kriged:
    """One cell's tiles, ready to answer: `common @ pull_db` is the guess."""

    tiles: Tiles
    pull_db: np.ndarray
    inverse: np.ndarray


def krige(field: Field, tiles: Tiles) -> Kriged:
    """Solve one cell."""
    common = common_db2(field, tiles.east_m, tiles.north_m, tiles.east_m, tiles.north_m)
    common[np.diag_indices(len(tiles))] += field.noise_db**2 / tiles.points
    inverse = np.linalg.inv(common)
    return Kriged(tiles, inverse @ tiles.left_db, inverse)


def without_block(
    field: Field, kriged: Kriged, block: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Guess and variance for each tile, as if its block had never been measured.

    block:  of each tile
    """
    tiles = kriged.tiles
    guess_db, variance = np.empty(len(tiles)), np.empty(len(tiles))
    order = np.argsort(block, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(block[order])) + 1):
        spread = np.linalg.inv(kriged.inverse[np.ix_(own, own)])
        guess_db[own] = tiles.left_db[own] - spread @ kriged.pull_db[own]
        variance[own] = np.diag(spread) - field.noise_db**2 / tiles.points[own]
    return guess_db, variance


def guess(
    field: Field, kriged: Kriged, east_m: np.ndarray, north_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Guess and variance at any places, from the cell's antenna."""
    tiles = kriged.tiles
    common = common_db2(field, east_m, north_m, tiles.east_m, tiles.north_m)
    known = np.einsum("pt,pt->p", common @ kriged.inverse, common)
    whole = field.gain_db**2 + field.shadow_db**2 + field.direction_db**2
    return common @ kriged.pull_db, whole - known


def best_field(
    cells: Sequence[tuple[Tiles, np.ndarray]], fields: Iterable[Field] = FIELDS
) -> Field:
    """The field that guesses blocks best from without.

    cells:  tiles of some cells, and the block of every tile
    """

    def squared_db2(field: Field) -> float:
        total = 0.0
        for tiles, block in cells:
            guess_db, _ = without_block(field, krige(field, tiles), block)
            total += float(tiles.points @ (tiles.left_db - guess_db) ** 2)
        return total

    return min(fields, key=squared_db2)
