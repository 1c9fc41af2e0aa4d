"""How likely are a cell's levels if its antenna looks elsewhere than it should?

Levels near each other share a shadow and are not so many witnesses: the likelihood is
that of the whole field of a cell at once (Rasmussen and Williams, "Gaussian Processes
for Machine Learning", 2006, equation 2.30), without what directions have in common,
because that is what is asked for. Its gain is free all the while.
"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from gemel.twin.calibration.fitted import TURNS_DEG, CellFits
from gemel.twin.calibration.geometry import NEAREST_M, Geometry, geometry_of, known_or
from gemel.twin.calibration.heard import Heard
from gemel.twin.calibration.kriging import TILE_M, Field, common_db2
from gemel.twin.calibration.measured import Points, SiteTable
from gemel.twin.calibration.physics import REFERENCE_M, Physics, pattern_db
from gemel.twin.calibration.places import middle_m

FREE_GAIN_DB = 5.0  # as in the fit: what gains of inventories are wrong by


def cell_fits(
    sites: SiteTable,
    physics: Physics,
    heard: Heard,
    field: Field,
    points: Points,
    located: np.ndarray,
) -> CellFits:
    """Of every cell that was heard.

    points, located:  those within reach, and how likely each lies where it says
    """
    cells = np.unique(heard.cell)
    patterns = _patterns(sites, physics, heard)
    now_db = _pattern_now(sites, physics, heard)
    plain = dataclasses.replace(field, direction_db=0.0, gain_db=0.0)
    likelihood = np.zeros((len(cells), len(TURNS_DEG)))
    spread_db = np.zeros(len(cells))
    for number, cell in enumerate(cells):
        own = slice(*np.searchsorted(heard.cell, [cell, cell + 1]))
        tiles = heard.tiles_of(sites, int(cell))
        places = tiles.east_m, tiles.north_m
        common = common_db2(plain, *places, *places)
        common[np.diag_indices(len(tiles))] += field.noise_db**2 / tiles.points
        inverse = np.linalg.inv(common)
        pull = inverse.sum(1)
        doubt = 1.0 / (pull.sum() + FREE_GAIN_DB**-2)
        left_db = tiles.left_db[:, None] + now_db[own, None] - patterns[:, own].T
        squared = np.einsum("at,ab,bt->t", left_db, inverse, left_db, optimize=True)
        likelihood[number] = -0.5 * (squared - (pull @ left_db) ** 2 * doubt)
        spread_db[number] = doubt**0.5
    turn_deg, turn_spread_deg = _best(likelihood)
    count = len(sites)
    return CellFits(
        name=tuple(sites.name[int(cell)] for cell in cells),
        points=np.bincount(points.cell, minlength=count)[cells],
        mislocated=np.bincount(points.cell, 1.0 - located, count)[cells],
        gain_db=10.0 * np.asarray(physics.cell_gain, np.float64)[cells],
        gain_spread_db=spread_db,
        turn_deg=turn_deg,
        turn_spread_deg=turn_spread_deg,
        tilt_error_deg=10.0 * np.asarray(physics.cell_tilt, np.float64)[cells],
        turns_deg=TURNS_DEG,
        log_likelihood=likelihood,
    )


def _best(likelihood: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most likely turn of each cell, between those tried, and its spread."""
    step_deg = TURNS_DEG[1] - TURNS_DEG[0]
    rows = np.arange(len(likelihood))
    top = likelihood.argmax(1)
    here = likelihood[rows, top]
    before = likelihood[rows, top - 1]
    after = likelihood[rows, (top + 1) % likelihood.shape[1]]
    bend = np.minimum(before + after - 2.0 * here, -1e-9)  # of a parabola
    shift = np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    best_deg = (TURNS_DEG[top] + shift * step_deg + 180.0) % 360.0 - 180.0
    share = np.exp(likelihood - here[:, None])
    share /= share.sum(1, keepdims=True)
    off_deg = (TURNS_DEG[None, :] - best_deg[:, None] + 180.0) % 360.0 - 180.0
    spread_deg = np.sqrt((share * off_deg**2).sum(1) + step_deg**2 / 12.0)
    return best_deg, spread_deg


def _seen_from_mast(sites: SiteTable, heard: Heard) -> Geometry:
    """Of the tiles, on flat ground."""
    x_m, y_m = middle_m(heard.square, TILE_M)
    unknown = np.full(len(x_m), np.nan)
    tiles = Points(
        heard.cell, x_m, y_m, None, unknown, unknown, np.zeros(len(x_m), np.int32)
    )
    return geometry_of(sites, tiles)


def _pattern_now(sites: SiteTable, physics: Physics, heard: Heard) -> np.ndarray:
    """[tile] the pattern with which levels were compared."""
    turn_deg = np.degrees(np.asarray(physics.cell_turn))[heard.cell]
    tilt_deg = 10.0 * np.asarray(physics.cell_tilt)[heard.cell]
    return _pattern(sites, physics, heard, turn_deg, tilt_deg)[0]


def _patterns(sites: SiteTable, physics: Physics, heard: Heard) -> np.ndarray:
    """[turn, tile] the pattern if the cell were turned so."""
    tilt_deg = 10.0 * np.asarray(physics.cell_tilt)[heard.cell]
    return _pattern(sites, physics, heard, TURNS_DEG[:, None], tilt_deg)


def _pattern(
    sites: SiteTable,
    physics: Physics,
    heard: Heard,
    turn_deg: np.ndarray,
    tilt_error_deg: np.ndarray,
) -> np.ndarray:
    geometry = _seen_from_mast(sites, heard)
    mechanical_deg = known_or(sites.mechanical_tilt_deg, 0.0)[heard.cell]
    aside_deg = geometry.aside_deg
    # Mechanical tilt turns with the antenna.
    rising = np.cos(np.radians(aside_deg - turn_deg)) - np.cos(np.radians(aside_deg))
    tilt_deg = geometry.tilt_deg + mechanical_deg * rising + tilt_error_deg
    log_distance = np.log10(np.maximum(geometry.distance_m, NEAREST_M) / REFERENCE_M)
    arrays = (
        log_distance[None],
        np.atleast_2d(aside_deg - turn_deg),
        np.atleast_2d(geometry.fall_deg - tilt_deg),
    )
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    return np.asarray(
        _pattern_jit(
            physics,
            *(
                jnp.asarray(np.broadcast_to(a, shape).astype(np.float32))
                for a in arrays
            ),
        )
    )


_pattern_jit = eqx.filter_jit(
    lambda physics, log_distance, aside_deg, below_deg: jax.lax.map(
        lambda row: pattern_db(physics, *row), (log_distance, aside_deg, below_deg)
    )
)
