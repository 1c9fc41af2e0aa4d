"""How do users come to a connection and lose it again, tick by tick?

IDLE and INACTIVE users with data go ACCESSING and, heard and seated, CONNECTED; a
connection without data is suspended (INACTIVE) and later forgotten (IDLE). A connection
that lost its link goes ACCESSING again. Everything within a tick happens at its
millisecond: a tick may hold several attempts, and what is left of a wait is carried
over, so the length of a tick does not lengthen an access.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from gemel.emulator.access.admission import admitted
from gemel.emulator.access.contention import contend
from gemel.emulator.access.counters import AccessCounters, counted
from gemel.emulator.access.rules import (
    ACCESSING,
    CONNECTED,
    IDLE,
    INACTIVE,
    REESTABLISH,
    RESUME,
    SETUP,
    AccessRules,
)
from gemel.emulator.access.state import AccessState
from gemel.emulator.traffic.luck import bits_of, seed_of

START = 9  # purpose of luck


def access_step(
    rules: AccessRules,
    state: AccessState,
    has_data: Bool[Array, " user"],
    serving: Int[Array, " user"],
    reachable: Bool[Array, " user"],
    admits: Int[Array, " cell"],
    rehome: Bool[Array, " user"],
    key: PRNGKeyArray,
    now_ms: Int[Array, ""],
    tick_ms: int,
) -> tuple[AccessState, Bool[Array, " user"], AccessCounters]:
    """One tick; says who is connected at its end.

    has_data:   waits in either direction
    serving:    camped on or connected to; -1 for none
    reachable:  the serving cell is awake and hears the user
    admits:     seats beside those of users who are CONNECTED
    rehome:     a connected user lost his link and asks `serving` to go on
    """
    cells = admits.shape[0]
    seed = seed_of(key)
    state = _begin(rules, state, has_data, serving, rehome, seed, tick_ms)
    accessing = state.phase == ACCESSING
    tried = contend(
        rules,
        accessing & ~state.granted,
        state.due_ms,
        state.attempts,
        serving,
        reachable,
        cells,
        seed,
        now_ms,
        tick_ms,
    )
    heard = tried.heard_ms >= 0
    # Seats of those who are still signalling are taken, though nobody sits there yet.
    seated = jnp.where(state.granted, serving, cells)
    taken = jnp.zeros(cells + 1, jnp.int32).at[seated].add(1)[:cells]
    new = admitted(heard, tried.heard_ms, serving, admits - taken)
    refused, given_up = heard & ~new, tried.given_up_ms >= 0

    def of_cause(setup: int, resume: int, reestablish: int) -> Int[Array, " user"]:
        some = jnp.where(state.cause == RESUME, resume, reestablish)
        return jnp.where(state.cause == SETUP, setup, some)

    lasts_ms = of_cause(rules.setup_ms, rules.resume_ms, rules.reestablish_ms)
    granted = state.granted | new
    due_ms = jnp.where(
        new, tried.heard_ms + lasts_ms, jnp.where(granted, state.due_ms, tried.due_ms)
    )
    done = granted & (due_ms <= tick_ms)
    # Out of CONNECTED there is nothing to fall back to but IDLE.
    fallback = of_cause(IDLE, INACTIVE, IDLE)
    phase = jnp.where(refused | given_up, fallback, state.phase)
    phase = jnp.where(done, CONNECTED, phase)
    barred_ms = jnp.where(
        refused,
        tried.heard_ms + rules.refused_ms,
        jnp.where(given_up, tried.given_up_ms + rules.given_up_ms, state.barred_ms),
    )
    quiet_ms, phase, released = _let_go(rules, state, phase, has_data, done, tick_ms)
    after = AccessState(
        phase=phase,
        quiet_ms=quiet_ms,
        barred_ms=jnp.maximum(barred_ms - tick_ms, 0),
        cause=state.cause,
        due_ms=due_ms - tick_ms,
        attempts=tried.attempts,
        spent_ms=state.spent_ms + tick_ms,
        granted=granted & ~done,
        cell=jnp.where(new, serving, state.cell),
    )
    connected = phase == CONNECTED

    def once(*conditions: Array) -> Int[Array, " user"]:
        return jnp.where(jnp.stack(conditions).all(0), 1, 0).astype(jnp.int32)

    counters = counted(
        {
            "conn_estab_att": once(heard, state.cause == SETUP),
            "conn_estab_succ": once(done, state.cause == SETUP),
            "resume_att": once(heard, state.cause == RESUME),
            "resume_succ": once(done, state.cause == RESUME),
            "reestab_att": once(heard, state.cause == REESTABLISH),
            "reestab_succ": once(done, state.cause == REESTABLISH),
            "preambles": tried.sent,
            "collisions": tried.collided,
            "releases": once(released),
            "refused": once(refused),
            "given_up": once(given_up),
            "access_ms": jnp.where(done, state.spent_ms + due_ms, 0),
            "connected_ms": once(connected) * tick_ms,
            "inactive_ms": once(phase == INACTIVE) * tick_ms,
            "max_connected": once(connected),
        },
        serving,
        cells,
    )
    return after, connected, counters


def _begin(
    rules: AccessRules,
    state: AccessState,
    has_data: Bool[Array, " user"],
    serving: Int[Array, " user"],
    rehome: Bool[Array, " user"],
    seed: Array,
    tick_ms: int,
) -> AccessState:
    """Who starts an access in this tick, and from which millisecond on."""
    resting = (state.phase == IDLE) | (state.phase == INACTIVE)
    begins = resting & has_data & (state.barred_ms < tick_ms) & (serving >= 0)
    lost = rehome & (state.phase == CONNECTED)
    starts = begins | lost
    # Data come at any time between two occasions, not only when a tick begins.
    bits = bits_of(seed, START, has_data.shape[0])[0]
    chance_ms = (bits % np.uint32(rules.occasion_ms)).astype(jnp.int32)
    from_ms = chance_ms + jnp.where(lost, 0, state.barred_ms)
    cause = jnp.where(state.phase == INACTIVE, RESUME, SETUP)
    # Who moved on to another cell has no seat there.
    moved = state.granted & (serving != state.cell)
    return eqx.tree_at(
        lambda s: (
            s.phase,
            s.cause,
            s.due_ms,
            s.attempts,
            s.spent_ms,
            s.granted,
            s.barred_ms,
        ),
        state,
        (
            jnp.where(starts, ACCESSING, state.phase),
            jnp.where(starts, jnp.where(lost, REESTABLISH, cause), state.cause),
            jnp.where(starts, from_ms, jnp.where(moved, 0, state.due_ms)),
            jnp.where(starts, 0, state.attempts),
            jnp.where(starts, -from_ms, state.spent_ms),
            state.granted & ~moved & ~starts,
            jnp.where(starts, 0, state.barred_ms),
        ),
    )


def _let_go(
    rules: AccessRules,
    state: AccessState,
    phase: Int[Array, " user"],
    has_data: Bool[Array, " user"],
    done: Bool[Array, " user"],
    tick_ms: int,
) -> tuple[Int[Array, " user"], Int[Array, " user"], Bool[Array, " user"]]:
    """Time without data, the phase after it, and whose connection was suspended."""
    connected = phase == CONNECTED
    busy = done | (connected & has_data)
    waits = (connected | (phase == INACTIVE)) & ~busy
    quiet_ms = jnp.where(waits, state.quiet_ms + tick_ms, 0)
    released = connected & (quiet_ms >= rules.inactivity_ms)
    forgotten = (phase == INACTIVE) & (quiet_ms >= rules.inactive_ms)
    phase = jnp.where(released, INACTIVE, jnp.where(forgotten, IDLE, phase))
    return jnp.where(released | forgotten, 0, quiet_ms), phase, released
