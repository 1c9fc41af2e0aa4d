"""Which powers of radio types explain the energy that was measured?

The mean absolute relative error is made small, so that stations that measure something
else entirely pull no harder than others; what a type has of its own costs a little, so
that it keeps to the common where its stations say nothing.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from gemel.twin.energy_model.power import Radios, TypePowers, station_power

STEPS = 500
RATE = 0.05  # of a natural logarithm, per step at the beginning
OWN_COST = 2e-3  # of a type's own number, squared
SIZE_COST = 1e-4


def cost(
    powers: TypePowers,
    told: Radios,
    log_energy: Float[Array, " row"],
    weight: Float[Array, " row"],
) -> Float[Array, ""]:
    """Mean absolute error of the logarithm, and the price of being different."""
    # Where sizes are measured from is a convention, not something to learn.
    scale = jax.lax.stop_gradient((powers.centre, powers.width))
    powers = eqx.tree_at(lambda p: (p.centre, p.width), powers, scale)
    off = jnp.abs(jnp.log(station_power(powers, told)) - log_energy)
    own = (
        powers.idle_of_type,
        powers.slope_of_type,
        powers.idle_of_mode,
        powers.slope_of_mode,
        powers.saved_of_type,
        powers.saved,
    )
    size = (powers.idle_by_size, powers.slope_by_size, powers.beside)
    paid = OWN_COST * sum((one**2).sum() for one in own)
    paid = paid + SIZE_COST * sum((one**2).sum() for one in size)
    return (off * weight).sum() / weight.sum() + paid


@eqx.filter_jit
def fit_powers(
    begin: TypePowers,
    told: Radios,
    log_energy: Float[Array, " row"],
    weight: Float[Array, " row"],
) -> TypePowers:
    """The best powers; rows of no weight are not looked at."""
    descent = optax.adam(optax.cosine_decay_schedule(RATE, STEPS))

    def one(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
        powers, memory = carry
        slopes = jax.grad(cost)(powers, told, log_energy, weight)
        # optax counts its steps in integers and multiplies by them.
        with jax.numpy_dtype_promotion("standard"):
            change, memory = descent.update(slopes, memory)
        return (eqx.apply_updates(powers, change), memory), None

    (powers, _), _ = jax.lax.scan(
        one, (begin, descent.init(eqx.filter(begin, eqx.is_array))), length=STEPS
    )
    return powers
