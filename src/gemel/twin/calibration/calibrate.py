"""How are measurements turned into a calibration, step by step?"""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from gemel.errors import ScenarioError
from gemel.twin.calibration.asking import Knowledge
from gemel.twin.calibration.calibrated import Calibrated
from gemel.twin.calibration.evidence import cell_fits
from gemel.twin.calibration.features import own_pixel
from gemel.twin.calibration.fitting import fit, located_share, thinned
from gemel.twin.calibration.geometry import BLOCK_M, REACH_M, geometry_of
from gemel.twin.calibration.heard import LEAST_SHARE, Heard
from gemel.twin.calibration.kriging import TILE_M, TRIED_CELLS, best_field
from gemel.twin.calibration.measured import Points, SiteTable, Terrain
from gemel.twin.calibration.physics import Physics, start
from gemel.twin.calibration.places import Tally, middle_m, square_of
from gemel.twin.calibration.residual import MOST_ROWS, Residual, learn
from gemel.twin.calibration.seeing import (
    beyond_way_db,
    carrier_mhz,
    levels_dbm,
    seen_of,
)
from gemel.twin.trees import Grow

Progress = Callable[[str, float], None]  # what is being done, 0..1 of everything
POINTS_TO_FIT = 150_000  # physics has few parameters; more change none of them
LEAST_POINTS = 100
BLOCKS_HEARD = 0.8  # of the asked blocks of a new cell, some other cell was heard in


def calibrate(
    sites: SiteTable,
    points: Points,
    terrain: Terrain | None,
    *,
    grow: Grow,
    seed: int,
    progress: Progress | None = None,
) -> Calibrated:
    """Learn. Raises ScenarioError where nothing can be learned from the points.

    grow:  how boosted trees are grown: `gemel.interfaces.learning.boosting.grow`
    """
    tell = progress or (lambda _what, _share: None)
    if points.rsrp_dbm is None or not np.isfinite(points.rsrp_dbm).all():
        raise ScenarioError(
            "Points without a level teach nothing. Leave them out or fill in rsrp_dbm."
        )
    geometry = geometry_of(sites, points)
    away_m = np.hypot(geometry.east_m, geometry.north_m)
    if (within := int((away_m <= REACH_M).sum())) < LEAST_POINTS:
        raise ScenarioError(
            f"{within} of {len(points)} points lie within {REACH_M:.0f} m of their "
            f"cell; {LEAST_POINTS} are needed. Check that points and cells have one "
            "coordinate system."
        )
    lot = np.random.default_rng(seed)
    tell("physics", 0.02)
    physics = _fitted(sites, points, lot)
    tell("fields", 0.25)
    points = points.chosen(away_m <= REACH_M)
    knowledge, left_db, located = _heard(sites, points, terrain, physics)
    tell("cells", 0.35)
    cells = cell_fits(sites, physics, knowledge.heard, knowledge.field, points, located)
    rows = np.sort(lot.permutation(len(points))[:MOST_ROWS])
    some = points.chosen(rows)
    tell("trees of measured cells", 0.45)
    measured = _learned_measured(knowledge, some, grow, seed)
    tell("trees of new cells", 0.75)
    own = Tally.of(own_pixel(points), left_db, np.maximum(located, LEAST_SHARE))
    new = _learned_new(knowledge, some, own, grow, seed)
    tell("done", 1.0)
    return Calibrated(knowledge, measured, new, cells)


def _fitted(sites: SiteTable, points: Points, lot: np.random.Generator) -> Physics:
    """Physics, from a part of the points; those out of reach tell how errors look."""
    some = points.chosen(thinned(points.cell, POINTS_TO_FIT, lot))
    seen = seen_of(sites, some, geometry_of(sites, some))
    return fit(start(len(sites)), seen, jnp.asarray(some.rsrp_dbm, jnp.float32))


def _heard(
    sites: SiteTable, points: Points, terrain: Terrain | None, physics: Physics
) -> tuple[Knowledge, np.ndarray, np.ndarray]:
    """All that is kept; what is left over of each point; how likely it lies there."""
    seen = seen_of(sites, points, geometry_of(sites, points))
    rsrp_dbm = np.asarray(points.rsrp_dbm, np.float64)
    left_db = rsrp_dbm - levels_dbm(physics, seen)
    located = np.asarray(
        located_share(physics, seen, jnp.asarray(rsrp_dbm, jnp.float32)), np.float64
    )
    heard = Heard.of(points, left_db, located)
    cells, count = np.unique(heard.cell, return_counts=True)
    # Cells of middling size: few tiles tell little, many take long.
    usual = cells[np.argsort(np.abs(count - np.percentile(count, 70.0)))][:TRIED_CELLS]
    tried = []
    for cell in usual:
        own = heard.square[slice(*np.searchsorted(heard.cell, [cell, cell + 1]))]
        block = square_of(*middle_m(own, TILE_M), BLOCK_M)
        tried.append((heard.tiles_of(sites, int(cell)), block))
    measured = np.isin(np.arange(len(sites)), cells)
    knowledge = Knowledge(
        sites=sites,
        physics=physics,
        heard=heard,
        field=best_field(tried),
        terrain=terrain,
        measured=measured,
        place_db=float(np.average(beyond_way_db(physics, seen), weights=located)),
        carrier_ghz=1e-3 * float(np.median(carrier_mhz(sites)[cells])),
    )
    return knowledge, left_db, located


def _learned_measured(
    knowledge: Knowledge, points: Points, grow: Grow, seed: int
) -> Residual:
    """Trees for measured cells: every row is judged as if its block had been silent."""
    asked = knowledge.of_measured_cells(points, own_block=False)
    assert points.rsrp_dbm is not None
    left_db = points.rsrp_dbm - asked.guess_dbm
    block = square_of(points.x_m, points.y_m, BLOCK_M)
    return learn(asked.features, left_db, block, grow=grow, seed=seed)


def _learned_new(
    knowledge: Knowledge, points: Points, own: Tally, grow: Grow, seed: int
) -> Residual:
    """Trees for new cells: every row is judged as if its cell had been silent.

    In some blocks nobody else was heard either.
    """
    asked = knowledge.of_new_cells(points, own)
    silent = knowledge.of_new_cells(points, own, own_block=False)
    lot = np.random.default_rng(seed)
    block = square_of(points.x_m, points.y_m, BLOCK_M)
    names, number = np.unique(block, return_inverse=True)
    told = (lot.random(len(names)) < BLOCKS_HEARD)[number]
    rows = np.where(told[:, None], asked.features, silent.features)
    assert points.rsrp_dbm is not None
    left_db = points.rsrp_dbm - asked.guess_dbm
    return learn(rows, left_db, points.cell, grow=grow, seed=seed)
