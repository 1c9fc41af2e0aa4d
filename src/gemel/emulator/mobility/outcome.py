"""What is left of a tick: the next state, what users felt, what is to be counted?"""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.conditional import Prepared
from gemel.emulator.mobility.counters import Parties, happened
from gemel.emulator.mobility.events import Choice
from gemel.emulator.mobility.handover import Course
from gemel.emulator.mobility.radio_link import RadioLink
from gemel.emulator.mobility.recovery import Recovery, blamed, judged
from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.situation import Situation
from gemel.emulator.mobility.state import LONG_MS, NOBODY, MobilityState, Person


class Ends(eqx.Module):
    """How the tick ended for every user.

    succeeds:   is in its new cell
    misses:     did not get into it
    fails:      its radio link failed
    lost_at_ms: when it missed or failed
    reselects:  camps somewhere else
    ping_pong:  is back where it came from too soon
    """

    succeeds: Bool[Array, " user"]
    misses: Bool[Array, " user"]
    fails: Bool[Array, " user"]
    lost_at_ms: Int[Array, " user"]
    reselects: Bool[Array, " user"]
    ping_pong: Bool[Array, " user"]


def ends_of(
    rules: MobilityRules,
    person: Person,
    here: Situation,
    choice: Choice,
    way: Course,
    target_heard: Bool[Array, " user"],
    fails_ms: Int[Array, " user"],
    tick_ms: int,
) -> Ends:
    """The end of a tick; a command that was heard comes before any failure."""
    succeeds = way.arrives & target_heard
    misses = way.arrives & ~target_heard
    fails = (fails_ms < tick_ms) & ~way.running
    stayed_ms = person.stay_ms + way.end_ms
    back = (way.target == person.previous) & (stayed_ms < rules.minimum_stay_ms)
    camps = ~here.handing & ~here.lost
    return Ends(
        succeeds=succeeds,
        misses=misses,
        fails=fails,
        lost_at_ms=jnp.where(misses, way.end_ms, fails_ms),
        reselects=camps & (choice.at_ms < tick_ms),
        ping_pong=succeeds & back,
    )


def stayed(
    state: MobilityState,
    here: Situation,
    filtered_dbm: Float[Array, "link user"],
    held_ms: Int[Array, "link user"],
    prepared_ms: Int[Array, "link user"],
    searching: Bool[Array, " user"],
    radio: RadioLink,
    tick_ms: int,
) -> MobilityState:
    """The next state of everybody to whom nothing happens: clocks and levels go on."""
    later_ms = jnp.minimum(held_ms + tick_ms, LONG_MS)
    return dataclasses.replace(
        state,
        serving=here.serving,
        filtered_dbm=filtered_dbm,
        held_ms=jnp.where(held_ms >= 0, later_ms, NOBODY),
        prepared_ms=prepared_ms,
        searching=searching,
        wait_ms=jnp.maximum(state.wait_ms - tick_ms, 0),
        stay_ms=jnp.minimum(state.stay_ms + tick_ms, LONG_MS),
        out_ms=radio.out_ms,
        in_ms=radio.in_ms,
        t310_ms=radio.t310_ms,
        # Who is lost is looked after; who has been released meanwhile is not lost.
        lost_ms=jnp.full_like(state.lost_ms, NOBODY),
    )


