"""Which rays make up the clusters of one link?

3GPP TR 38.901 V16.1.0, clause 7.5, steps 7 (rays of a cluster) to 10, and table 7.5-5
(parts of the two strongest clusters).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from gemel.radio.small_scale.clusters import (
    Clusters,
    draw_clusters,
    normal_from_even,
)
from gemel.radio.small_scale.parameters import ClusterTable
from gemel.radio.small_scale.published import ray_offsets
from gemel.radio.small_scale.spreads import Sight, Spreads, draw_spreads
from gemel.units import ratio_from_db

# Table 7.5-5: rays 1-8, 19, 20, then 9-12, 17, 18, then 13-16 of a strong cluster come
# together; we number rays in this order throughout.
ORDER_OF_PARTS = (*range(8), 18, 19, *range(8, 12), 16, 17, *range(12, 16))
PART_SIZES = (10, 6, 4)
PART_DELAYS = (0.0, 1.28, 2.56)  # in cluster delay spreads
RAYS = len(ORDER_OF_PARTS)
LEAST_EVEN = 2.0**-25  # keeps logarithms of drawn numbers finite; 2^-23 is their step
ZSD_SHARE = 3.0 / 8.0  # equation 7.5-20: how far a cluster spreads of the median ZSD


class Rays(eqx.Module):
    """Of one link; what is padded or too weak has no power.

    delay_s:        behind the first cluster, which is also when the direct ray comes
    power:          shares of all power; with `direct_power` they sum to 1
    cross_power:    what changes polarisation over what keeps it, 1/XPR
    phase_rad:      of theta to theta, phi to theta, theta to phi, phi to phi, each
                    from departure to arrival
    direct_…:       of the straight ray; without power where there is none
    """

    delay_s: Float[Array, "cluster ray"]
    power: Float[Array, "cluster ray"]
    departure_zenith_deg: Float[Array, "cluster ray"]
    departure_azimuth_deg: Float[Array, "cluster ray"]
    arrival_zenith_deg: Float[Array, "cluster ray"]
    arrival_azimuth_deg: Float[Array, "cluster ray"]
    cross_power: Float[Array, "cluster ray"]
    phase_rad: Float[Array, "4 cluster ray"]
    direct_power: Float[Array, ""]
    direct_departure_zenith_deg: Float[Array, ""]
    direct_departure_azimuth_deg: Float[Array, ""]
    direct_arrival_zenith_deg: Float[Array, ""]
    direct_arrival_azimuth_deg: Float[Array, ""]


def draw_rays(
    table: ClusterTable, sight: Sight, normals: Float[Array, "7"], key: PRNGKeyArray
) -> Rays:
    """All rays of one link: steps 4 to 10.

    table:    of the environment; its row is picked by the state of the link
    normals:  independent standard normal numbers in ORDER; the first is the shadow of
              the link in sigmas, above zero where the signal is stronger

    Sectors of one mast see the same rays: draw once, receive for each sector.
    """
    row = table.of(sight.line_of_sight, sight.indoor)
    spreads = draw_spreads(row, sight, normals)
    # In one draw, which compiles and runs far faster than ten; phases apart, which XLA
    # leaves out where nobody asks. In float32 whatever the rest is: one key, one luck.
    count = table.most_clusters
    luck_key, phase_key = jax.random.split(key)
    luck = jax.random.uniform(
        luck_key, (10 + 4 * RAYS, count), jnp.float32, LEAST_EVEN
    ).astype(normals.dtype)
    phase = jax.random.uniform(phase_key, (4, count, RAYS), jnp.float32)
    clusters = draw_clusters(row, sight, spreads, luck[:10])
    return split_into_rays(
        row,
        sight,
        spreads,
        clusters,
        luck[10:].reshape(4, count, RAYS),
        phase.astype(normals.dtype) * (2.0 * np.pi),
    )


def split_into_rays(
    row: ClusterTable,
    sight: Sight,
    spreads: Spreads,
    clusters: Clusters,
    luck: Float[Array, "4 cluster ray"],
    phase_rad: Float[Array, "4 cluster ray"],
) -> Rays:
    """Steps 7 (equations 7.5-13, 7.5-18, 7.5-20) to 10.

    luck:  numbers spread evenly over 0..1, both ends excluded
    """
    shape = (row.most_clusters, RAYS)
    strong = _two_strongest(clusters.power)
    offset = jnp.asarray(ray_offsets()[list(ORDER_OF_PARTS)], luck.dtype)
    aoa, zoa, zod = _coupled(offset, strong, luck[:3])
    xpr_db = row.xpr_mean_db + row.xpr_sigma_db * normal_from_even(luck[3])
    scattered = (1.0 - clusters.direct_power) / RAYS

    def spread(
        middle_deg: Float[Array, " cluster"],
        width_deg: Float[Array, ""],
        offset: Float[Array, "#cluster ray"],
    ) -> Float[Array, "cluster ray"]:
        return middle_deg[:, None] + width_deg * offset

    return Rays(
        delay_s=clusters.delay_s[:, None] + _part_delays(row, sight, strong),
        power=jnp.broadcast_to((clusters.power * scattered)[:, None], shape),
        departure_zenith_deg=_folded_deg(
            spread(
                clusters.departure_zenith_deg, ZSD_SHARE * spreads.typical_zsd_deg, zod
            )
        ),
        departure_azimuth_deg=_wrapped_deg(
            spread(clusters.departure_azimuth_deg, row.cluster_asd_deg, offset[None, :])
        ),
        arrival_zenith_deg=_folded_deg(
            spread(clusters.arrival_zenith_deg, row.cluster_zsa_deg, zoa)
        ),
        arrival_azimuth_deg=_wrapped_deg(
            spread(clusters.arrival_azimuth_deg, row.cluster_asa_deg, aoa)
        ),
        cross_power=ratio_from_db(-xpr_db),
        phase_rad=phase_rad,
        direct_power=clusters.direct_power,
        direct_departure_zenith_deg=sight.zenith_deg,
        direct_departure_azimuth_deg=_wrapped_deg(sight.azimuth_deg),
        direct_arrival_zenith_deg=sight.arrival_zenith_deg,
        direct_arrival_azimuth_deg=_wrapped_deg(sight.arrival_azimuth_deg),
    )


def _two_strongest(power: Float[Array, " cluster"]) -> Bool[Array, " cluster"]:
    number = jnp.arange(power.shape[0])
    first = number == jnp.argmax(power)
    second = number == jnp.argmax(jnp.where(first, -1.0, power))
    return first | second


def _coupled(
    offset: Float[Array, " ray"],
    strong: Bool[Array, " cluster"],
    luck: Float[Array, "3 cluster ray"],
) -> Float[Array, "3 cluster ray"]:
    """Step 8: offsets in random order, in strong clusters only within their parts.

    The place of a ray is how many others drew less, which asks no sorting.
    """
    part = jnp.asarray(np.repeat(np.arange(3), PART_SIZES), luck.dtype)
    drawn = luck + jnp.where(strong[None, :, None], part[None, None, :], 0.0)
    place = jnp.zeros(drawn.shape, jnp.int32)
    for other in range(RAYS):  # unrolled: XLA sums over the last axis one by one
        place = place + (drawn[..., other : other + 1] < drawn).astype(jnp.int32)
    return offset[place]


def _part_delays(
    row: ClusterTable, sight: Sight, strong: Bool[Array, " cluster"]
) -> Float[Array, "cluster ray"]:
    spread_ns = row.cluster_ds_ns
    spread_ns = spread_ns + row.cluster_ds_per_decade * row.decades(sight.carrier_ghz)
    spread_s = jnp.maximum(spread_ns, row.cluster_ds_floor_ns) * 1e-9
    late = jnp.asarray(np.repeat(PART_DELAYS, PART_SIZES), spread_s.dtype)
    return jnp.where(strong[:, None], late[None, :] * spread_s, 0.0)


def _wrapped_deg(azimuth_deg: Float[Array, "..."]) -> Float[Array, "..."]:
    """-180..180 degrees."""
    return azimuth_deg - 360.0 * jnp.round(azimuth_deg / 360.0)


def _folded_deg(zenith_deg: Float[Array, "..."]) -> Float[Array, "..."]:
    """0..180 degrees; beyond a pole one comes down on the other side, step 7."""
    return jnp.abs(_wrapped_deg(zenith_deg))
