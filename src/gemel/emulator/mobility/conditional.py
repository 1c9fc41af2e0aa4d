"""Which cells are prepared ahead, so that the user may go by itself?

Conditional handover of TS 38.300 clause 9.2.3.4: cells that are nearly good enough are
prepared while the link is still good, and when the event itself holds, the user goes
without report and command. A prepared cell also saves a user whose link has failed.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.events import Asks, Candidacy, Choice, chosen, needs_dbm
from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.state import LONG_MS, NOBODY
from gemel.network.cells import Cells

AT_MOST = 3  # cells prepared for a user


class Prepared(eqx.Module):
    """What this tick did.

    prepared_ms: until each link's cell is ready; -1: not prepared
    choice:      a prepared cell whose event holds
    asked:       for whom one more cell was asked to be ready
    which:       that cell
    refused:     it was not
    """

    prepared_ms: Int[Array, "link user"]
    choice: Choice
    asked: Bool[Array, " user"]
    which: Int[Array, " user"]
    refused: Bool[Array, " user"]


def conditional(
    rules: MobilityRules,
    cells: Cells,
    asks: Asks,
    links: Candidacy,
    level_dbm: Float[Array, "link user"],
    cell: Int[Array, "link user"],
    prepared_ms: Int[Array, "link user"],
    goes: Bool[Array, " user"],
    asks_more: Bool[Array, " user"],
    free_seats: Int[Array, " cell"],
    unlucky: Bool[Array, " user"],
    tick_ms: int,
) -> Prepared:
    """Prepared cells of a tick.

    goes:       who may go by itself
    asks_more:  whose cell may prepare one more
    """
    nobody = Choice(jnp.zeros_like(cell[0]), cell[0], jnp.full_like(cell[0], LONG_MS))

    def none(_):
        never = jnp.zeros_like(goes)
        return Prepared(prepared_ms, nobody, never, cell[0], never)

    def some(_):
        ready_ms = jnp.maximum(links.ready_ms, prepared_ms)
        ready_ms = jnp.where((prepared_ms >= 0) & goes[None, :], ready_ms, LONG_MS)
        zero_ms = jnp.zeros_like(cell[0])
        choice = chosen(links.score_db, ready_ms, cell, zero_ms)
        enter_dbm, stay_dbm = needs_dbm(rules, cells, asks)
        k = cell.shape[0] // enter_dbm.shape[0]
        hysteresis_db = asks.hysteresis_db[None, :]

        def near(value_dbm, limit_dbm):
            floor_dbm = rules.floor_dbm[:, None]
            limit_dbm = jnp.maximum(limit_dbm - rules.prepare_ahead_db, floor_dbm)
            return value_dbm > jnp.repeat(limit_dbm, k, axis=0)

        stays = near(level_dbm + hysteresis_db, stay_dbm)
        kept_ms = jnp.where(stays, prepared_ms, NOBODY)
        wished = near(level_dbm - hysteresis_db, enter_dbm) & (kept_ms < 0)
        room = (kept_ms >= 0).sum(0) < AT_MOST
        wished &= (asks_more & room)[None, :]
        more = chosen(links.score_db, jnp.where(wished, 0, LONG_MS), cell, zero_ms)
        asked = more.at_ms < tick_ms
        refused = asked & (unlucky | (free_seats[more.cell] <= 0))
        links_at = jnp.arange(cell.shape[0], dtype=jnp.int32)[:, None]
        added = (asked & ~refused)[None, :] & (links_at == more.link[None, :])
        kept_ms = jnp.where(added, rules.preparation_ms, kept_ms)
        after_ms = jnp.where(kept_ms >= 0, jnp.maximum(kept_ms - tick_ms, 0), NOBODY)
        return Prepared(after_ms, choice, asked, more.cell, refused)

    # Where nothing is conditional and nothing prepared, a tick does none of it.
    anything = asks_more.any() | (prepared_ms >= 0).any()
    return jax.lax.cond(anything, some, none, None)
