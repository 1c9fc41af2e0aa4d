"""How widely do the rays of one link spread in time and angle?

3GPP TR 38.901 V16.1.0, clause 7.5, step 4: seven correlated numbers, of which the first
is the shadow that the path loss already has.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.angles import LEAST_M, direction_deg
from gemel.radio.small_scale.parameters import ClusterTable, ZenithDeparture

WIDEST_AZIMUTH_DEG = 104.0  # step 4: spreads are no wider
WIDEST_ZENITH_DEG = 52.0
STREET_M = 1.5  # heights of users count from here


class Sight(eqx.Module):
    """How a base station and a user lie to one another, whatever stands between.

    line_of_sight:  of the way out of doors, also for users indoors
    indoor:         an outer wall lies between
    zenith_deg:     in which the base station sees the user: 0 is up, 90 level
    azimuth_deg:    counter-clockwise from east, as in TR 38.901
    """

    distance_2d_m: Float[Array, ""]
    base_height_m: Float[Array, ""]
    user_height_m: Float[Array, ""]
    carrier_ghz: Float[Array, ""]
    line_of_sight: Bool[Array, ""]
    indoor: Bool[Array, ""]
    zenith_deg: Float[Array, ""]
    azimuth_deg: Float[Array, ""]

    @classmethod
    def along(
        cls,
        offset_m: Float[Array, "3"],
        base_height_m: Float[Array, ""],
        carrier_ghz: Float[Array, ""],
        line_of_sight: Bool[Array, ""],
        indoor: Bool[Array, ""],
    ) -> "Sight":
        """From user minus antenna: east, north and up, metres."""
        east_m, north_m, up_m = offset_m[0], offset_m[1], offset_m[2]
        level_m = jnp.sqrt(jnp.maximum(east_m**2 + north_m**2, LEAST_M**2))
        return cls(
            distance_2d_m=level_m,
            base_height_m=base_height_m,
            user_height_m=base_height_m + up_m,
            carrier_ghz=carrier_ghz,
            line_of_sight=line_of_sight,
            indoor=indoor,
            zenith_deg=direction_deg(up_m, level_m),
            azimuth_deg=direction_deg(east_m, north_m),
        )

    @property
    def arrival_zenith_deg(self) -> Float[Array, ""]:
        """In which the user sees the base station."""
        return 180.0 - self.zenith_deg

    @property
    def arrival_azimuth_deg(self) -> Float[Array, ""]:
        return self.azimuth_deg + 180.0


class Spreads(eqx.Module):
    """Of one link.

    k_factor_db:     power of the direct ray over that of all others; a number without
                     meaning where there is no direct ray
    asd_deg, …:      of azimuth and zenith, at departure and arrival
    typical_zsd_deg: the median of zsd_deg, by which single clusters spread
    """

    ds_s: Float[Array, ""]
    k_factor_db: Float[Array, ""]
    asd_deg: Float[Array, ""]
    asa_deg: Float[Array, ""]
    zsd_deg: Float[Array, ""]
    zsa_deg: Float[Array, ""]
    typical_zsd_deg: Float[Array, ""]


def draw_spreads(
    row: ClusterTable, sight: Sight, normals: Float[Array, "7"]
) -> Spreads:
    """The spreads that seven independent standard normal numbers stand for.

    row:      of the table, `table.of(sight.line_of_sight, sight.indoor)`
    normals:  in ORDER. The first is the shadow of this link, in sigmas, above zero
              where the signal is stronger than the path loss says: minus a loss
    """
    # A product and a sum, not a matmul: seven numbers, and exact in float32.
    mixed = jnp.sum(row.mixing * normals[None, :], axis=1)
    _, k, ds, asd, asa, zsd, zsa = (mixed[i] for i in range(7))
    decades = row.decades(sight.carrier_ghz)
    typical_zsd = _typical_zsd(row.zenith_departure, sight, decades)
    zsd_sigma = row.zenith_departure.spread.logarithm(decades, zsd)
    zsd_sigma = zsd_sigma - row.zenith_departure.spread.typical(decades)
    return Spreads(
        ds_s=_power_of_ten(row.ds.logarithm(decades, ds)),
        k_factor_db=row.k_mean_db + row.k_sigma_db * k,
        asd_deg=_at_most(row.asd.logarithm(decades, asd), WIDEST_AZIMUTH_DEG),
        asa_deg=_at_most(row.asa.logarithm(decades, asa), WIDEST_AZIMUTH_DEG),
        zsd_deg=_at_most(typical_zsd + zsd_sigma, WIDEST_ZENITH_DEG),
        zsa_deg=_at_most(row.zsa.logarithm(decades, zsa), WIDEST_ZENITH_DEG),
        typical_zsd_deg=_power_of_ten(typical_zsd),
    )


def zenith_offset_deg(
    departure: ZenithDeparture, sight: Sight, decades: Float[Array, ""]
) -> Float[Array, ""]:
    """By how much hidden waves leave higher than towards the user, tables 7.5-7 ff."""
    far_m = jnp.maximum(sight.distance_2d_m, departure.nearest_m)
    slope = departure.slope + departure.slope_per_decade * decades
    lg_deg = departure.lg_deg + departure.lg_deg_per_decade * decades
    lifted_m = sight.user_height_m - STREET_M
    lg_deg = lg_deg + departure.lg_deg_per_user_metre * lifted_m
    curve_deg = departure.scale * _power_of_ten(slope * jnp.log10(far_m) + lg_deg)
    shift_deg = departure.shift_deg + departure.shift_deg_per_decade * decades
    over_roofs_deg = direction_deg(far_m, departure.higher_m)
    past_roofs_deg = direction_deg(far_m, departure.lower_m)
    return shift_deg + curve_deg + over_roofs_deg - past_roofs_deg


def _typical_zsd(
    departure: ZenithDeparture, sight: Sight, decades: Float[Array, ""]
) -> Float[Array, ""]:
    above_m = sight.user_height_m - sight.base_height_m
    mean = (
        departure.spread.typical(decades)
        + departure.per_km * (sight.distance_2d_m / 1_000.0)
        + departure.per_user_metre * (sight.user_height_m - STREET_M)
        + departure.per_metre_apart * jnp.abs(above_m)
        + departure.per_metre_above * jnp.maximum(above_m, 0.0)
    )
    return jnp.maximum(mean, departure.floor)


def _power_of_ten(logarithm: Float[Array, ""]) -> Float[Array, ""]:
    return jnp.exp(logarithm * jnp.log(jnp.asarray(10.0, logarithm.dtype)))


def _at_most(logarithm: Float[Array, ""], widest: float) -> Float[Array, ""]:
    return jnp.minimum(_power_of_ten(logarithm), widest)
