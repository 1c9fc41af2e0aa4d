"""What must be known of an environment to draw the clusters of a link in it?

The shape of 3GPP TR 38.901 V16.1.0, table 7.5-6; `published.py` fills it. Every array
begins with the state of the link, so that a state may be a traced number: `of` picks
its row.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

# The states of a link; behind a wall it still matters what the wall sees.
STATES = ("seen", "hidden", "seen and indoors", "hidden and indoors")
# Clause 7.5, step 4: the order in which correlated numbers are drawn.
ORDER = ("sf", "k", "ds", "asd", "asa", "zsd", "zsa")


class LogNormal(eqx.Module):
    """The decimal logarithm of a spread: its mean and sigma, and both per decade.

    A decade is lg(carrier_ghz + decade_offset_ghz).
    """

    mean: Float[Array, "*state"]
    mean_per_decade: Float[Array, "*state"]
    sigma: Float[Array, "*state"]
    sigma_per_decade: Float[Array, "*state"]

    def logarithm(
        self, decades: Float[Array, ""], normal: Float[Array, ""]
    ) -> Float[Array, ""]:
        """lg of the spread that a standard normal number stands for."""
        sigma = self.sigma + self.sigma_per_decade * decades
        # The indoor office's sigma would turn negative above its range.
        return self.typical(decades) + jnp.maximum(sigma, 0.0) * normal

    def typical(self, decades: Float[Array, ""]) -> Float[Array, ""]:
        """lg of the median spread."""
        return self.mean + self.mean_per_decade * decades


class ZenithDeparture(eqx.Module):
    """Tables 7.5-7 to 7.5-11 in one form.

    The mean of lg ZSD is `spread` plus `per_km` of horizontal distance,
    `per_user_metre` above 1.5 m, `per_metre_apart` of height between base and user and
    `per_metre_above` of user above base, and no less than `floor`.

    The offset is, in degrees, with d the horizontal distance in metres,
    shift_deg + scale · 10^(slope · lg max(nearest_m, d) + lg_deg)
    + atan(higher_m / d) - atan(lower_m / d).
    """

    spread: LogNormal
    per_km: Float[Array, "*state"]
    per_user_metre: Float[Array, "*state"]
    per_metre_apart: Float[Array, "*state"]
    per_metre_above: Float[Array, "*state"]
    floor: Float[Array, "*state"]
    shift_deg: Float[Array, "*state"]
    shift_deg_per_decade: Float[Array, "*state"]
    scale: Float[Array, "*state"]
    slope: Float[Array, "*state"]
    slope_per_decade: Float[Array, "*state"]
    nearest_m: Float[Array, "*state"]
    lg_deg: Float[Array, "*state"]
    lg_deg_per_decade: Float[Array, "*state"]
    lg_deg_per_user_metre: Float[Array, "*state"]
    higher_m: Float[Array, "*state"]
    lower_m: Float[Array, "*state"]


class ClusterTable(eqx.Module):
    """All of one environment; every array begins with the state, until `of` picks one.

    has_direct_ray:     1 where a ray comes straight, else 0
    comes_level:        1 where waves come through a wall, from the horizon; else 0
    mixing:             lower triangle that correlates seven normal numbers, step 4
    k_mean_db, …:       Ricean factor; only in line of sight
    cluster_count:      N; arrays are as long as the largest of them, `most_clusters`
    cluster_shadow_db:  zeta, sigma of one cluster's power
    cluster_ds_ns:      c_DS at `floor` at least, with `cluster_ds_per_decade`
    azimuth_scaling:    C_phi and C_theta without the Ricean factor
    distance_m:         how far one must go for other spreads, in ORDER; nan where the
                        table gives none
    """

    has_direct_ray: Float[Array, "*state"]
    comes_level: Float[Array, "*state"]
    ds: LogNormal
    asd: LogNormal
    asa: LogNormal
    zsa: LogNormal
    zenith_departure: ZenithDeparture
    mixing: Float[Array, "*state 7 7"]
    distance_m: Float[Array, "*state 7"]
    k_mean_db: Float[Array, "*state"]
    k_sigma_db: Float[Array, "*state"]
    xpr_mean_db: Float[Array, "*state"]
    xpr_sigma_db: Float[Array, "*state"]
    delay_scaling: Float[Array, "*state"]
    cluster_count: Float[Array, "*state"]
    cluster_shadow_db: Float[Array, "*state"]
    cluster_ds_ns: Float[Array, "*state"]
    cluster_ds_per_decade: Float[Array, "*state"]
    cluster_ds_floor_ns: Float[Array, "*state"]
    cluster_asd_deg: Float[Array, "*state"]
    cluster_asa_deg: Float[Array, "*state"]
    cluster_zsa_deg: Float[Array, "*state"]
    azimuth_scaling: Float[Array, "*state"]
    zenith_scaling: Float[Array, "*state"]
    decade_offset_ghz: Float[Array, "*state"]
    lowest_carrier_ghz: Float[Array, "*state"]
    most_clusters: int = eqx.field(static=True)

    def of(
        self, line_of_sight: Bool[Array, ""], indoor: Bool[Array, ""]
    ) -> "ClusterTable":
        """The row of one link, whose state may be traced."""
        hidden = jnp.where(line_of_sight, 0, 1)
        state = hidden + jnp.where(indoor, 2, 0)
        return jax.tree.map(lambda leaf: leaf[state], self)

    def decades(self, carrier_ghz: Float[Array, ""]) -> Float[Array, ""]:
        """The logarithm that all frequency dependence counts in, of a single row."""
        carrier_ghz = jnp.maximum(carrier_ghz, self.lowest_carrier_ghz)
        return jnp.log10(carrier_ghz + self.decade_offset_ghz)
