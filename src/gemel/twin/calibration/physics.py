"""Which exponents, antennas and grounds explain most of what was measured?

A level is the reference-signal power, less a path loss of two slopes, less what the
antenna's direction costs, less what stands at the place, plus a gain of the cell. Free
space is 20 log10 of frequency (TR 38.901, table 7.4.1-1, all rows); the pattern is the
two parabolas of TR 36.814, table A.2.1.1-2, with round shoulders, so that a gradient
is felt everywhere.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.twin.calibration.measured import CLUTTER_CLASSES

REFERENCE_M = 100.0
REFERENCE_MHZ = 2_000.0
REFERENCE_HEIGHT_M = 30.0
KNEE = 0.15  # decades over which one slope becomes the other


class Seen(eqx.Module):
    """What physics must know of one point: one number each, or one axis for all.

    cell:        by number in `Physics.cell_gain_db`
    log_height:  log10 of the antenna's height over `REFERENCE_HEIGHT_M`
    power_dbm:   of a reference symbol, less 20 log10 of frequency
    log_roof:    log(1 + height of the building there in metres)
    """

    cell: Int[Array, "*point"]
    log_distance: Float[Array, "*point"]
    aside_deg: Float[Array, "*point"]
    fall_deg: Float[Array, "*point"]
    tilt_deg: Float[Array, "*point"]
    log_height: Float[Array, "*point"]
    power_dbm: Float[Array, "*point"]
    log_roof: Float[Array, "*point"]
    clutter: Int[Array, "*point"]


class Physics(eqx.Module):
    """What a gradient finds. Every parameter is of the order of one, so that one length
    of step suits all; the properties tell them in their units.
    """

    intercept: Float[Array, ""]  # tens of dB
    near: Float[Array, ""]
    far_extra: Float[Array, ""]
    knee: Float[Array, ""]
    height: Float[Array, ""]
    front_to_back: Float[Array, ""]
    width: Float[Array, ""]
    blur: Float[Array, ""]
    vertical_width: Float[Array, ""]
    vertical_floor: Float[Array, ""]
    roof: Float[Array, ""]
    clutter: Float[Array, " class"]
    cell_gain: Float[Array, " cell"]  # tens of dB
    cell_turn: Float[Array, " cell"]  # radians
    cell_tilt: Float[Array, " cell"]  # tens of degrees
    spread: Float[Array, ""]
    mislocated: Float[Array, "2"]
    mislocated_level: Float[Array, "2"]

    def for_cells(self, number: np.ndarray) -> "Physics":
        """The same for other cells: which one of ours each is, or -1 for none."""
        cells = (self.cell_gain, self.cell_turn, self.cell_tilt)
        none = number < 0
        chosen = [
            jnp.asarray(np.where(none, 0.0, np.asarray(leaf)[number]), leaf.dtype)
            for leaf in cells
        ]
        return eqx.tree_at(
            lambda p: (p.cell_gain, p.cell_turn, p.cell_tilt), self, chosen
        )

    @property
    def near_exponent(self) -> Float[Array, ""]:
        """Of distance, before the knee."""
        return jax.nn.softplus(self.near)

    @property
    def far_exponent(self) -> Float[Array, ""]:
        """Of distance, behind the knee: no smaller."""
        return self.near_exponent + jax.nn.softplus(self.far_extra)

    @property
    def knee_m(self) -> Float[Array, ""]:
        """Where the slopes change."""
        return REFERENCE_M * jnp.exp(self.knee * 2.302585)

    @property
    def front_to_back_db(self) -> Float[Array, ""]:
        """What the back of an antenna loses, far away."""
        return 10.0 * jax.nn.softplus(self.front_to_back)

    @property
    def width_deg(self) -> Float[Array, ""]:
        """Of the lobe, between half-power directions."""
        return 65.0 * jnp.exp(self.width)

    @property
    def spread_db(self) -> Float[Array, ""]:
        """Scale of what is left over of points that lie where they say."""
        return 6.0 * jnp.exp(self.spread)


def start(cells: int) -> Physics:
    """A usual city: where the search begins."""
    zero = jnp.zeros(())
    return Physics(
        intercept=jnp.asarray(-2.0),
        near=jnp.asarray(1.8),
        far_extra=jnp.asarray(0.5),
        knee=jnp.asarray(0.3),
        height=zero,
        front_to_back=jnp.asarray(0.8),
        width=jnp.asarray(0.3),
        blur=zero,
        vertical_width=zero,
        vertical_floor=zero,
        roof=zero,
        clutter=jnp.zeros(CLUTTER_CLASSES),
        cell_gain=jnp.zeros(cells),
        cell_turn=jnp.zeros(cells),
        cell_tilt=jnp.zeros(cells),
        spread=zero,
        mislocated=jnp.asarray([-3.0, 3.0]),
        mislocated_level=jnp.asarray([0.0, 0.0]),
    )


def level_dbm(physics: Physics, seen: Seen) -> Float[Array, "*point"]:
    """What a point should hear of its cell."""
    gain_db = 10.0 * physics.cell_gain[seen.cell]
    turn_deg = jnp.degrees(physics.cell_turn[seen.cell])
    tilt_deg = 10.0 * physics.cell_tilt[seen.cell]
    return level_with(physics, seen, gain_db, turn_deg, tilt_deg)


def level_with(
    physics: Physics,
    seen: Seen,
    gain_db: Float[Array, "*#point"],
    turn_deg: Float[Array, "*#point"],
    tilt_error_deg: Float[Array, "*#point"],
) -> Float[Array, "*point"]:
    """The same if the cell had this gain, were turned so, and looked so far down."""
    return (
        seen.power_dbm
        - way_loss_db(physics, seen.log_distance, seen.log_height)
        + pattern_db(
            physics,
            seen.log_distance,
            seen.aside_deg - turn_deg,
            seen.fall_deg - seen.tilt_deg - tilt_error_deg,
        )
        + here_db(physics, seen)
        + gain_db
    )


def here_db(physics: Physics, seen: Seen) -> Float[Array, "*point"]:
    """What stands at the place gives: mostly less than nothing."""
    roof_db = -2.5 * physics.roof * seen.log_roof
    return roof_db + 10.0 * physics.clutter[seen.clutter]


def way_loss_db(
    physics: Physics,
    log_distance: Float[Array, "*point"],
    log_height: Float[Array, "*point"],
) -> Float[Array, "*point"]:
    """Of distance and the antenna's height; frequency stands in `Seen.power_dbm`.

    log_distance:  log10 of distance over `REFERENCE_M`
    """
    beyond = KNEE * jax.nn.softplus((log_distance - physics.knee) / KNEE)
    extra = jax.nn.softplus(physics.far_extra)
    return (
        100.0
        + 10.0 * physics.intercept
        + 10.0 * physics.near_exponent * log_distance
        + 10.0 * extra * beyond
        - 10.0 * physics.height * log_height
    )


def pattern_db(
    physics: Physics,
    log_distance: Float[Array, "*point"],
    aside_deg: Float[Array, "*point"],
    below_deg: Float[Array, "*point"],
) -> Float[Array, "*point"]:
    """What directions off the lobe cost; less where the place itself is uncertain.

    below_deg:  below the lobe
    """
    # A point close by may lie on any side: its error in metres blurs the pattern.
    blur_m = 50.0 * jnp.exp(physics.blur)
    share = 1.0 / (1.0 + blur_m / REFERENCE_M * jnp.exp(-2.302585 * log_distance))
    turned = (aside_deg + 180.0) % 360.0 - 180.0
    back_db = physics.front_to_back_db
    aside_db = back_db * (
        1.0 - jnp.exp(-12.0 * (turned / physics.width_deg) ** 2 / back_db)
    )
    floor_db = 10.0 * jnp.exp(physics.vertical_floor)
    width_deg = 12.0 * jnp.exp(physics.vertical_width)
    below_db = floor_db * (
        1.0 - jnp.exp(-12.0 * (below_deg / width_deg) ** 2 / floor_db)
    )
    return -share * (aside_db + below_db)