def changed(
    rules: MobilityRules,
    before: Person,
    after: Person,
    here: Situation,
    ahead: Prepared,
    choice: Choice,
    way: Course,
    back: Recovery,
    ends: Ends,
    tick_ms: int,
) -> Person:
    """The next state of users to whom something happens; `after` is without it."""
    loses = ends.misses | ends.fails
    comes = ends.reselects | back.returns
    changes = loses | comes
    pending = way.running & ~way.arrives
    failed_target = jnp.where(ends.misses, way.target, NOBODY)
    blame, toward = blamed(rules, before, ends.lost_at_ms, failed_target)
    seeking = here.lost & ~back.returns & ~back.gives_up

    serving = jnp.where(comes, choice.cell, here.serving)
    serving = jnp.where(loses, NOBODY, serving)
    lost_ms = jnp.where(seeking, before.lost_ms + tick_ms, NOBODY)
    previous = jnp.where(changes, NOBODY, before.previous)
    stay_ms = jnp.where(changes, LONG_MS, after.stay_ms)
    retry_ms = rules.report_interval_ms
    wait_ms = jnp.where(way.deaf | ahead.refused, retry_ms, after.wait_ms)
    since_ms = retry_ms + choice.at_ms - tick_ms
    wait_ms = jnp.where(way.refused, jnp.maximum(since_ms, 0), wait_ms)
    unwatched = changes | (way.running & (way.command_ms < tick_ms))
    return Person(
        serving=jnp.where(ends.succeeds, way.target, serving),
        anchor=jnp.where(back.gives_up, NOBODY, before.anchor),
        searching=after.searching & ~changes & ~ends.succeeds,
        target=jnp.where(pending, way.target, NOBODY),
        until_ms=jnp.where(pending, way.end_ms - tick_ms, 0),
        by_itself=pending & way.by_itself,
        wait_ms=wait_ms,
        previous=jnp.where(ends.succeeds, before.anchor, previous),
        stay_ms=jnp.where(ends.succeeds, tick_ms - way.end_ms, stay_ms),
        out_ms=jnp.where(unwatched, 0, after.out_ms),
        in_ms=jnp.where(unwatched, 0, after.in_ms),
        t310_ms=jnp.where(unwatched, NOBODY, after.t310_ms),
        lost_ms=jnp.where(loses, tick_ms - ends.lost_at_ms, lost_ms),
        blame=jnp.where(loses, blame, before.blame),
        toward=jnp.where(loses, toward, before.toward),
    )


def interrupted_ms(
    here: Situation, way: Course, back: Recovery, ends: Ends, tick_ms: int
) -> Int[Array, " user"]:
    """How much of the tick nobody could serve a user."""
    from_ms = jnp.clip(way.command_ms, 0, tick_ms)
    gap_ms = jnp.clip(way.end_ms, 0, tick_ms) - from_ms
    # A cell that went off air serves nobody until the user is elsewhere.
    gap_ms = gap_ms + jnp.where(here.on_air, 0, from_ms)
    gap_ms = jnp.where(way.running, gap_ms, jnp.where(here.on_air, 0, tick_ms))
    gap_ms = jnp.where(here.handing, gap_ms, 0)
    loses = ends.misses | (ends.fails & here.on_air)
    gap_ms = gap_ms + jnp.where(loses, tick_ms - ends.lost_at_ms, 0)
    sought_ms = jnp.where(back.returns, back.at_ms, tick_ms)
    return jnp.where(here.lost, sought_ms, gap_ms)


def to_count(
    person: Person,
    ahead: Prepared,
    choice: Choice,
    way: Course,
    back: Recovery,
    ends: Ends,
) -> tuple[Parties, Int[Array, " user"]]:
    """The tick's events, and whom they concern."""
    verdict = judged(person, back.returns, choice.cell)
    told, alone = way.commanded & ~way.by_itself, way.commanded & way.by_itself
    asks = back.returns & ~back.prepared
    events = happened(
        prep_req=way.begins,
        prep_succ=told,
        prep_fail=way.refused | way.cut,
        exe_req=told,
        exe_succ=ends.succeeds & ~way.by_itself,
        exe_fail=way.deaf | (ends.misses & ~way.by_itself),
        cho_prep_req=ahead.asked,
        cho_prep_succ=ahead.asked & ~ahead.refused,
        cho_prep_fail=ahead.refused,
        cho_exe_req=alone | back.prepared,
        cho_exe_succ=(ends.succeeds & way.by_itself) | back.prepared,
        cho_exe_fail=ends.misses & way.by_itself,
        rlf=ends.fails,
        gave_up=back.gives_up,
        reestab_att=asks,
        reestab_with_context=asks & back.with_context,
        reestab_without_context=asks & ~back.with_context,
        too_late=verdict.too_late,
        too_early=verdict.too_early,
        to_wrong_cell=verdict.to_wrong_cell,
        ping_pong=ends.ping_pong,
    )
    moving = way.begins | way.running | way.commanded | way.cut
    other = jnp.where(ahead.asked, ahead.which, NOBODY)
    other = jnp.where(back.returns, choice.cell, other)
    other = jnp.where(moving, way.target, other)
    late = jnp.where(person.toward >= 0, person.toward, choice.cell)
    parties = Parties(
        home=person.anchor,
        other=other,
        blame=jnp.where(ends.ping_pong, way.target, person.blame),
        toward=jnp.where(ends.ping_pong, person.anchor, late),
    )
    return parties, events
