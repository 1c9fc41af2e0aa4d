"""What SINR does a layer see when many users are served at once?

Zero forcing in the mean. A beam gathers the array; every further layer costs each of
them the share of the array that its neighbour's direction overlaps with; what the base
station does not know of a channel (`channel_knowledge`) comes back as interference
between the layers. In a rich field the overlap is one over the number of ports, and
the first two are the classic N - L + 1 degrees of freedom.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

LEAST_LEFT = 0.01  # of a beam: 20 dB down, a layer is as good as lost


class MultiUserArray(eqx.Module):
    """Base station and user.

    ports:          of the base station, both polarisations
    user_antennas:  both polarisations; half of them gain, as one layer has one of two
    rejection:      of all interference by the user's receiver, a ratio; 1 if it has
                    no more antennas than it needs
    """

    ports: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    user_antennas: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    rejection: Float[Array, ""] = eqx.field(converter=jnp.asarray)

    @property
    def beam_gain(self) -> Float[Array, ""]:
        """Of a layer alone, over one antenna to one antenna, a ratio.

        The strongest eigen-channel of two polarisations has half of ||H||².
        """
        return 0.5 * self.ports * self.user_antennas

    def layer_sinr(
        self,
        interference: Float[Array, ""],
        noise: Float[Array, ""],
        layers: Float[Array, ""],
        overlap: Float[Array, ""],
        unknown_share: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Of every layer of one user, a ratio.

        interference:   from other cells over the wanted signal, one antenna, no beams
        noise:          over the same
        layers:         sent at once by the cell, of all users; the power is shared
        overlap:        of the user's directions with those of another, 0..1 (`overlap`)
        unknown_share:  of the channel's power, 0..1
        """
        others = layers - 1.0
        left = jnp.maximum(1.0 - others * overlap, LEAST_LEFT)
        wanted = self.beam_gain * (1.0 - unknown_share) * left / layers
        leaking = self.beam_gain * unknown_share * overlap * others / layers
        return wanted / ((leaking + interference) / self.rejection + noise)


def overlap(
    one: Complex[Array, "port port"], other: Complex[Array, "port port"]
) -> Float[Array, ""]:
    """How alike two users' directions are: tr(A B) / (tr A tr B), 0..1.

    Covariances of one polarisation; the other halves the chance to meet. Averaged over
    pairs, one over it counts the directions that the array can tell apart.
    """
    shared = (one * other.T).sum().real
    traces = jnp.trace(one).real * jnp.trace(other).real
    return 0.5 * shared / traces
