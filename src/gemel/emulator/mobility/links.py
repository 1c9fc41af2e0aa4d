"""What is known of every link that does not change from tick to tick?

Whether the user's cell lists the link's cell, and with which offset, is looked up when
the lists, the serving cell or the reason to look has changed: a few users at a time,
so that a tick costs as much as there is new.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.few import few_at_a_time
from gemel.emulator.mobility.relations import Relations
from gemel.emulator.mobility.state import (
    HANDOVER,
    NOBODY,
    RESELECTION,
    MobilityState,
)


class Now(eqx.Module):
    """What is true of users and cells in this tick.

    anchor:  the serving cell, or the last one
    reason:  HANDOVER, RESELECTION or RECOVERY
    """

    cell: Int[Array, "link user"]
    rsrp_dbm: Float[Array, "link user"]
    anchor: Int[Array, " user"]
    reason: Int[Array, " user"]
    relations: Relations
    individual_offset_db: Float[Array, " cell"]
    can_serve: Bool[Array, " cell"]


def looked_up(state: MobilityState, now: Now, layers: int) -> MobilityState:
    """The state with everything known of every link brought up to date."""
    known = state.known
    moved = (
        (known.anchor != now.anchor)
        | (known.reason != now.reason)
        | (known.cell != now.cell).any(0)
    )
    turned = _differ(known.relations, now.relations)
    turned |= (known.individual_offset_db != now.individual_offset_db).any()
    turned |= (known.can_serve != now.can_serve).any()
    state = few_at_a_time(
        lambda state, who: _look_up(state, now, who, layers), state, moved | turned
    )
    fresh = now.relations, now.individual_offset_db, now.can_serve
    return eqx.tree_at(
        lambda s: (
            s.known.relations,
            s.known.individual_offset_db,
            s.known.can_serve,
        ),
        state,
        fresh,
    )


def _differ(one: Relations, other: Relations) -> Bool[Array, ""]:
    leaves = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return jnp.stack([(mine != yours).any() for mine, yours in leaves]).any()


def _look_up(
    state: MobilityState, now: Now, who: Int[Array, " few"], layers: int
) -> MobilityState:
    """Everything known of the links of a few users; beyond the last user: nobody."""
    known = state.known
    at = jnp.minimum(who, now.anchor.size - 1)
    cell, rsrp_dbm = now.cell[:, at], now.rsrp_dbm[:, at]
    anchor, reason = now.anchor[at], now.reason[at]
    stays = (known.anchor[at] == anchor)[None, :]
    asks_alike = (known.reason[at] == reason)[None, :]

    by_layer = layers, cell.shape[0] // layers, at.size
    new = cell.reshape(by_layer)
    old = known.cell[:, at].reshape(by_layer)
    same = new[:, :, None, :] == old[:, None, :, :]

    def carried(table, otherwise):
        before = table[:, at].reshape(by_layer)[:, None, :, :]
        return jnp.where(same, before, otherwise).max(2).reshape(cell.shape)

    level_dbm = carried(state.filtered_dbm, -jnp.inf)
    level_dbm = jnp.where(jnp.isfinite(level_dbm), level_dbm, rsrp_dbm)
    held_ms = jnp.where(stays & asks_alike, carried(state.held_ms, NOBODY), NOBODY)
    kept = stays & (reason != RESELECTION)[None, :]
    prepared_ms = jnp.where(kept, carried(state.prepared_ms, NOBODY), NOBODY)
    bias_db, related = _bias_db(now, cell, anchor, reason)

    def put(table, value):
        return table.at[:, who].set(value, mode="drop")

    return eqx.tree_at(
        lambda s: (
            s.filtered_dbm,
            s.held_ms,
            s.prepared_ms,
            s.known.cell,
            s.known.bias_db,
            s.known.related,
            s.known.anchor,
            s.known.reason,
        ),
        state,
        (
            put(state.filtered_dbm, level_dbm),
            put(state.held_ms, held_ms),
            put(state.prepared_ms, prepared_ms),
            put(known.cell, cell),
            put(known.bias_db, bias_db),
            put(known.related, related),
            known.anchor.at[who].set(anchor, mode="drop"),
            known.reason.at[who].set(reason, mode="drop"),
        ),
    )


def _bias_db(
    now: Now,
    cell: Int[Array, "link few"],
    anchor: Int[Array, " few"],
    reason: Int[Array, " few"],
) -> tuple[Float[Array, "link few"], Bool[Array, "link few"]]:
    """What is added to a level before it is compared, and who is in the list."""

    def one_user(cell, anchor, reason):
        listed = now.relations.neighbour[anchor]
        allowed = now.relations.allowed[anchor] & (listed >= 0) & (anchor >= 0)
        match = (cell[:, None] == listed[None, :]) & allowed[None, :]
        offset_db = now.relations.offset_db[anchor][None, :]
        offset_db = jnp.where(match, offset_db, -jnp.inf).max(1)
        offset_db = offset_db + now.individual_offset_db[cell]
        # Offsets are for handover; idle and lost users compare plain levels.
        bias_db = jnp.where(reason == HANDOVER, offset_db, 0.0)
        return jnp.where(now.can_serve[cell], bias_db, -jnp.inf), match.any(1)

    return jax.vmap(one_user, (1, 0, 0), 1)(cell, anchor, reason)
