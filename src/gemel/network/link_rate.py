"""How many bits does a signal-to-interference ratio carry, over how many streams?

One question with four answers. In all of them more interference means fewer bits and
never a user less: the fixed point of the loads needs that.
"""

import abc
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.network.link_to_system.efficiency_curve import (
    EfficiencyCurve,
    efficiency_curve,
    table_efficiency,
)
from gemel.network.link_to_system.shannon_gap import ShannonGap
from gemel.network.link_to_system.slot_curve import slot_curve

ALPHA = 0.6
HIGHEST_BPS_PER_HZ = 7.4063 * ALPHA
DATA_SHARE = 1.0 - 0.14  # TS 38.306 clause 4.1.2: overhead of the downlink in FR1
SLOT_DATA_SHARE = 132.0 / 168.0  # 14 symbols less two of control and one of DM-RS


class AbstractLinkRate(eqx.Module):
    """From a ratio to bits."""

    @abc.abstractmethod
    def spectral_efficiency(
        self, sinr: Float[Array, "*axes"], streams: Float[Array, "*axes"]
    ) -> Float[Array, "*axes"]:
        """bit/s/Hz over all streams, from the ratio (not dB) before the power is
        split."""


class Attenuated(AbstractLinkRate):
    """The attenuated Shannon bound of TR 36.942 clause A.2 (alpha 0.6 downlink), which
    counts all overhead, capped at the highest efficiency of 256QAM (TS 38.214 table
    5.1.3.1-2: 7.4063 bit/s/Hz) times the same alpha. The reference lets nothing through
    below -10 dB; here the curve goes on."""

    def spectral_efficiency(
        self, sinr: Float[Array, "*axes"], streams: Float[Array, "*axes"]
    ) -> Float[Array, "*axes"]:
        one_of_many = jnp.minimum(
            ALPHA * jnp.log2(1.0 + sinr / streams), HIGHEST_BPS_PER_HZ
        )
        return streams * one_of_many


class ByGap(AbstractLinkRate):
    """The bound that lies closest to the tables: their form at a logarithm's price."""

    gap: ShannonGap

    def spectral_efficiency(
        self, sinr: Float[Array, "*axes"], streams: Float[Array, "*axes"]
    ) -> Float[Array, "*axes"]:
        return DATA_SHARE * streams * self.gap.read(sinr / streams)


class ByTables(AbstractLinkRate):
    """Schemes, block errors and HARQ of `link_to_system`, as one curve."""

    curve: EfficiencyCurve

    def spectral_efficiency(
        self, sinr: Float[Array, "*axes"], streams: Float[Array, "*axes"]
    ) -> Float[Array, "*axes"]:
        return DATA_SHARE * table_efficiency(self.curve, sinr, streams)


class BySlots(AbstractLinkRate):
    """What a slot-by-slot network carries on average over its fading, where data has
    what control channel and DM-RS leave of a slot."""

    curve: EfficiencyCurve

    def spectral_efficiency(
        self, sinr: Float[Array, "*axes"], streams: Float[Array, "*axes"]
    ) -> Float[Array, "*axes"]:
        return SLOT_DATA_SHARE * table_efficiency(self.curve, sinr, streams)


LINK_RATES: dict[str, Callable[[], AbstractLinkRate]] = {
    "attenuated": Attenuated,
    "gap": lambda: ByGap(ShannonGap()),
    "slots": lambda: BySlots(slot_curve()),
    "tables": lambda: ByTables(efficiency_curve()),
}
