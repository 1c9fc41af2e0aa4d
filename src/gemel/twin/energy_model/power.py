"""What power does a radio of a known type draw, awake, saving or asleep?

The shape is that of base-station power models since Auer et al., "How much energy is
needed to run a wireless network?", IEEE Wireless Communications 18(5), 2011: an idle
share, and a share in proportion to the load. Idle and slope are powers of bandwidth and
antennas, the slope of transmit power too; every energy-saving mode takes its part of
the idle share for the time it lasts. What is common to all radio types is learned from
all of them, so that a type with few stations borrows what it lacks.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.twin.energy_model.rows import Rows


class Radios(eqx.Module):
    """The cells of many rows, ready for the formula; `type` ends with the unknown."""

    there: Float[Array, "row place"]
    of_type: Float[Array, "row place type"]
    of_mode: Float[Array, "row place mode"]
    size: Float[Array, "row place size"]
    load: Float[Array, "row place"]
    saving: Float[Array, "row place saving"]


class TypePowers(eqx.Module):
    """Natural logarithms throughout; a type's own number comes on top of the common.

    by_size:  how idle power and slope grow with (bandwidth, antennas, transmit power)
    beside:   how idle power of a further cell differs from the first one's
    saved:    logit of the share of idle power that a mode saves
    centre, width: of the sizes, so that all weigh alike
    """

    idle: Float[Array, ""]
    slope: Float[Array, ""]
    idle_of_type: Float[Array, " type"]
    slope_of_type: Float[Array, " type"]
    idle_of_mode: Float[Array, " mode"]
    slope_of_mode: Float[Array, " mode"]
    idle_by_size: Float[Array, " size"]
    slope_by_size: Float[Array, " size"]
    beside: Float[Array, ""]
    saved: Float[Array, " saving"]
    saved_of_type: Float[Array, "type saving"]
    centre: Float[Array, " size"]
    width: Float[Array, " size"]


def radios(rows: Rows, types: int, modes: int) -> Radios:
    """The rows as the formula wants them."""
    size = np.stack(
        [np.log(rows.bandwidth), np.log(rows.antennas), rows.tx_power], axis=-1
    )
    return Radios(
        there=jnp.asarray(rows.there),
        of_type=_one_of(rows.radio_type, types),
        of_mode=_one_of(rows.mode, modes),
        size=jnp.asarray(size, jnp.float32),
        load=jnp.asarray(rows.load),
        saving=jnp.asarray(rows.saving),
    )


def _one_of(number: np.ndarray, known: int) -> Float[Array, "row place kind"]:
    """One where the number is, zero elsewhere: what is not known is zero all over."""
    return jnp.asarray(
        (number[:, :, None] == np.arange(known)[None, None]), jnp.float32
    )


def idle_and_slope(
    powers: TypePowers, told: Radios
) -> tuple[Float[Array, "row place"], Float[Array, "row place"]]:
    """Power of every cell without load, and what full load adds; nothing saved."""
    size = (told.size - powers.centre[None, None]) / powers.width[None, None]
    log_idle = (
        powers.idle
        + told.of_type @ powers.idle_of_type
        + told.of_mode @ powers.idle_of_mode
        + size @ powers.idle_by_size
    )
    log_slope = (
        powers.slope
        + told.of_type @ powers.slope_of_type
        + told.of_mode @ powers.slope_of_mode
        + size @ powers.slope_by_size
    )
    further = jnp.arange(told.there.shape[1]) > 0
    log_idle = log_idle + jnp.where(further, powers.beside, 0.0)[None]
    return jnp.exp(log_idle) * told.there, jnp.exp(log_slope) * told.there


def kept(powers: TypePowers, told: Radios) -> Float[Array, "row place"]:
    """The share of idle power that energy-saving modes leave."""
    logit = powers.saved[None, None] + told.of_type @ powers.saved_of_type
    return jnp.prod(1.0 - told.saving * jax.nn.sigmoid(logit), axis=-1)


def station_power(powers: TypePowers, told: Radios) -> Float[Array, " row"]:
    """The power of all cells of a station."""
    idle, slope = idle_and_slope(powers, told)
    return (idle * kept(powers, told) + slope * told.load).sum(-1)


class RadioTypePower(eqx.Module):
    """A network's radios by type: power as a straight line of load, per cell.

    unit_w:  watts of one unit of the measurements, which may be normalised
    """

    idle: Float[Array, " cell"]
    slope: Float[Array, " cell"]
    asleep: Float[Array, " cell"]
    unit_w: float = eqx.field(static=True, default=1.0)

    def power_w(
        self, load: Float[Array, " cell"], awake: Array
    ) -> Float[Array, " cell"]:
        """Watts of every cell; load is 0..1 of the blocks."""
        drawn = jnp.where(awake, self.idle + self.slope * load, self.asleep)
        return drawn * self.unit_w


def start(
    types: int, modes: int, saving: int, told: Radios, median: float
) -> TypePowers:
    """Where fitting begins: all types alike, a fifth of the power follows the load."""
    there = told.there[..., None]
    count = there.sum((0, 1))
    centre = (told.size * there).sum((0, 1)) / count
    spread = ((told.size - centre[None, None]) ** 2 * there).sum((0, 1)) / count
    return TypePowers(
        idle=jnp.log(jnp.asarray(0.8 * median, jnp.float32)),
        slope=jnp.log(jnp.asarray(0.8 * median, jnp.float32)),
        idle_of_type=jnp.zeros(types),
        slope_of_type=jnp.zeros(types),
        idle_of_mode=jnp.zeros(modes),
        slope_of_mode=jnp.zeros(modes),
        idle_by_size=jnp.zeros(3),
        slope_by_size=jnp.zeros(3),
        beside=jnp.asarray(-1.0),
        saved=jnp.full(saving, -1.0),
        saved_of_type=jnp.zeros((types, saving)),
        centre=centre,
        width=jnp.sqrt(spread) + 1e-3,
    )
