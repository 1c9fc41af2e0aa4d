"""How does one stack carry one flow over one air, over millions of packets?"""

import dataclasses
import math
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Float

from gemel.emulator.stack.air import Air
from gemel.emulator.stack.block import Block
from gemel.emulator.stack.bound import Bound, bound
from gemel.emulator.stack.flows import Flow
from gemel.emulator.stack.in_order import NEVER
from gemel.emulator.stack.machine import Machine, machine
from gemel.emulator.stack.occasions import TICKS
from gemel.emulator.stack.packets import PACKETS, SERIES, WARM, one_chunk
from gemel.emulator.stack.plan import Plan
from gemel.emulator.stack.profiles import Profile, compose
from gemel.emulator.stack.resources import Resources, resources
from gemel.emulator.stack.tally import Counting, Estimate, Tally
from gemel.errors import ScenarioError

COUNTED = SERIES * (PACKETS - WARM)  # packets of a chunk
TAIL = 0.99999
Tell = Callable[[float], None]


@dataclasses.dataclass(frozen=True)
class Carried:
    """What became of the packets, and what could at best have become of them.

    segments:  of a packet, on average
    attempts:  of a packet: transmissions with their repetitions, copies counted
    """

    plan: Plan
    air: Air
    flow: Flow
    block: Block
    bound: Bound
    tick_ms: float
    tally: Tally
    resources: Resources
    segments: float
    attempts: float

    @property
    def header_byte(self) -> float:
        """Of a packet with all its IP packets, blocks and segments, mean."""
        block, plan = self.block, self.plan
        on_ip = self.flow.ip_packets * plan.header_byte(self.flow.ip_byte)
        long = block.byte > 255
        more = plan.segment_byte if block.segments > 1 else 0.0
        return on_ip + self.segments * (plan.block_byte[long] + more)

    @property
    def overhead(self) -> float:
        """Headers over all that is sent, 0..1."""
        return self.header_byte / (self.header_byte + self.flow.payload_byte)

    @property
    def mean_ms(self) -> Estimate:
        return self._ms(self.tally.mean_delay())

    @property
    def tail_ms(self) -> Estimate:
        return self._ms(self.tally.percentile(TAIL))

    @property
    def least_mean_ms(self) -> float:
        return self.bound.mean * self.tick_ms

    @property
    def least_tail_ms(self) -> float | None:
        tail = self.bound.percentile
        return None if tail is None else tail * self.tick_ms

    def exceeding(
        self,
    ) -> tuple[Float[np.ndarray, " step"], Float[np.ndarray, " step"]]:
        """Delays in ms, and the share of packets later than each, or lost."""
        share = self.tally.exceeding()
        return np.arange(len(share)) * self.tick_ms, share

    def _ms(self, ticks: Estimate) -> Estimate:
        def scaled(value: float | None) -> float | None:
            return None if value is None else value * self.tick_ms

        return Estimate(scaled(ticks.value), scaled(ticks.low), scaled(ticks.high))


def carry(
    profile: Profile,
    flow: Flow,
    air: Air,
    packets: int,
    seed: int,
    tell: Tell = lambda share: None,
) -> Carried:
    """At least so many packets, in whole chunks of 114,688.

    Raises ScenarioError where profile, flow and air do not fit.
    """
    if packets < 1:
        raise ScenarioError(f"{packets} packets say nothing. Give 1 or more.")
    plan = compose(profile)
    made, block = machine(plan, air, flow, PACKETS)
    _refuse_overflow(made, plan)
    tick_ms = air.symbol_ms / TICKS
    counting = Counting(flow.budget_ms / tick_ms + 1e-3, NEVER)
    chunks = math.ceil(packets / COUNTED)
    spent = np.zeros(3)
    key = jax.random.key(seed)
    for number in range(chunks):
        chunk = one_chunk(made, jax.random.fold_in(key, number))
        counting.add(np.asarray(chunk.delay))
        spent += [
            float(part) for part in (chunk.attempts, chunk.firsts, chunk.segments)
        ]
        tell((number + 1) / chunks)
    attempts, rounds, segments = (spent / counting.packets).tolist()
    per_packet = attempts, rounds, segments
    return Carried(
        plan=plan,
        air=air,
        flow=flow,
        block=block,
        bound=bound(plan, air, made, block, TAIL),
        tick_ms=tick_ms,
        tally=counting.tally(),
        resources=resources(plan, air, flow, made, block, per_packet),
        segments=segments / plan.cells,
        attempts=attempts,
    )


def _refuse_overflow(machine: Machine, plan: Plan) -> None:
    """Ticks are whole numbers of 32 bit: a series must end long before NEVER."""
    end = int(machine.offset[-1]) + plan.more_rounds * int(machine.poll)
    if end + int(machine.reordering) > NEVER // 2:
        raise ScenarioError(
            "a series of packets lasts too long to be counted in ticks of 32 bit. "
            "Give a shorter period of the flow, or fewer and shorter rounds of arq."
        )
