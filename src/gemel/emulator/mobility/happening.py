"""What happens to those few users who do not simply stay where they are?"""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.conditional import Prepared
from gemel.emulator.mobility.counters import MobilityCounters, counted
from gemel.emulator.mobility.events import Choice
from gemel.emulator.mobility.few import few_at_a_time, put, taken
from gemel.emulator.mobility.handover import course, target_is_heard
from gemel.emulator.mobility.outcome import changed, ends_of, interrupted_ms, to_count
from gemel.emulator.mobility.recovery import recovered
from gemel.emulator.mobility.relations import Relations
from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.situation import Situation
from gemel.emulator.mobility.state import (
    LONG_MS,
    UNHEARD_DBM,
    Felt,
    MobilityState,
    Person,
    people_in,
    with_people,
)
from gemel.network.cells import Cells


class Moment(eqx.Module):
    """What a tick shows of every user before anything happens to anybody.

    choice:    the best cell whose condition is fulfilled
    reports:   may tell its cell about it
    ahead:     conditional handover
    fails_ms:  when its radio link fails
    unlucky:   a preparation would be turned down
    """

    person: Person
    here: Situation
    cell: Int[Array, "link user"]
    rsrp_dbm: Float[Array, "link user"]
    prepared_ms: Int[Array, "link user"]
    related: Bool[Array, "link user"]
    choice: Choice
    reports: Bool[Array, " user"]
    ahead: Prepared
    fails_ms: Int[Array, " user"]
    unlucky: Bool[Array, " user"]

    def busy(self, tick_ms: int) -> Bool[Array, " user"]:
        """To whom something may happen, or is happening still."""
        here, ahead = self.here, self.ahead
        moves = (self.choice.at_ms < tick_ms) & (self.reports | ~here.handing)
        moves |= (ahead.choice.at_ms < tick_ms) | ahead.asked
        off_air = here.handing & ~here.on_air
        fails = self.fails_ms < tick_ms
        return moves | ~here.free | here.lost | off_air | fails


def happen(
    cells: Cells,
    rules: MobilityRules,
    relations: Relations,
    can_serve: Bool[Array, " cell"],
    free_seats: Int[Array, " cell"],
    moment: Moment,
    state: MobilityState,
    counters: MobilityCounters,
    felt: Felt,
    tick_ms: int,
) -> tuple[MobilityState, MobilityCounters, Felt]:
    """State, counters and what is felt with everything that happens in this tick.

    state, felt:  as if everybody stayed
    """

    def some(now, who):
        people, counters, felt = now
        there = who < felt.rehome.size
        few, quiet = taken(moment, who), taken(people, who)
        person, heard = few.person, _target_heard(cells, rules, can_serve)
        reported = dataclasses.replace(
            few.choice, at_ms=jnp.where(few.reports, few.choice.at_ms, LONG_MS)
        )
        way = course(
            rules,
            person,
            reported,
            few.ahead.choice,
            few.here.hears,
            few.fails_ms,
            few.unlucky,
            free_seats,
            tick_ms,
        )
        back = recovered(
            rules,
            person,
            few.here.lost,
            few.choice,
            few.prepared_ms,
            few.related,
            free_seats,
            tick_ms,
        )
        ends = ends_of(
            rules,
            person,
            few.here,
            few.choice,
            way,
            heard(few, way.target),
            few.fails_ms,
            tick_ms,
        )
        party, events = to_count(person, few.ahead, few.choice, way, back, ends)
        events = jnp.where(there, events, 0)
        gap_ms = interrupted_ms(few.here, way, back, ends, tick_ms)
        gap_ms = jnp.where(there, gap_ms, 0)
        counters = counted(counters, cells, relations, party, events, gap_ms)
        after = changed(
            rules,
            person,
            quiet,
            few.here,
            few.ahead,
            few.choice,
            way,
            back,
            ends,
            tick_ms,
        )
        said = Felt(
            interrupted_ms=gap_ms.astype(jnp.float32),
            gap_share=taken(felt.gap_share, who),
            rehome=back.returns & ~back.prepared & ~back.with_context,
            released=back.gives_up,
            happened=events,
        )
        return put(people, who, after), counters, put(felt, who, said)

    people, counters, felt = few_at_a_time(
        some, (people_in(state), counters, felt), moment.busy(tick_ms)
    )
    return with_people(state, people), counters, felt


def _target_heard(cells: Cells, rules: MobilityRules, can_serve: Bool[Array, " cell"]):
    """Whether users can get into a target; asked for a few of them."""

    def heard(few: Moment, target: Int[Array, " user"]) -> Bool[Array, " user"]:
        def level_dbm(cell):
            same = few.cell == cell[None, :]
            return jnp.where(same, few.rsrp_dbm, UNHEARD_DBM).max(0)

        at = jnp.maximum(few.person.anchor, 0)
        comparable = (cells.layer[target] == cells.layer[at]) & few.here.on_air
        return can_serve[target] & target_is_heard(
            rules,
            level_dbm(few.here.serving),
            level_dbm(target),
            few.here.sinr_db,
            comparable,
            rules.floor_dbm[cells.layer[target]],
        )

    return heard
