"""Where does a direction of the world lie for an antenna that is turned and tilted?

3GPP TR 38.901, clause 7.1. The world: x east, y north, z up; zenith 0 is up, azimuth
counter-clockwise from east. A *bearing* is something else: clockwise from north, as
site tables have it. Angles are worked out from directions by dot products, so that
nothing breaks at the poles.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.radio.angles import LEAST_M, direction_deg

RADIAN_PER_DEG = 0.017453292519943295
# A unit vector is measured in units of this, far above the least that direction_deg
# tells from nowhere.
FAR_M = 1e4
LEAST_SINE = 1e-6  # of the angle to a pole: nearer, polarisation has no direction


def bearing_from_azimuth_deg(azimuth_deg: Float[Array, ""]) -> Float[Array, ""]:
    """Clockwise from north; the way back is the same, 90 degrees minus it."""
    return 90.0 - azimuth_deg


def azimuth_from_bearing_deg(bearing_deg: Float[Array, ""]) -> Float[Array, ""]:
    """Counter-clockwise from east."""
    return 90.0 - bearing_deg


def unit_vector(
    zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
) -> Float[Array, "3"]:
    """r of equation 7.1-6: one metre into a direction."""
    zenith, azimuth = zenith_deg * RADIAN_PER_DEG, azimuth_deg * RADIAN_PER_DEG
    level = jnp.sin(zenith)
    return jnp.stack(
        [level * jnp.cos(azimuth), level * jnp.sin(azimuth), jnp.cos(zenith)]
    )


def angles_deg(
    direction: Float[Array, "3"],
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Zenith and azimuth of a unit vector, within 0.001 degrees."""
    x, y, z = direction * FAR_M
    level = jnp.sqrt(jnp.maximum(x * x + y * y, (LEAST_SINE * FAR_M) ** 2))
    return direction_deg(z, level), direction_deg(x, y)


def ahead_left_up(
    offset_m: Float[Array, "3"],
    bearing_deg: Float[Array, ""],
    downtilt_deg: Float[Array, ""],
) -> Float[Array, "3"]:
    """The unit vector towards a user in the coordinates of an antenna without slant.

    offset_m:  user minus antenna: east, north, up
    """
    length_m = jnp.sqrt(jnp.maximum((offset_m * offset_m).sum(), LEAST_M**2))
    east, north, up = offset_m / length_m
    bearing = bearing_deg * RADIAN_PER_DEG
    level = jnp.sin(bearing) * east + jnp.cos(bearing) * north
    left = jnp.sin(bearing) * north - jnp.cos(bearing) * east
    return tilted(jnp.stack([level, left, up]), downtilt_deg)


def tilted(
    direction: Float[Array, "3"], downtilt_deg: Float[Array, ""]
) -> Float[Array, "3"]:
    """Ahead, left and up as an antenna sees them that leans forward by so much."""
    down = downtilt_deg * RADIAN_PER_DEG
    ahead, left, up = direction
    return jnp.stack(
        [
            jnp.cos(down) * ahead - jnp.sin(down) * up,
            left,
            jnp.sin(down) * ahead + jnp.cos(down) * up,
        ]
    )


class Orientation(eqx.Module):
    """How an antenna hangs: straight ahead is its x, up along its columns its z.

    bearing_deg:   of straight ahead, clockwise from north (alpha = 90 - bearing)
    downtilt_deg:  beta, mechanical: straight ahead lies so much below the horizon
    slant_deg:     gamma, turned about straight ahead
    """

    bearing_deg: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    downtilt_deg: Float[Array, ""] = eqx.field(default=0.0, converter=jnp.asarray)
    slant_deg: Float[Array, ""] = eqx.field(default=0.0, converter=jnp.asarray)

    @classmethod
    def of_azimuth(
        cls,
        azimuth_deg: Float[Array, ""] | float,
        downtilt_deg: Float[Array, ""] | float = 0.0,
        slant_deg: Float[Array, ""] | float = 0.0,
    ) -> "Orientation":
        """From alpha, beta and gamma as TR 38.901 has them: alpha from east."""
        return cls(90.0 - azimuth_deg, downtilt_deg, slant_deg)

    def matrix(self) -> Float[Array, "3 3"]:
        """R of equation 7.1-2: from the antenna's coordinates to the world's."""
        alpha = azimuth_from_bearing_deg(self.bearing_deg) * RADIAN_PER_DEG
        beta, gamma = (
            self.downtilt_deg * RADIAN_PER_DEG,
            self.slant_deg * RADIAN_PER_DEG,
        )
        sa, ca = jnp.sin(alpha), jnp.cos(alpha)
        sb, cb = jnp.sin(beta), jnp.cos(beta)
        sg, cg = jnp.sin(gamma), jnp.cos(gamma)
        rows = [
            [ca * cb, ca * sb * sg - sa * cg, ca * sb * cg + sa * sg],
            [sa * cb, sa * sb * sg + ca * cg, sa * sb * cg - ca * sg],
            [-sb, cb * sg, cb * cg],
        ]
        return jnp.stack([jnp.stack(row) for row in rows])

    def to_local(self, direction: Float[Array, "3"]) -> Float[Array, "3"]:
        """A direction of the world in the antenna's coordinates."""
        # Products and a sum: a matrix product may be rounded to fewer digits.
        return (self.matrix() * direction[:, None]).sum(0)

    def local_angles_deg(
        self, zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """theta' and phi' of equations 7.1-7 and 7.1-8."""
        return angles_deg(self.to_local(unit_vector(zenith_deg, azimuth_deg)))

    def polarisation_turn(
        self, zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """cos and sin of psi, equation 7.1-15: from local to global theta, phi.

        Along the antenna's own column theta' has no direction; psi is 0 there.
        """
        zenith, azimuth = zenith_deg * RADIAN_PER_DEG, azimuth_deg * RADIAN_PER_DEG
        up = self.matrix()[:, 2]  # the column's axis in the world
        ahead = jnp.cos(azimuth) * up[0] + jnp.sin(azimuth) * up[1]
        aside = jnp.cos(azimuth) * up[1] - jnp.sin(azimuth) * up[0]
        along_theta = jnp.sin(zenith) * up[2] - jnp.cos(zenith) * ahead
        square = along_theta**2 + aside**2
        lost = square < LEAST_SINE**2
        length = jnp.sqrt(jnp.where(lost, 1.0, square))
        cos = jnp.where(lost, 1.0, along_theta / length)
        return cos, jnp.where(lost, 0.0, -aside / length)
