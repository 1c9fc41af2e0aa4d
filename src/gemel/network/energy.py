"""What power does a radio unit draw at this load, asleep or awake?

TR 38.864: idle symbols cost micro-sleep power P3 (table 5.1-3), busy ones the transmit
power P_DL = P3 + s_a (P4 - P3) [A + (s_f s_p / eta)(1 - A)] with A = 0.4, receiving
ones P5. Sleep is deep sleep P1, and each round trip to it costs the energy of table
5.1-5.
The unit is relative; `Carriers.watts_per_unit` turns it into watts. What a site draws
besides its radios (baseband, rectifiers, cooling) is `SITE_OVERHEAD_W`, alike in any
life, and always shown apart.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.network.carriers import Carriers

SITE_OVERHEAD_W = 250.0  # assumption: an outdoor macro site without active cooling
DEEP_SLEEP = 1.0  # P1, table 5.1-3
STATIC_SHARE = 0.4  # A
NARROW_EFFICIENCY = 0.76  # eta where s_f s_p < 0.5; 1 elsewhere
DEEP_TRANSITION_UNIT_S = 1.0  # 1,000 unit x ms down and up together, category 1
ALWAYS_ON_SYMBOLS = 0.07  # SSB bursts every 20 ms and system information
ALWAYS_ON_PRB = 20.0  # of one SSB, TS 38.211 clause 7.4.3.1


def power_w(
    carriers: Carriers, load: Float[Array, " cell"], awake: Bool[Array, " cell"]
) -> Float[Array, " cell"]:
    """Watts of every cell, each with its own carrier; load is 0..1 of the blocks."""
    share = jnp.minimum(ALWAYS_ON_PRB / carriers.prb, 1.0)  # s_f s_p
    efficiency = jnp.where(share < 0.5, NARROW_EFFICIENCY, 1.0)
    narrow = STATIC_SHARE + (1.0 - STATIC_SHARE) * share / efficiency
    rise = carriers.downlink - carriers.micro
    always_on = ALWAYS_ON_SYMBOLS * narrow
    sending = carriers.downlink_share * (always_on + (1.0 - ALWAYS_ON_SYMBOLS) * load)
    # Uplink symbols of a TDD carrier are assumed as busy as its downlink; FDD uplink is
    # neglected, as TR 38.864 does.
    receiving = (1.0 - carriers.downlink_share) * load
    units = (
        carriers.micro + sending * rise + receiving * (carriers.uplink - carriers.micro)
    )
    return carriers.watts_per_unit * jnp.where(awake, units, DEEP_SLEEP)


def transition_j(carriers: Carriers) -> Float[Array, " cell"]:
    """Joules of going to deep sleep and coming back, once."""
    return carriers.watts_per_unit * DEEP_TRANSITION_UNIT_S
