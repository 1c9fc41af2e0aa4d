"""How far is an attenuated Shannon bound from the tables it stands in for?

min(alpha log2(1 + SINR / gap), cap): the form of TR 36.942, clause A.2, with a gap in
decibels beside alpha. One logarithm instead of a table look-up.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.network.link_to_system.efficiency_curve import EfficiencyCurve
from gemel.units import ratio_from_db

JUDGED_FROM_DB, JUDGED_TO_DB, JUDGED_POINTS = -10.0, 30.0, 401
# Chosen by `closest_gap` for MCS table 2; a test finds them again.
ALPHA, GAP_DB = 0.91, 2.9


class ShannonGap(eqx.Module):
    """One layer.

    alpha:   of the bound
    gap_db:  SINR lost against it
    cap:     bit/s/Hz, the most a layer carries: 948/1024 · 8 with 256QAM
    """

    alpha: Float[Array, ""] = eqx.field(default=ALPHA, converter=jnp.asarray)
    gap_db: Float[Array, ""] = eqx.field(default=GAP_DB, converter=jnp.asarray)
    cap: Float[Array, ""] = eqx.field(default=7.40625, converter=jnp.asarray)

    def read(self, sinr: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        """bit/s/Hz of one layer at these ratios."""
        used = sinr * ratio_from_db(-self.gap_db)
        return jnp.minimum(self.alpha * jnp.log2(1.0 + used), self.cap)


class GapError(eqx.Module):
    """Bound minus curve between -10 and 30 dB, every 0.1 dB.

    mean_abs, max_abs: bit/s/Hz
    worst_db:          where it is largest
    """

    mean_abs: Float[Array, ""]
    max_abs: Float[Array, ""]
    worst_db: Float[Array, ""]


def gap_error(curve: EfficiencyCurve, gap: ShannonGap) -> GapError:
    """What is lost by asking the bound instead of the curve."""
    sinr_db = jnp.linspace(JUDGED_FROM_DB, JUDGED_TO_DB, JUDGED_POINTS)
    sinr = ratio_from_db(sinr_db)
    off = jnp.abs(gap.read(sinr) - curve.read(sinr))
    return GapError(off.mean(), off.max(), sinr_db[jnp.argmax(off)])


def closest_gap(curve: EfficiencyCurve) -> ShannonGap:
    """The alpha (in steps of 0.01) and gap (0.1 dB) with the least largest error."""
    alphas, gaps_db = np.meshgrid(
        np.linspace(0.5, 1.0, 51), np.linspace(0.0, 6.0, 61), indexing="ij"
    )
    alpha, gap_db = (jnp.asarray(axis.ravel(), float) for axis in (alphas, gaps_db))

    def worst(alpha: Float[Array, ""], gap_db: Float[Array, ""]) -> Float[Array, ""]:
        return gap_error(curve, ShannonGap(alpha, gap_db)).max_abs

    best = jnp.argmin(jax.vmap(worst)(alpha, gap_db))
    return ShannonGap(alpha[best], gap_db[best])
