"""When, how strongly and from where do the clusters of one link come?

3GPP TR 38.901 V16.1.0, clause 7.5, steps 5 to 7.
"""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.small_scale.parameters import ClusterTable
from gemel.radio.small_scale.spreads import Sight, Spreads, zenith_offset_deg
from gemel.units import ratio_from_db

WEAKEST = 10.0**-2.5  # step 6: clusters 25 dB below the strongest are left out
LEAST = 1e-12  # keeps logarithms of powers and of drawn numbers finite
# C_theta turns zero at -10 dB, C_phi at -20 dB, and angles endless, though the direct
# ray is all but gone there; we hold all three where they are still near one.
LEAST_K_DB = -5.0
# Equations 7.5-3, 7.5-10 and 7.5-15: what the Ricean factor in dB does, by its powers.
DELAY_BY_K = (0.7705, -0.0433, 0.0002, 0.000017)
AZIMUTH_BY_K = (1.1035, -0.028, -0.002, 0.0001)
ZENITH_BY_K = (1.3086, 0.0339, -0.0077, 0.0002)


class Clusters(eqx.Module):
    """Of one link, padded to the most that its environment has.

    delay_s:         behind the first; clusters are not in the order of their delays
    power:           shares of all scattered power, which sum to 1; what is padded or
                     too weak has 0
    direct_power:    share of the direct ray in all power, 0 where there is none
    departure_…_deg: of the middle of a cluster, as the base station sees it;
                     arrival_…_deg as the user sees it
    """

    delay_s: Float[Array, " cluster"]
    power: Float[Array, " cluster"]
    direct_power: Float[Array, ""]
    departure_azimuth_deg: Float[Array, " cluster"]
    departure_zenith_deg: Float[Array, " cluster"]
    arrival_azimuth_deg: Float[Array, " cluster"]
    arrival_zenith_deg: Float[Array, " cluster"]


def draw_clusters(
    row: ClusterTable,
    sight: Sight,
    spreads: Spreads,
    luck: Float[Array, "10 cluster"],
) -> Clusters:
    """Steps 5 to 7.

    row:   of the table, `table.of(sight.line_of_sight, sight.indoor)`
    luck:  numbers spread evenly over 0..1, both ends excluded
    """
    count = row.most_clusters
    exists = jnp.arange(count, dtype=luck.dtype) < row.cluster_count
    normals = normal_from_even(luck[1:6])
    signs = jnp.where(luck[6:] < 0.5, -1.0, 1.0)
    # Excess delays over the first of N exponential ones are exponential themselves:
    # the first cluster comes at 0 and nobody has to be sorted.
    excess = jnp.where(jnp.arange(count) == 0, 0.0, -jnp.log(luck[0]))
    power = _powers(row, exists, excess, normals[0])
    has_direct = row.has_direct_ray > 0.0
    k_factor = jnp.where(has_direct, ratio_from_db(spreads.k_factor_db), 0.0)
    direct_power = k_factor / (1.0 + k_factor)
    # Equation 7.5-8: in the angles, the direct ray belongs to the first cluster.
    with_direct = power * (1.0 - direct_power)
    with_direct = with_direct.at[0].add(direct_power)
    weakness = -jnp.log(jnp.maximum(with_direct / jnp.max(with_direct), LEAST))
    azimuth, zenith = 2.0 / 1.4 * jnp.sqrt(weakness), weakness
    azimuth = azimuth / (row.azimuth_scaling * _by_k(AZIMUTH_BY_K, has_direct, spreads))
    zenith = zenith / (row.zenith_scaling * _by_k(ZENITH_BY_K, has_direct, spreads))
    # Equations 7.5-11 to 7.5-19: either side of the middle, and a seventh of noise.
    aod, aoa = (azimuth * signs[i] + normals[1 + i] / 7.0 for i in (0, 1))
    zod, zoa = (zenith * signs[i] + normals[1 + i] / 7.0 for i in (2, 3))
    decades = row.decades(sight.carrier_ghz)
    offset_deg = zenith_offset_deg(row.zenith_departure, sight, decades)
    level = row.comes_level > 0.0

    def around(
        turn: Float[Array, " cluster"], spread_deg: Float[Array, ""]
    ) -> Float[Array, " cluster"]:
        return spread_deg * (turn - jnp.where(has_direct, turn[0], 0.0))

    return Clusters(
        delay_s=excess
        * (row.delay_scaling * spreads.ds_s)
        / _by_k(DELAY_BY_K, has_direct, spreads),
        power=power,
        direct_power=direct_power,
        departure_azimuth_deg=sight.azimuth_deg + around(aod, spreads.asd_deg),
        departure_zenith_deg=sight.zenith_deg
        + offset_deg
        + around(zod, spreads.zsd_deg),
        arrival_azimuth_deg=sight.arrival_azimuth_deg + around(aoa, spreads.asa_deg),
        arrival_zenith_deg=jnp.where(level, 90.0, sight.arrival_zenith_deg)
        + around(zoa, spreads.zsa_deg),
    )


def normal_from_even(even: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """Standard normal numbers from numbers spread evenly over 0..1."""
    return math.sqrt(2.0) * jax.lax.erf_inv(2.0 * even - 1.0)


def _powers(
    row: ClusterTable,
    exists: Bool[Array, " cluster"],
    excess: Float[Array, " cluster"],
    normal: Float[Array, " cluster"],
) -> Float[Array, " cluster"]:
    """Equations 7.5-5 and 7.5-6; what is left out is shared by the others."""
    decay = excess * (row.delay_scaling - 1.0)
    power = jnp.exp(-decay) * ratio_from_db(-row.cluster_shadow_db * normal)
    power = jnp.where(exists, power, 0.0)
    power = jnp.where(power < WEAKEST * jnp.max(power), 0.0, power)
    return power / jnp.sum(power)


def _by_k(
    coefficients: tuple[float, ...], has_direct: Bool[Array, ""], spreads: Spreads
) -> Float[Array, ""]:
    """A polynomial of the Ricean factor in dB; 1 where no ray comes straight."""
    k_db = jnp.maximum(spreads.k_factor_db, LEAST_K_DB)
    value = jnp.zeros_like(k_db)
    for coefficient in reversed(coefficients):
        value = value * k_db + coefficient
    return jnp.where(has_direct, value, 1.0)
