"""What do the books of a period say in the words of TS 28.552?

Slots, blocks and queues are counted only while slots are lived. Where that is a share
of the period, their counts are of that share, and their rates and means over it;
handovers are counted at the tempo of ticks, too.
"""

import dataclasses

import numpy as np
from jaxtyping import Float

from gemel.emulator.access.counters import MEASUREMENTS
from gemel.emulator.mobility.counters import STANDARD_NAMES
from gemel.emulator.slot.plan import UNITS_PER_MS
from gemel.emulator.tempos.engine import Engine
from gemel.emulator.tempos.life import Books
from gemel.units import BIT_PER_KBIT

MS_PER_S = 1e3
BITS = 8  # of a byte
TENTHS = 10.0  # of a millisecond: the unit of delays, clause 5.1.3.3.3
PER_MILLION = 1e6  # in which drop rates are told, clause 5.1.3.2.2

# What is measured, and the sum that it is, of the downlink and of the uplink.
BLOCKS = {
    "TB.TotNbrDlInitial": "down.first",
    "TB.IntialErrNbrDl": "down.first_failed",  # the standard's own spelling
    "TB.TotNbrDl": "down.sent",
    "TB.ErrTotNbrDl": "down.failed",
    "TB.ResidualErrNbrDl": "down.given_up",
    "TB.TotNbrUlInit": "up.first",
    "TB.ErrNbrUlInitial": "up.first_failed",
    "TB.TotNbrUl": "up.sent",
    "TB.ErrTotNbrUl": "up.failed",
    "TB.ResidualErrNbrUl": "up.given_up",
}
MEANS = ("RRC.ConnMean", "RRC.InactiveConnMean")  # the others of access are counts


@dataclasses.dataclass(frozen=True)
class Frame:
    """How the slots of every cell are laid out.

    prb:        resource blocks of its carrier
    down_per_s, up_per_s: slots of a second that carry any of the direction
    """

    prb: Float[np.ndarray, " cell"]
    down_per_s: Float[np.ndarray, " cell"]
    up_per_s: Float[np.ndarray, " cell"]


def frame_of(engine: Engine) -> Frame:
    """The carriers of this equipment, cell by cell."""
    cells = sum(len(layer.own) for layer in engine.layers)
    prb, down_per_s, up_per_s = (np.zeros(cells) for _ in range(3))
    for layer in engine.layers:
        plan, own = layer.plan, layer.cells
        patterns_per_s = MS_PER_S * plan.slots_per_ms / len(plan.letters)
        prb[own] = plan.prb
        down_per_s[own] = patterns_per_s * len(plan.down)
        up_per_s[own] = patterns_per_s * len(plan.up)
    return Frame(prb, down_per_s, up_per_s)


def measured(books: Books, frame: Frame) -> dict[str, Float[np.ndarray, " cell"]]:
    """Every measurement that the books have the sums of; NaN where a mean is of
    nothing."""
    told = {
        name: _sum([books[f"moves.{part}"] for part in parts])
        for name, parts in STANDARD_NAMES.items()
    }
    told["DRB.PdcpSduVolumeDL"] = books["lived.volume_bit"] / BIT_PER_KBIT
    slot_s = float(books["lived.slot_ms"]) / MS_PER_S
    if slot_s > 0.0:
        told |= {name: books[part].astype(np.float64) for name, part in BLOCKS.items()}
        told |= _of_direction(books, "down", "Dl", frame.down_per_s, slot_s, frame.prb)
        told |= _of_direction(books, "up", "Ul", frame.up_per_s, slot_s, frame.prb)
        told |= _of_queues(books)
        told |= _of_access(books, slot_s)
    return told


def _of_direction(
    books: Books,
    way: str,
    suffix: str,
    slots_per_s: Float[np.ndarray, " cell"],
    slot_s: float,
    prb: Float[np.ndarray, " cell"],
) -> dict[str, Float[np.ndarray, " cell"]]:
    slots = slots_per_s * slot_s
    used = books[f"{way}.prb"] / slots
    # Between two slots of a direction a user waits for the next one of it.
    busy_s = books[f"{way}.busy"] / slots_per_s
    busy_kbit = books[f"{way}.busy_byte"] * (BITS / BIT_PER_KBIT)
    told = {
        f"RRU.PrbUsed{suffix}": used,
        f"RRU.PrbAvail{suffix}": prb,
        f"DRB.UEThp{suffix}": _mean(busy_kbit, busy_s),
        f"DRB.MeanActiveUe{suffix}": books[f"{way}.waiting"] / slots,
    }
    if way == "up":  # of the downlink every tempo knows the load, common channels too
        told["RRU.PrbTotUl"] = 100.0 * used / prb
    return told


def _of_queues(books: Books) -> dict[str, Float[np.ndarray, " cell"]]:
    """Delays are those of bursts; what is dropped is told by volume."""
    waited = books["down.waited"] * (TENTHS / UNITS_PER_MS)
    dropped = PER_MILLION * books["down.dropped_byte"]
    return {
        "DRB.PdcpSduVolumeUL": books["up.delivered_byte"] * (BITS / BIT_PER_KBIT),
        "DRB.RlcSduDelayDl": _mean(waited, books["down.bursts"]),
        "DRB.RlcPacketDropRateDl": _mean(dropped, books["down.offered_byte"]),
    }


def _of_access(books: Books, slot_s: float) -> dict[str, Float[np.ndarray, " cell"]]:
    told = {}
    for name, (field, _, _) in MEASUREMENTS.items():
        value = books[f"access.{field}"].astype(np.float64)
        told[name] = value / (MS_PER_S * slot_s) if name in MEANS else value
    return told


def _sum(parts: list[np.ndarray]) -> Float[np.ndarray, " cell"]:
    return np.stack(parts).sum(0).astype(np.float64)


def _mean(sums: np.ndarray, count: np.ndarray) -> Float[np.ndarray, " cell"]:
    means: Float[np.ndarray, " cell"] = np.full(sums.shape, np.nan)
    np.divide(sums, count, out=means, where=count > 0)
    return means
