"""When may something be sent, and when next?

Time runs in ticks, sixteenths of an OFDM symbol, so that half symbols of processing and
microseconds of ciphering are not rounded away. What repeats with the slot pattern is
kept as two small tables.
"""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from gemel.emulator.stack.air import Air
from gemel.emulator.stack.plan import SLOT_SYMBOLS, Plan
from gemel.errors import ScenarioError
from gemel.network.link_to_system.overhead import SlotPattern

TICKS = 16  # of a symbol


class Occasions(eqx.Module):
    """Occasions of one kind, numbered from the first after time zero.

    first:  the number of the first occasion at or after each symbol of the period
    start:  the symbol at which each one begins
    """

    first: Int[Array, " symbol"]
    start: Int[Array, " occasion"]

    def at_or_after(self, tick: Int[Array, "*axes"]) -> Int[Array, "*axes"]:
        """The number of the first occasion that begins at this tick or later."""
        period = self.first.shape[0]
        symbol = (tick + (TICKS - 1)) // TICKS
        turn = symbol // period
        return turn * self.start.shape[0] + self.first[symbol - turn * period]

    def tick_of(self, number: Int[Array, "*axes"]) -> Int[Array, "*axes"]:
        """When this occasion begins."""
        count = self.start.shape[0]
        turn = number // count
        symbol = turn * self.first.shape[0] + self.start[number - turn * count]
        return symbol * TICKS

    @property
    def per_symbol(self) -> float:
        """How many there are, on average."""
        return self.start.shape[0] / self.first.shape[0]


def occasions_at(start: list[int], period: int) -> Occasions:
    """From the symbols at which they begin, in order."""
    first = np.searchsorted(np.asarray(start), np.arange(period))
    return Occasions(jnp.asarray(first, jnp.int32), jnp.asarray(start, jnp.int32))


def open_symbols(air: Air, direction: str) -> Bool[np.ndarray, " symbol"]:
    """Which symbols of the slot pattern belong to this direction."""
    pattern = SlotPattern(air.pattern)
    if not air.pattern.strip("D"):  # FDD: each direction has a band of its own
        return np.ones(SLOT_SYMBOLS * len(air.pattern), bool)
    down = {"D": SLOT_SYMBOLS, "S": pattern.special_symbols, "U": 0}
    up = {"D": 0, "U": SLOT_SYMBOLS}
    up["S"] = SLOT_SYMBOLS - pattern.special_symbols - pattern.guard_symbols
    symbol = np.arange(SLOT_SYMBOLS)
    if direction == "dl":
        slots = [symbol < down[letter] for letter in air.pattern]
    else:
        slots = [symbol >= SLOT_SYMBOLS - up[letter] for letter in air.pattern]
    return np.concatenate(slots)


class Calendar(eqx.Module):
    """All occasions of one stack on one air.

    data:     for a block of the flow
    kept:     for the first block of a packet: those configured, else all
    grant:    for a control message to the phone, which opens a mini-slot or a slot
    answer:   for an acknowledgement, the last symbol of a mini-slot or a slot
    request:  those of the answers at which a phone may ask
    """

    data: Occasions
    kept: Occasions
    grant: Occasions
    answer: Occasions
    request: Occasions


def _starts(
    open_: Bool[np.ndarray, " symbol"], length: int, step: int, skipped: int = 0
) -> list[int]:
    """Symbols from which `length` are open, every `step` of a slot after `skipped`."""
    return [
        slot + symbol
        for slot in range(0, len(open_), SLOT_SYMBOLS)
        for symbol in range(skipped, SLOT_SYMBOLS - length + 1, step)
        if open_[slot + symbol : slot + symbol + length].all()
    ]


def _thinned(starts: list[int], period: int, every: int) -> list[int]:
    """The first at or after each multiple of `every`."""
    wanted = {
        min((start for start in starts if start >= begin), default=None)
        for begin in range(0, period, every)
    }
    return sorted(start for start in wanted if start is not None)


def calendar(plan: Plan, air: Air) -> Calendar:
    """Raises ScenarioError where the pattern leaves no place."""
    request = round((plan.request_period_ms or air.slot_ms) / air.symbol_ms)
    kept = plan.grant_period_symbols or SLOT_SYMBOLS
    pattern = SLOT_SYMBOLS * len(air.pattern)
    period = math.lcm(pattern, request, kept)
    if period > 1_000 * SLOT_SYMBOLS:
        raise ScenarioError(
            f"pattern {air.pattern}, requests every {request} symbols and grants every "
            f"{kept} repeat only after {period} symbols. Give periods that fit."
        )
    times = period // pattern
    up, down = (np.tile(open_symbols(air, one), times) for one in ("ul", "dl"))
    step = plan.symbols
    data = _starts(up if air.direction == "ul" else down, step, step)
    answer = _starts(up, 1, step, step - 1)
    configured = plan.grant_period_symbols is not None
    starts = {
        "data": data,
        "kept": _thinned(data, period, kept) if configured else data,
        "grant": _starts(down, 1, step),
        "answer": answer,
        "request": _thinned(answer, period, request),
    }
    for name, found in starts.items():
        if not found:
            raise ScenarioError(
                f"pattern {air.pattern} has no place for {name} of {step} symbols. "
                "Give another pattern, or add mini_slot."
            )
    return Calendar(**{name: occasions_at(at, period) for name, at in starts.items()})
