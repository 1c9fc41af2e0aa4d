"""What does physics say of every point of a table?"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from gemel.twin.calibration.geometry import Geometry, antenna_height_m, known_or
from gemel.twin.calibration.measured import CLUTTER_CLASSES, Points, SiteTable
from gemel.twin.calibration.physics import (
    REFERENCE_HEIGHT_M,
    REFERENCE_M,
    REFERENCE_MHZ,
    Physics,
    Seen,
    here_db,
    level_dbm,
)

USUAL_POWER_DBM = 15.0  # of a reference symbol of which nobody knows it


def seen_of(sites: SiteTable, points: Points, geometry: Geometry) -> Seen:
    """The table as physics wants it."""
    cell = points.cell
    roof_m = np.maximum(known_or(points.building_height_m, 0.0), 0.0)
    clutter = np.where(
        (0 <= points.clutter) & (points.clutter < CLUTTER_CLASSES), points.clutter, 0
    )

    def array(values: np.ndarray):
        return jnp.asarray(np.asarray(values, np.float32))

    return Seen(
        cell=jnp.asarray(cell.astype(np.int32)),
        log_distance=array(np.log10(geometry.distance_m / REFERENCE_M)),
        aside_deg=array(geometry.aside_deg),
        fall_deg=array(geometry.fall_deg),
        tilt_deg=array(geometry.tilt_deg),
        log_height=array(np.log10(antenna_height_m(sites) / REFERENCE_HEIGHT_M)[cell]),
        power_dbm=array(power_dbm(sites)[cell]),
        log_roof=array(np.log1p(roof_m)),
        clutter=jnp.asarray(clutter.astype(np.int32)),
    )


def power_dbm(sites: SiteTable) -> np.ndarray:
    """Of each cell's reference symbols, less 20 log10 of frequency."""
    mhz = carrier_mhz(sites)
    sent_dbm = known_or(sites.rs_power_dbm, USUAL_POWER_DBM)
    return sent_dbm - 20.0 * np.log10(mhz / REFERENCE_MHZ)


def carrier_mhz(sites: SiteTable) -> np.ndarray:
    """Of each cell; `REFERENCE_MHZ` where nobody knows it."""
    return np.where(sites.frequency_mhz > 0.0, sites.frequency_mhz, REFERENCE_MHZ)


def levels_dbm(physics: Physics, seen: Seen) -> np.ndarray:
    """Of every point, compiled for a few numbers of points only."""
    count = seen.cell.shape[0]
    whole = max(4_096, 1 << max(count - 1, 1).bit_length())
    padded = jax.tree.map(lambda leaf: jnp.pad(leaf, (0, whole - count)), seen)
    return np.asarray(_levels(physics, padded))[:count]


_levels = eqx.filter_jit(level_dbm)


def beyond_way_db(physics: Physics, seen: Seen) -> np.ndarray:
    """What the place and the cell give, of every point."""
    gain_db = 10.0 * physics.cell_gain[seen.cell]
    return np.asarray(here_db(physics, seen) + gain_db, np.float64)


def without_cells(physics: Physics) -> Physics:
    """The same for cells of which nothing is known beyond the inventory."""
    return eqx.tree_at(
        lambda p: (p.cell_gain, p.cell_turn, p.cell_tilt),
        physics,
        replace_fn=jnp.zeros_like,
    )
