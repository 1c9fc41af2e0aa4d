"""Which other cells does a place hear?

A phone reports who is loud beside the others, so a level says something about those.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.twin.calibration.geometry import (
    NEAREST_M,
    USER_HEIGHT_M,
    USUAL_TILT_DEG,
    antenna_height_m,
    known_or,
)
from gemel.twin.calibration.measured import SiteTable
from gemel.twin.calibration.physics import (
    REFERENCE_HEIGHT_M,
    REFERENCE_M,
    Physics,
    pattern_db,
    way_loss_db,
)

AT_ONCE = 512  # places


class Masts(eqx.Module):
    """What a place must know of all cells, axis `cell`; a gain of the cell in it."""

    x_m: Float[Array, " cell"]
    y_m: Float[Array, " cell"]
    height_m: Float[Array, " cell"]
    azimuth_deg: Float[Array, " cell"]
    electrical_deg: Float[Array, " cell"]
    mechanical_deg: Float[Array, " cell"]
    power_dbm: Float[Array, " cell"]


def masts_of(sites: SiteTable, power_dbm: np.ndarray, gain_db: np.ndarray) -> Masts:
    """From the inventory, with what calibration found."""

    def array(values: np.ndarray) -> Array:
        return jnp.asarray(np.asarray(values, np.float32))

    return Masts(
        x_m=array(sites.x_m),
        y_m=array(sites.y_m),
        height_m=array(antenna_height_m(sites)),
        azimuth_deg=array(known_or(sites.azimuth_deg, 0.0)),
        electrical_deg=array(known_or(sites.electrical_tilt_deg, USUAL_TILT_DEG)),
        mechanical_deg=array(known_or(sites.mechanical_tilt_deg, 0.0)),
        power_dbm=array(power_dbm + gain_db),
    )


def loudest(
    physics: Physics, masts: Masts, x_m: np.ndarray, y_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each place: levels of the loudest and of the second cell, dBm; which cell is
    the loudest.
    """
    chunks = max(-(-len(x_m) // AT_ONCE), 1)
    pad = chunks * AT_ONCE - len(x_m)
    shape = (chunks, AT_ONCE)
    places = (
        jnp.asarray(np.pad(x_m, (0, pad)).astype(np.float32).reshape(shape)),
        jnp.asarray(np.pad(y_m, (0, pad)).astype(np.float32).reshape(shape)),
    )
    first, second, which = (
        np.asarray(each).reshape(-1)[: len(x_m)]
        for each in _loudest(physics, masts, places)
    )
    return first, second, which


@eqx.filter_jit
def _loudest(physics: Physics, masts: Masts, places):
    def one(x_m, y_m):
        east_m, north_m = x_m - masts.x_m, y_m - masts.y_m
        away_m = jnp.maximum(jnp.hypot(east_m, north_m), NEAREST_M)
        log_distance = jnp.log10(away_m / REFERENCE_M)
        aside_deg = jnp.degrees(jnp.arctan2(east_m, north_m)) - masts.azimuth_deg
        fall_deg = jnp.degrees(jnp.arctan2(masts.height_m - USER_HEIGHT_M, away_m))
        tilt_deg = masts.electrical_deg + masts.mechanical_deg * jnp.cos(
            jnp.radians(aside_deg)
        )
        level = (
            masts.power_dbm
            - way_loss_db(
                physics, log_distance, jnp.log10(masts.height_m / REFERENCE_HEIGHT_M)
            )
            + pattern_db(physics, log_distance, aside_deg, fall_deg - tilt_deg)
        )
        which = jnp.argmax(level)
        best = level[which]
        others = level.at[which].set(-jnp.inf)
        return best, jnp.max(others), which

    return jax.lax.map(lambda chunk: jax.vmap(one)(*chunk), places)
