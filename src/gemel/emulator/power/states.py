"""In which state of power is each cell, and what did it draw in this tick?

TR 38.864 clause 5.1. On the air a cell is in micro sleep P3 between symbols, sends at
P_DL = P3 + s_a (P4 - P3) [A + (s_f s_p / eta)(1 - A)] and receives at P5. The way into
sleep and out of it takes its time and its extra energy, beside the power of the sleep
it leads to. A tick may be longer than a way, so every tick is cut where states change:
the same life costs the same at any length of tick.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.power.rules import PowerRules
from gemel.network.energy import (
    ALWAYS_ON_PRB,
    ALWAYS_ON_SYMBOLS,
    NARROW_EFFICIENCY,
    STATIC_SHARE,
)

ACTIVE, FALLING, LIGHT, DEEP, RISING, LEAVING = range(6)
# From rising through all the others to deep sleep: the most changes one tick can see.
MOST_CHANGES = 7


class PowerState(eqx.Module):
    """What changes.

    phase:         ACTIVE … LEAVING; LEAVING is on the air, but about to go
    remaining_ms:  until the phase ends by itself; 0 where it does not
    shallow:       the way (FALLING, RISING) is to or from light sleep
    """

    phase: Int[Array, " cell"]
    remaining_ms: Int[Array, " cell"]
    shallow: Bool[Array, " cell"]

    @property
    def on_air(self) -> Bool[Array, " cell"]:
        """It can be heard."""
        return (self.phase == ACTIVE) | (self.phase == LEAVING)

    @property
    def leaving(self) -> Bool[Array, " cell"]:
        """It can be heard, and whom it serves should go elsewhere."""
        return self.phase == LEAVING


def power_state_of(awake: Bool[Array, " cell"]) -> PowerState:
    """Everybody where the controls want them, and long since."""
    phase = jnp.where(awake, ACTIVE, DEEP).astype(jnp.int32)
    return PowerState(phase, jnp.zeros_like(phase), jnp.zeros_like(awake))


def power_step(
    rules: PowerRules,
    state: PowerState,
    wanted_awake: Bool[Array, " cell"],
    sending_share: Float[Array, " cell"],
    block_share: Float[Array, " cell"],
    receiving_share: Float[Array, " cell"],
    tick_ms: int,
    broken: Bool[Array, " cell"] | None = None,
) -> tuple[PowerState, Float[Array, " cell"], Bool[Array, " cell"]]:
    """One tick on: the state after it, joules drawn in it, and who is then on the air.

    sending_share:    of the tick's downlink symbols, those that carried data; what is
                      broadcast is added here, as `network.energy` adds it. Load is
                      sending_share × block_share / (1 - ALWAYS_ON_SYMBOLS)
    block_share:      of the band, where data was sent (s_f s_p)
    receiving_share:  of the tick's uplink symbols
    broken:           off the air at once and without notice, until it is mended
    """
    sent = state.on_air
    if broken is not None:
        wanted_awake = wanted_awake & ~broken
        still = jnp.where(broken, DEEP, state.phase).astype(jnp.int32)
        remaining_ms = jnp.where(broken, 0, state.remaining_ms).astype(jnp.int32)
        state = PowerState(still, remaining_ms, state.shallow & ~broken)
        sent = sent & ~broken
    unit_ms = on_air_ms = jnp.zeros_like(rules.deep)
    left_ms = jnp.full_like(state.remaining_ms, tick_ms)
    for _ in range(MOST_CHANGES):
        state, extra = _changed(rules, state, wanted_awake)
        settled = jnp.where(wanted_awake, state.phase == ACTIVE, state.phase == DEEP)
        # Who is wanted awake stays in no sleep until its time is over.
        called = wanted_awake & (state.phase == LIGHT)
        ends_ms = jnp.where(called, 0, jnp.minimum(state.remaining_ms, left_ms))
        spent_ms = jnp.where(settled, left_ms, ends_ms)
        spent = spent_ms.astype(rules.deep.dtype)
        unit_ms = unit_ms + extra + _idle(rules, state) * spent
        on_air_ms = on_air_ms + jnp.where(state.on_air, spent, 0.0)
        ends_ms = jnp.maximum(state.remaining_ms - spent_ms, 0)
        state = PowerState(state.phase, ends_ms, state.shallow)
        left_ms = left_ms - spent_ms
    # A way that ended with the tick has ended: nobody waits a tick for the answer.
    ended, extra = _changed(rules, state, wanted_awake)
    way = (state.phase == FALLING) | (state.phase == RISING)
    ends = (way | state.leaving) & (state.remaining_ms == 0)
    state = jax.tree.map(lambda new, old: jnp.where(ends, new, old), ended, state)
    unit_ms = unit_ms + jnp.where(ends, extra, 0.0)
    data = _data(rules, sending_share, block_share, receiving_share)
    unit_ms = unit_ms + _broadcast(rules) * on_air_ms
    unit_ms = unit_ms + jnp.where(sent, data * tick_ms, 0.0)
    return state, 1e-3 * rules.watts_per_unit * unit_ms, state.on_air


def sending_effort(block_share: Float[Array, " cell"]) -> Float[Array, " cell"]:
    """A + (s_f s_p / eta)(1 - A): between nothing and full power, of one symbol."""
    efficiency = jnp.where(block_share < 0.5, NARROW_EFFICIENCY, 1.0)
    return STATIC_SHARE + (1.0 - STATIC_SHARE) * block_share / efficiency


def _data(
    rules: PowerRules,
    sending_share: Float[Array, " cell"],
    block_share: Float[Array, " cell"],
    receiving_share: Float[Array, " cell"],
) -> Float[Array, " cell"]:
    """Mean power of sending and receiving data, above micro sleep."""
    sending = rules.downlink_share * sending_share * sending_effort(block_share)
    receiving = (1.0 - rules.downlink_share) * receiving_share
    rise, lift = rules.downlink - rules.micro, rules.uplink - rules.micro
    return sending * rise + receiving * lift


def _broadcast(rules: PowerRules) -> Float[Array, " cell"]:
    """Mean power of SSB and system information, above micro sleep."""
    effort = sending_effort(jnp.minimum(ALWAYS_ON_PRB / rules.prb, 1.0))
    rise = rules.downlink - rules.micro
    return rules.downlink_share * ALWAYS_ON_SYMBOLS * effort * rise


def _idle(rules: PowerRules, state: PowerState) -> Float[Array, " cell"]:
    """Power of a phase in which nothing is sent."""
    way = (state.phase == FALLING) | (state.phase == RISING)
    light = (state.phase == LIGHT) | (way & state.shallow)
    return jnp.where(
        state.on_air, rules.micro, jnp.where(light, rules.light, rules.deep)
    )


def _changed(
    rules: PowerRules, state: PowerState, wanted: Bool[Array, " cell"]
) -> tuple[PowerState, Float[Array, " cell"]]:
    """The next phase where one is due, and the extra energy of the way begun."""
    phase, shallow = state.phase, state.shallow
    due = state.remaining_ms == 0
    told = (phase == ACTIVE) & ~wanted
    stays = (phase == LEAVING) & wanted
    first = (phase == LEAVING) & ~wanted & due
    deeper = (phase == LIGHT) & ~wanted & due
    asleep = (phase == FALLING) & due
    wakes = ((phase == LIGHT) | (phase == DEEP)) & wanted
    risen = (phase == RISING) & due
    holds = rules.hold_ms > 0
    from_light = phase == LIGHT

    way_ms = jnp.where(holds, rules.light_ms, rules.deep_ms)
    way_ms = jnp.where(deeper, rules.deep_ms - rules.light_ms, way_ms)
    up_ms = jnp.where(from_light, rules.light_ms, rules.deep_ms)
    extra = jnp.where(holds, rules.light_unit_ms, rules.deep_unit_ms)
    extra = jnp.where(deeper, rules.deep_unit_ms - rules.light_unit_ms, extra)
    up_extra = jnp.where(from_light, rules.light_unit_ms, rules.deep_unit_ms)

    # At most one holds of each cell.
    moves = (
        (told, LEAVING, rules.notice_ms),
        (stays | risen, ACTIVE, jnp.zeros_like(phase)),
        (first | deeper, FALLING, way_ms),
        (asleep & shallow, LIGHT, rules.hold_ms),
        (asleep & ~shallow, DEEP, jnp.zeros_like(phase)),
        (wakes, RISING, up_ms),
    )
    after, remaining_ms = phase, state.remaining_ms
    for holds_of, to, lasts_ms in moves:
        after = jnp.where(holds_of, to, after)
        remaining_ms = jnp.where(holds_of, lasts_ms, remaining_ms)
    shallow = jnp.where(first, holds, jnp.where(wakes, from_light, shallow & ~deeper))
    paid = jnp.where(first | deeper, extra, jnp.where(wakes, up_extra, 0.0))
    after = after.astype(jnp.int32)
    return PowerState(after, remaining_ms.astype(jnp.int32), shallow), paid
