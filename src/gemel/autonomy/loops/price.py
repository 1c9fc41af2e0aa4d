"""What does a watt cost, if this cell sleeps for it?

Every target has some room left; a cell's price is the share of each room that its sleep
uses up, added over the targets, for one watt saved. Where a target has no room, what
uses it is dear, not forbidden: a search decides, this only says where to look first.
"""

import numpy as np
from jaxtyping import Float

from gemel.twin.takeover import Takeover
from gemel.units import BIT_PER_KBIT

# The least room that is reckoned with, so that no price is infinite.
LEAST_KBPS = 2_000.0
LEAST_POINTS = 0.2


def price_per_watt(
    sleep: Takeover, room: dict[str, float], volume_bps: float
) -> Float[np.ndarray, " cell"]:
    """Price of every cell; the cheapest should sleep first.

    room:        how far inside its threshold each target is, by name, in its unit
    volume_bps:  carried by the whole network
    """
    lost, slowed = np.asarray(sleep.lost), np.asarray(sleep.slowed)
    price = np.zeros(lost.size)
    if "AveDLRANUEThpt" in room:
        kbps = lost / max(volume_bps, 1.0) / BIT_PER_KBIT
        price += kbps / max(room["AveDLRANUEThpt"], LEAST_KBPS)
    if "LowDLRANUEThptRatio" in room:
        points = 100.0 * slowed / lost.size
        price += points / max(room["LowDLRANUEThptRatio"], LEAST_POINTS)
    return price / np.maximum(np.asarray(sleep.saved_w), 1e-3)
