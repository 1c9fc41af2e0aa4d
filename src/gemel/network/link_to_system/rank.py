"""Over how many layers does one user alone receive best?

Single-user MIMO with eigen-beams: every layer is one eigen-channel, and the power is
shared evenly among the layers in use. A user near the mast gains by more layers, one at
the edge by more power in one.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.network.link_to_system.efficiency_curve import EfficiencyCurve


class RankChoice(eqx.Module):
    """layers: 1, 2, …; efficiency: bit/s/Hz over all of them."""

    layers: Int[Array, ""]
    efficiency: Float[Array, ""]


def best_rank(
    curve: EfficiencyCurve,
    sinr: Float[Array, ""],
    eigen_gain: Float[Array, " layer"],
) -> RankChoice:
    """The rank that carries most.

    sinr:        of one antenna sending to one antenna with all the power, a ratio
    eigen_gain:  of every eigen-channel over that, strongest first; ||H||² in all
    """
    count = eigen_gain.shape[0]
    number = jnp.arange(count)

    def with_layers(layers: Int[Array, ""]) -> Float[Array, ""]:
        share = jnp.where(number < layers, 1.0, 0.0) / layers.astype(sinr.dtype)
        return curve.read(sinr * eigen_gain * share).sum()

    carried = jax.vmap(with_layers)(number + 1)
    best = jnp.argmax(carried)
    return RankChoice(best + 1, carried[best])
