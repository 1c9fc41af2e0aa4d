"""Which part of a channel does a base station not know when it points its beams?

Three errors, each as a share of the channel's power, each zero in the ideal case: the
report or sounding grows old (Clarke's J0 of Doppler and delay), its pilots are heard
among those of other cells, and a codebook describes it only roughly. The part that is
line of sight neither fades nor needs many beams: only what is scattered ages and is
cut short by the codebook.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

ANGLES = 64  # of the mean that is J0: exact to float32 up to an argument of 30


def memory(doppler_hz: Float[Array, ""], age_s: Float[Array, ""]) -> Float[Array, ""]:
    """J0(2 pi f t): how a scattered channel resembles itself after a while."""
    angle = jnp.linspace(0.5, ANGLES - 0.5, ANGLES) * (jnp.pi / ANGLES)
    turns = 2.0 * jnp.pi * doppler_hz * age_s
    return jnp.cos(turns * jnp.sin(angle)).mean()


class ChannelKnowledge(eqx.Module):
    """How one way of learning the channel errs.

    codebook_fidelity:  share of a scattered channel's power that its description keeps;
                        1 where the uplink is sounded and no codebook stands between
    pilot_gain:         processing gain of pilots against those of other cells
    age_s:              from the measurement to the middle of its use
    """

    codebook_fidelity: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    pilot_gain: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    age_s: Float[Array, ""] = eqx.field(converter=jnp.asarray)

    def unknown_share(
        self,
        sinr: Float[Array, ""],
        k_factor: Float[Array, ""],
        doppler_hz: Float[Array, ""],
    ) -> Float[Array, ""]:
        """The power of the error over that of the channel, 0..1.

        sinr:      of one antenna, without any beam, a ratio: what pilots are heard with
        k_factor:  line of sight over all the rest, a ratio; 0 where there is none
        """
        kept = self.codebook_fidelity * memory(doppler_hz, self.age_s) ** 2
        described = 1.0 - (1.0 - kept) / (1.0 + k_factor)
        heard = 1.0 - 1.0 / (1.0 + self.pilot_gain * sinr)
        return 1.0 - described * heard
