"""How do the rows of all carriers become sums of the network's cells?"""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.emulator.slot.plan import TICK_MS, SlotPlan
from gemel.emulator.slot.transmission import Heard
from gemel.emulator.tempos.carrying import LayerTick
from gemel.emulator.tempos.engine import Engine, LayerSlots
from gemel.emulator.tempos.sums import OfFlows, Way


def gathered(
    layers: tuple[LayerSlots, ...], ticks: list[LayerTick], cells: int
) -> tuple[
    tuple[Way, Way],
    tuple[OfFlows, OfFlows],
    Float[Array, " user"],
    Float[Array, " user"],
]:
    """From the rows of carriers to cells and users: both directions of either, bytes
    that users got down, and slots in which something waited for them there."""
    order = np.argsort(np.concatenate([layer.cells for layer in layers]))

    def heard(tick: LayerTick, way: int) -> Heard:
        return tick.lived.up if way else tick.lived.down

    def of_cells(value: Callable[[LayerTick], Array]) -> Array:
        return jnp.concatenate([value(tick) for tick in ticks])[order]

    def of_users(value: Callable[[LayerTick], Array]) -> Array:
        return jnp.stack([value(tick) for tick in ticks]).sum(0)

    def back(value: Callable[[LayerTick], Array]) -> Array:
        """Of rows to users; who sat nowhere has nothing."""
        nobody = jnp.zeros_like(ticks[0].roster.seat)
        return of_users(lambda tick: tick.roster.returned(value(tick), nobody))

    def way(number: int) -> Way:
        def rows(name: str) -> Array:
            return of_cells(lambda tick: getattr(heard(tick, number), name).sum(0))

        def told(name: str) -> Array:
            return of_cells(lambda tick: getattr(heard(tick, number).told, name).sum(0))

        def delivered(tick: LayerTick) -> Array:
            of_rows = tick.delivered[number][tick.roster.user]
            return jnp.where(tick.roster.taken, of_rows, 0).sum(0)

        def slots(down: str, up: str) -> Array:
            return of_cells(
                lambda tick: getattr(tick.lived.cells, up if number else down)
            )

        lost = rows("lost_byte")
        nothing = jnp.zeros(cells, jnp.int32)
        return Way(
            nothing, nothing, of_cells(delivered) - lost, lost, rows("first"),
            rows("first_failed"), rows("sent"), rows("failed"), rows("given_up"),
            told("count"), told("waited"), told("late"), rows("waiting"),
            rows("busy"), rows("busy_byte"), slots("down_prb", "up_prb"),
            slots("sending", "receiving"),
        )  # fmt: skip

    def flows(number: int) -> OfFlows:
        def told(name: str) -> Array:
            return back(lambda tick: getattr(heard(tick, number).told, name))

        lost = back(lambda tick: heard(tick, number).lost_byte)
        nothing = jnp.zeros_like(lost)
        delivered = of_users(lambda tick: tick.delivered[number])
        return OfFlows(
            nothing,
            nothing,
            delivered - lost,
            lost,
            told("count"),
            told("waited"),
            told("late"),
        )

    got = of_users(lambda tick: tick.delivered[0]).astype(jnp.float32)
    waiting = back(lambda tick: tick.lived.down.waiting).astype(jnp.float32)
    return (way(0), way(1)), (flows(0), flows(1)), got, waiting


def with_offers(
    way: Way,
    came: Int[Array, " user"],
    dropped: Int[Array, " user"],
    serving: Int[Array, " user"],
    cells: int,
) -> Way:
    at = jnp.where(serving >= 0, serving, cells)
    both = jnp.zeros((cells + 1, 2), jnp.int32)
    both = both.at[at].add(jnp.stack([came, dropped], 1))[:cells]
    return eqx.tree_at(
        lambda w: (w.offered_byte, w.dropped_byte), way, (both[:, 0], both[:, 1])
    )


def between_ms(plan: SlotPlan) -> float:
    """From one downlink slot to the next on average: who waits in all of them waits
    all the time."""
    return len(plan.letters) / (len(plan.down) * plan.slots_per_ms)


def worked(engine: Engine, down: Way, up: Way, cells: int):
    """Slot length, load, and for energy how much of time and band was used."""
    slot_s, slots, up_slots, prb, common = [np.zeros(cells) for _ in range(5)]
    for layer in engine.layers:
        plan, own = layer.plan, layer.cells
        periods = TICK_MS * plan.slots_per_ms / len(plan.letters)
        slot_s[own] = 1e-3 * between_ms(plan)
        # A special slot counts as any other: its blocks are used no less often.
        slots[own] = periods * len(plan.down)
        up_slots[own] = periods * len(plan.up)
        prb[own] = plan.prb
        common[own] = layer.common_share
    slot_s, slots, up_slots, prb, common = (
        jnp.asarray(v, jnp.float32) for v in (slot_s, slots, up_slots, prb, common)
    )
    used = down.prb.astype(jnp.float32)
    load = jnp.minimum(used / (slots * prb) + common, 1.0)
    sent = down.slots.astype(jnp.float32)
    sending = jnp.minimum(sent / slots, 1.0)
    block = used / jnp.maximum(sent * prb, 1.0)
    receiving = up.slots.astype(jnp.float32) / up_slots
    return slot_s, load, sending, jnp.minimum(block, 1.0), receiving
