"""Which cells are good enough to go to, and since when?

Entering and leaving conditions of TS 38.331 clause 5.5.4, and for idle users those of
TS 38.304 clause 5.2.4, all brought to one form: a level minus its hysteresis above what
its layer needs. Within the layer that is A3. A layer of higher priority needs A4. One
of lower priority needs A5, or A3 where neither reaches its entry level; both ask for
measurements of other layers, which A2 starts and A1 stops.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.state import LONG_MS, NOBODY
from gemel.network.association import PRIORITY_STEP_DB
from gemel.network.cells import Cells


class Asks(eqx.Module):
    """What a user asks of another cell.

    serving_dbm:   filtered level of its cell (Mp)
    margin_db:     Ocp + Off, or Qhyst of idle users
    hysteresis_db: Hys
    trigger_ms:    how long a condition must hold
    layer:         of its cell
    searching:     measures other layers in gaps
    anywhere:      any suitable cell will do, at once
    by_strength:   whatever the priorities of layers
    """

    serving_dbm: Float[Array, " user"]
    margin_db: Float[Array, " user"]
    hysteresis_db: Float[Array, " user"]
    trigger_ms: Int[Array, " user"]
    layer: Int[Array, " user"]
    searching: Bool[Array, " user"]
    anywhere: Bool[Array, " user"]
    by_strength: Bool[Array, " user"]


class Candidacy(eqx.Module):
    """How every link stands.

    score_db:   the highest of those that may be chosen wins
    held_ms:    at the tick's beginning, since its condition holds; -1: it does not
    ready_ms:   when in this tick it may be chosen; later than the tick: not in it
    """

    score_db: Float[Array, "link user"]
    held_ms: Int[Array, "link user"]
    ready_ms: Int[Array, "link user"]


class Choice(eqx.Module):
    """The best of the first cells that may be chosen.

    at_ms:  when in the tick; LONG_MS: nobody may be chosen
    """

    link: Int[Array, " user"]
    cell: Int[Array, " user"]
    at_ms: Int[Array, " user"]


def searched(
    rules: MobilityRules,
    searching: Bool[Array, " user"],
    layer: Int[Array, " user"],
    serving_dbm: Float[Array, " user"],
    hysteresis_db: Float[Array, " user"],
) -> Bool[Array, " user"]:
    """A2 (clause 5.5.4.3) starts the search on other layers, A1 (5.5.4.2) stops it."""
    poor = serving_dbm + hysteresis_db < rules.a2_dbm[layer]
    good = serving_dbm - hysteresis_db > rules.a1_dbm[layer]
    return poor | (searching & ~good)


def needed_dbm(
    rules: MobilityRules, cells: Cells, asks: Asks, weak: Bool[Array, " user"]
) -> Float[Array, "layer user"]:
    """What a level must exceed on every layer; `weak` users are below A5's first
    threshold. Never less than the floor below which no cell is suitable."""
    priority = cells.carriers.priority
    layers = jnp.arange(priority.size, dtype=jnp.int32)[:, None]
    own = layers == asks.layer[None, :]
    up = priority[:, None] > priority[asks.layer][None, :]
    better_dbm = (asks.serving_dbm + asks.margin_db)[None, :]
    entry_dbm = jnp.where(up, rules.a4_dbm[:, None], rules.a5_2_dbm[:, None])
    # A weak user goes to whom it finds above its entry level, or else to the stronger.
    other_dbm = jnp.where(weak[None, :], jnp.minimum(entry_dbm, better_dbm), jnp.inf)
    other_dbm = jnp.where(asks.searching[None, :], other_dbm, jnp.inf)
    other_dbm = jnp.where(up, jnp.minimum(other_dbm, entry_dbm), other_dbm)
    need_dbm = jnp.where(own, better_dbm, other_dbm)
    floor_dbm = rules.floor_dbm[:, None]
    need_dbm = jnp.where(asks.anywhere[None, :], floor_dbm, need_dbm)
    return jnp.maximum(need_dbm, floor_dbm)


def needs_dbm(
    rules: MobilityRules, cells: Cells, asks: Asks
) -> tuple[Float[Array, "layer user"], Float[Array, "layer user"]]:
    """To enter, and not to leave again; A5's first condition has its hysteresis too."""
    at_dbm = rules.a5_1_dbm[asks.layer]
    weak = asks.serving_dbm + asks.hysteresis_db < at_dbm
    still_weak = asks.serving_dbm - asks.hysteresis_db <= at_dbm
    return (
        needed_dbm(rules, cells, asks, weak),
        needed_dbm(rules, cells, asks, still_weak),
    )


def candidacy(
    rules: MobilityRules,
    cells: Cells,
    asks: Asks,
    level_dbm: Float[Array, "link user"],
    held_ms: Int[Array, "link user"],
    tick_ms: int,
) -> Candidacy:
    """Who has fulfilled its event for how long, and how good it is."""
    enter_dbm, stay_dbm = needs_dbm(rules, cells, asks)
    hysteresis_db = asks.hysteresis_db[None, :]

    def above(value_dbm, limit_dbm):
        """Of links; the limits are those of layers."""
        by_layer = value_dbm.reshape(limit_dbm.shape[0], -1, value_dbm.shape[1])
        return (by_layer > limit_dbm[:, None, :]).reshape(value_dbm.shape)

    enters = above(level_dbm - hysteresis_db, enter_dbm)
    # Once reported, a cell counts until its leaving condition holds.
    reported = held_ms > asks.trigger_ms[None, :]
    stays = reported & above(level_dbm + hysteresis_db, stay_dbm)
    held_ms = jnp.where(enters | stays, jnp.maximum(held_ms, 0), NOBODY)
    ready_ms = jnp.maximum(asks.trigger_ms[None, :] - held_ms, 0)
    ready_ms = jnp.where((held_ms >= 0) & (ready_ms < tick_ms), ready_ms, LONG_MS)

    k = level_dbm.shape[0] // rules.a4_dbm.size
    bonus_db = PRIORITY_STEP_DB * jnp.repeat(cells.carriers.priority, k)[:, None]
    preferred = above(level_dbm, rules.a4_dbm[:, None])
    preferred &= ~asks.by_strength[None, :]
    score_db = level_dbm + jnp.where(preferred, bonus_db, 0.0)
    return Candidacy(score_db, held_ms, ready_ms)


def chosen(
    score_db: Float[Array, "link user"],
    ready_ms: Int[Array, "link user"],
    cell: Int[Array, "link user"],
    free_ms: Int[Array, " user"],
) -> Choice:
    """The best of those that are ready when the first of them is and the user, too.

    free_ms:  before that time nothing can be chosen
    """
    at_ms = jnp.maximum(ready_ms.min(0), free_ms)
    ready = ready_ms <= at_ms[None, :]
    score_db = jnp.where(ready, score_db, -jnp.inf)
    # Two plain reductions; one argmax takes several times as long.
    links = jnp.arange(score_db.shape[0], dtype=jnp.int32)[:, None]
    best = score_db == score_db.max(0)[None, :]
    link = jnp.where(best, links, score_db.shape[0]).min(0)
    return Choice(link, jnp.take_along_axis(cell, link[None, :], 0)[0], at_ms)
