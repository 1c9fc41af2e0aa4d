"""Who serves one user, how strongly, and who disturbs?

The strongest beam of all cells serves, without a margin; every other cell sends on a
beam drawn by chance, at full power.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.units import THERMAL_NOISE_DBM_PER_HZ, db_from_ratio, mw_from_dbm


class Served(eqx.Module):
    """What a case compares, of one user: dB."""

    coupling_gain_db: Float[Array, "*user"]
    geometry_sir_db: Float[Array, "*user"]
    geometry_sinr_db: Float[Array, "*user"]


def noise_dbm(bandwidth_mhz: float, noise_figure_db: float) -> Float[Array, ""]:
    """Of one receiver over the whole carrier."""
    band_db = 10.0 * jnp.log10(jnp.asarray(bandwidth_mhz * 1e6))
    return THERMAL_NOISE_DBM_PER_HZ + band_db + noise_figure_db


def served(
    gain_db: Float[Array, "cell beam"],
    other_beam: Int[Array, " cell"],
    power_dbm: Float[Array, ""] | float,
    noise_dbm: Float[Array, ""],
) -> Served:
    """One user.

    gain_db:     of every cell's every beam, losses and antennas included
    other_beam:  that each cell would send on for somebody else
    """
    best_db = gain_db.max(1)
    serving = jnp.argmax(best_db)
    coupling_db = best_db[serving]
    others_db = jax.vmap(lambda gains, beam: gains[beam])(gain_db, other_beam)
    # Relative to the server: nothing underflows in float32.
    ratio = mw_from_dbm(others_db - coupling_db)
    disturbed = jnp.where(jnp.arange(len(ratio)) == serving, 0.0, ratio).sum()
    noise = mw_from_dbm(noise_dbm - power_dbm - coupling_db)
    return Served(
        coupling_gain_db=coupling_db,
        geometry_sir_db=-db_from_ratio(disturbed),
        geometry_sinr_db=-db_from_ratio(disturbed + noise),
    )
