"""What does the simulation of one stack on one air need, worked out once?"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.emulator.stack.air import Air
from gemel.emulator.stack.block import Block, FailureTable, block_for, failure_table
from gemel.emulator.stack.flows import Flow
from gemel.emulator.stack.occasions import TICKS, Calendar, calendar
from gemel.emulator.stack.plan import Plan
from gemel.emulator.stack.processing import processing
from gemel.errors import ScenarioError
from gemel.units import ratio_from_db

NO_LOAD = 1e-6  # keeps a logarithm finite: nobody waits


class Machine(eqx.Module):
    """Numbers as arrays, so that another load or SINR compiles nothing anew.

    Times in ticks. `prepare` and `decode` are of one block at either end; `n1` and `n2`
    as in `processing`; `cipher` at either end.
    """

    calendar: Calendar
    failures: FailureTable
    offset: Int[Array, " packet"]
    prepare: Int[Array, ""]
    decode: Int[Array, ""]
    n1: Int[Array, ""]
    n2: Int[Array, ""]
    cipher: Int[Array, ""]
    poll: Int[Array, ""]
    reordering: Int[Array, ""]
    jitter: Float[Array, ""]
    payload_byte: Float[Array, ""]
    spread: Float[Array, ""]
    header_byte: Float[Array, ""]
    segment_byte: Float[Array, ""]
    mean_sinr: Float[Array, ""]
    k_factor: Float[Array, ""]
    doppler_hz: Float[Array, ""]
    log_load: Float[Array, ""]
    tick_ms: Float[Array, ""]
    uplink: bool = eqx.field(static=True)
    faded: bool = eqx.field(static=True)
    asks: bool = eqx.field(static=True)
    kept: bool = eqx.field(static=True)
    in_order: bool = eqx.field(static=True)
    most_transmissions: int = eqx.field(static=True)
    rounds: int = eqx.field(static=True)
    symbols: int = eqx.field(static=True)
    repetitions: int = eqx.field(static=True)
    cells: int = eqx.field(static=True)
    segments: int = eqx.field(static=True)
    branches: int = eqx.field(static=True)


def ticks(symbols: float) -> Int[Array, ""]:
    """To the next tick, never shorter."""
    return jnp.asarray(int(np.ceil(round(symbols * TICKS, 6))), jnp.int32)


def machine(plan: Plan, air: Air, flow: Flow, packets: int) -> tuple[Machine, Block]:
    """For series of so many packets; ScenarioError where the three do not fit."""
    uplink = air.direction == "ul"
    kept = plan.grant_period_symbols is not None
    if uplink and not kept and plan.request_period_ms is None:
        raise ScenarioError(
            "an uplink packet needs scheduling_request or configured_grant in its "
            "stack. Add one with --add."
        )
    dates, block = calendar(plan, air), block_for(plan, air, flow)
    taken_ms = block.segments * plan.repetitions * air.symbol_ms / dates.data.per_symbol
    if taken_ms > flow.period_ms:
        raise ScenarioError(
            f"a packet takes {taken_ms:.2f} ms to send and the next comes after "
            f"{flow.period_ms:g} ms: the flow does not fit. Give a better SINR, more "
            "resource blocks, or fewer repetitions."
        )
    if kept and block.segments == 1:
        # The next packet must find a kept block of its own.
        apart_ms = air.symbol_ms / dates.kept.per_symbol
        if apart_ms > flow.period_ms:
            raise ScenarioError(
                f"configured blocks are {apart_ms:.2f} ms apart and packets "
                f"{flow.period_ms:g} ms. Give configured_grant a shorter period."
            )
    thinking = processing(plan.capability, air.scs_khz)
    period = flow.period_ms / air.symbol_ms * TICKS

    def number(value: float) -> Float[Array, ""]:
        return jnp.asarray(value, float)

    made = Machine(
        calendar=dates,
        failures=failure_table(block, plan),
        offset=jnp.asarray(np.round(np.arange(packets) * period), jnp.int32),
        prepare=ticks(thinking.prepare),
        decode=ticks(thinking.decode),
        n1=ticks(thinking.n1),
        n2=ticks(thinking.n2),
        cipher=ticks(plan.ciphering_ms(flow.payload_byte) / air.symbol_ms),
        poll=ticks(plan.poll_ms / air.symbol_ms),
        reordering=ticks(plan.reordering_ms / air.symbol_ms),
        jitter=number(flow.jitter_ms / air.symbol_ms * TICKS),
        payload_byte=number(flow.payload_byte),
        spread=number(flow.spread),
        header_byte=number(flow.ip_packets * plan.header_byte(flow.ip_byte)),
        segment_byte=number(block.byte),
        mean_sinr=ratio_from_db(number(air.sinr_db)),
        k_factor=number(air.k_factor),
        doppler_hz=number(air.doppler_hz),
        log_load=jnp.log(number(max(air.load, NO_LOAD))),
        tick_ms=number(air.symbol_ms / TICKS),
        uplink=uplink,
        faded=air.fading != "none",
        asks=uplink and not kept,
        kept=kept,
        in_order=plan.in_order,
        most_transmissions=plan.most_transmissions,
        rounds=1 + plan.more_rounds,
        symbols=plan.symbols,
        repetitions=plan.repetitions,
        cells=plan.cells,
        segments=block.segments,
        branches=air.branches,
    )
    return made, block
