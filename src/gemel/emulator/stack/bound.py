"""What could no protocol do better, on this air and with blocks of this length?

Delay: the packet is prepared at once, nobody asks, nobody else sends, it takes the
first occasion, one transmission of the fewest blocks that hold it, and is decoded. The
moment of arrival is even over the period of the slot pattern, so mean and percentiles
are sums over its ticks. What fails at first arrives, at best, with the next attempt.

Failing: the normal approximation at zero implementation loss (Polyanskiy, Poor, Verdú
2010; see `link_to_system.block_error`) for all repetitions of one attempt, averaged
over the fading; cells fade apart. A stack that tries again is granted that its second
attempt always succeeds.
"""

import dataclasses
import math

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from gemel.emulator.stack.air import Air
from gemel.emulator.stack.block import Block, mean_failing
from gemel.emulator.stack.machine import Machine
from gemel.emulator.stack.occasions import TICKS
from gemel.emulator.stack.packets import again
from gemel.emulator.stack.plan import Plan
from gemel.network.link_to_system.block_error import block_error


@dataclasses.dataclass(frozen=True)
class Bound:
    """Delays in ticks; a percentile is None where more packets are lost than it allows.

    mean:         of the packets that arrive
    percentile:   the one that was asked for
    reliability:  no stack with as many attempts delivers more
    """

    mean: float
    percentile: float | None
    reliability: float


def first_delays(machine: Machine) -> Float[np.ndarray, " phase"]:
    """The least delay of a packet that arrives at each tick of the period, in ticks."""
    data = machine.calendar.data
    phase = jnp.arange(data.first.shape[0] * TICKS, dtype=jnp.int32)
    smallest = float(machine.payload_byte) * (0.5 if float(machine.spread) > 0 else 1.0)
    blocks = math.ceil(
        (smallest + float(machine.header_byte)) / float(machine.segment_byte)
    )
    number = data.at_or_after(phase + machine.cipher + machine.prepare)
    end = data.tick_of(number + blocks - 1) + machine.symbols * TICKS
    return np.asarray(end + machine.decode + machine.cipher - phase, np.float64)


def soonest_again(machine: Machine) -> float:
    """The least time from the end of an attempt to the end of the next, in ticks."""
    if machine.most_transmissions == 1:
        return 0.0
    data = machine.calendar.data
    number = jnp.arange(data.start.shape[0], dtype=jnp.int32)
    end = data.tick_of(number) + machine.symbols * TICKS
    following = data.tick_of(data.at_or_after(again(machine, end)))
    return float((following + machine.symbols * TICKS - end).min())


def bound(plan: Plan, air: Air, machine: Machine, block: Block, share: float) -> Bound:
    """For the percentile that leaves 1 - share of the packets."""
    delays = np.sort(first_delays(machine))
    failing = mean_failing(block, block_error(0.0), air, plan.repetitions) ** plan.cells
    if plan.one_chance:
        kept = share / (1.0 - failing)
        beyond = kept > 1.0
        place = math.ceil(kept * len(delays)) - 1
        tail = None if beyond else float(delays[max(0, place)])
        return Bound(float(delays.mean()), tail, 1.0 - failing)
    later = delays + soonest_again(machine)
    both = np.concatenate([delays, later])
    weight = np.concatenate(
        [np.full(len(delays), 1.0 - failing), np.full(len(later), failing)]
    )
    order = np.argsort(both, kind="stable")
    reached = np.cumsum(weight[order]) / len(delays)
    # Sums of rounded shares end a little below one.
    place = min(int(np.searchsorted(reached, share - 1e-12)), len(both) - 1)
    mean = float((both * weight).sum() / len(delays))
    return Bound(mean, float(both[order][place]), 1.0)
