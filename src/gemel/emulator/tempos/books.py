"""How do the rows of all carriers become sums of the network's cells?"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from gemel.emulator.slot.living import Lived
from gemel.emulator.slot.plan import TICK_MS, SlotPlan
from gemel.emulator.slot.rows import Roster
from gemel.emulator.slot.transmission import Heard
from gemel.emulator.tempos.engine import (
    Engine,
)
from gemel.emulator.tempos.sums import OfFlows, Way


def gathered(sums: list, cells: int):
    """From the rows of carriers to the cells and users of the network."""
    order = np.argsort(np.concatenate([layer.cells for layer, *_ in sums]))

    def together(of) -> Array:
        parts = [of(lived, roster, users) for _, lived, roster, users in sums]
        return jnp.concatenate(parts)[order]

    def way(direction: int) -> Way:
        def heard_of(lived: Lived) -> Heard:
            return lived.up if direction else lived.down

        def rows(name: str) -> Array:
            return together(lambda lived, *_: getattr(heard_of(lived), name).sum(0))

        def told(name: str) -> Array:
            return together(
                lambda lived, *_: getattr(heard_of(lived).told, name).sum(0)
            )

        def delivered(lived, roster: Roster, users) -> Array:
            of_rows = users[direction][roster.user]
            return jnp.where(roster.taken, of_rows, 0).sum(0)

        lost = rows("lost_byte")
        nothing = jnp.zeros(cells, jnp.int32)
        prb = together(
            lambda lived, *_: lived.cells.up_prb if direction else lived.cells.down_prb
        )
        slots = together(
            lambda lived, *_: (
                lived.cells.receiving if direction else lived.cells.sending
            )
        )
        return Way(
            nothing, nothing, together(delivered) - lost, lost, rows("first"),
            rows("first_failed"), rows("sent"), rows("failed"), rows("given_up"),
            told("count"), told("waited"), told("late"), rows("waiting"),
            rows("busy"), rows("busy_byte"), prb, slots,
        )  # fmt: skip

    def of_users(value) -> Array:
        parts = [value(lived, roster, users) for _, lived, roster, users in sums]
        return jnp.stack(parts).sum(0)

    got = of_users(lambda lived, roster, users: users[0].astype(jnp.float32))
    waiting = of_users(
        lambda lived, roster, users: roster.returned(
            lived.down.waiting, jnp.zeros_like(roster.seat)
        ).astype(jnp.float32)
    )

    def flows(direction: int) -> OfFlows:
        def back(pick) -> Array:
            return of_users(
                lambda lived, roster, users: roster.returned(
                    pick(lived.up if direction else lived.down),
                    jnp.zeros_like(roster.seat),
                )
            )

        delivered = of_users(lambda lived, roster, users: users[direction])
        lost = back(lambda heard: heard.lost_byte)
        nothing = jnp.zeros_like(lost)
        return OfFlows(
            nothing,
            nothing,
            delivered - lost,
            lost,
            back(lambda heard: heard.told.count),
            back(lambda heard: heard.told.waited),
            back(lambda heard: heard.told.late),
        )

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
