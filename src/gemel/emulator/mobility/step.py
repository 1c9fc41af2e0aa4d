"""Who is served by which cell after one more tick?

For everybody measurements are filtered, links monitored and events judged. Then those
few to whom something happens are taken apart: handovers begin or go on, idle users
reselect, and the lost come back.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.conditional import conditional
from gemel.emulator.mobility.counters import MobilityCounters
from gemel.emulator.mobility.events import Asks, candidacy, chosen
from gemel.emulator.mobility.happening import Moment, happen
from gemel.emulator.mobility.l3_filter import filtered
from gemel.emulator.mobility.outcome import stayed
from gemel.emulator.mobility.radio_link import RadioLink, monitored
from gemel.emulator.mobility.relations import Relations
from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.situation import Situation, asks_of, situation
from gemel.emulator.mobility.state import (
    UNHEARD_DBM,
    Felt,
    MobilityState,
    Seen,
    people_in,
)
from gemel.emulator.settings import Settings
from gemel.network.cells import Cells
from gemel.network.controls import Controls


def mobility_step(
    cells: Cells,
    rules: MobilityRules,
    settings: Settings,
    relations: Relations,
    controls: Controls,
    state: MobilityState,
    counters: MobilityCounters,
    seen: Seen,
    can_serve: Bool[Array, " cell"],
    leaving: Bool[Array, " cell"],
    free_seats: Int[Array, " cell"],
    luck: Float[Array, " user"],
    tick_ms: int,
) -> tuple[MobilityState, MobilityCounters, Felt]:
    """One tick, `tick_ms` long, in which levels stay as seen.

    counters:    so far; they come back with this tick's events
    can_serve:   on air and carrying users
    leaving:     about to go to sleep: its users are handed over now, wherever they may
    free_seats:  how many more connected users a cell takes; who comes within the same
                 tick does not see the others
    luck:        from 0 to 1, new for every user and tick
    """
    state, here = situation(cells, rules, relations, controls, state, seen, can_serve)
    rsrp_dbm = seen.rsrp_dbm.T
    level_dbm = filtered(
        rules, state.filtered_dbm, rsrp_dbm, state.known.cell, luck, tick_ms
    )
    mine = state.known.cell == here.serving[None, :]
    serving_dbm = jnp.where(mine, level_dbm, UNHEARD_DBM).max(0)
    asks = asks_of(cells, rules, settings, controls, state, here, serving_dbm, leaving)
    shown_dbm = jnp.where(mine, -jnp.inf, level_dbm + state.known.bias_db)
    links = candidacy(rules, cells, asks, shown_dbm, state.held_ms, tick_ms)
    free_ms = jnp.where(here.handing, state.wait_ms, 0)
    choice = chosen(links.score_db, links.ready_ms, state.known.cell, free_ms)

    before = RadioLink(state.out_ms, state.in_ms, state.t310_ms)
    radio, fails_ms = monitored(rules, before, here.sinr_db, here.watched, tick_ms)
    unlucky = luck < rules.preparation_failure
    reports = here.handing & here.hears
    quiet = here.free & (state.wait_ms <= 0) & (choice.at_ms >= tick_ms)
    conditionally = settings.conditional[jnp.maximum(state.known.anchor, 0)]
    ahead = conditional(
        rules,
        cells,
        asks,
        links,
        shown_dbm,
        state.known.cell,
        state.prepared_ms,
        here.handing & here.free,
        reports & quiet & conditionally,
        free_seats,
        unlucky,
        tick_ms,
    )
    moment = Moment(
        person=people_in(state),
        here=here,
        cell=state.known.cell,
        rsrp_dbm=rsrp_dbm,
        prepared_ms=state.prepared_ms,
        related=state.known.related,
        choice=choice,
        reports=reports,
        ahead=ahead,
        fails_ms=fails_ms,
        unlucky=unlucky,
    )
    state = stayed(
        state,
        here,
        level_dbm,
        links.held_ms,
        ahead.prepared_ms,
        asks.searching,
        radio,
        tick_ms,
    )
    felt = _nothing_felt(rules, here, asks)
    return happen(
        cells,
        rules,
        relations,
        can_serve,
        free_seats,
        moment,
        state,
        counters,
        felt,
        tick_ms,
    )


def _nothing_felt(rules: MobilityRules, here: Situation, asks: Asks) -> Felt:
    """Nothing happens to anybody, but some measure other layers in gaps."""
    share = jnp.where(asks.searching, rules.gap_share, rules.search_share)
    measures = here.handing & here.on_air & (rules.a4_dbm.size > 1)
    never = jnp.zeros_like(measures)
    return Felt(
        interrupted_ms=jnp.zeros(measures.shape),
        gap_share=jnp.where(measures, share, 0.0),
        rehome=never,
        released=never,
        happened=jnp.zeros(measures.shape, jnp.int32),
    )
