"""What does a change of cell remember from tick to tick, and what does it see?

Inside, links come first and users last, so that arithmetic runs along the users.
A link is one of the K candidates of a layer: link = layer * K + k. Times within a tick
are counted from its beginning; an event at exactly its end belongs to the next.
"""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.relations import Relations
from gemel.emulator.mobility.rules import MobilityRules

NOBODY = -1  # no cell, no target, timer not running
LONG_MS = 1_000_000_000  # eleven days: longer than any timer, and no int32 overflows
UNHEARD_DBM = -400.0

# Why does a user look for a cell? Another reason means other events.
HANDOVER, RESELECTION, RECOVERY = 0, 1, 2

STABLE, PREPARING, EXECUTING, OUT_OF_SYNC, LOST = 0, 1, 2, 3, 4


class Seen(eqx.Module):
    """What a tick shows of every user.

    cell:       of the candidate, as in Candidates
    rsrp_dbm:   SS-RSRP, averaged as layer 1 does; absent links below -200 dBm
    sinr_db:    of the serving cell, for in-sync and out-of-sync
    connected:  RRC_CONNECTED; others are idle or inactive
    """

    cell: Int[Array, "user link"]
    rsrp_dbm: Float[Array, "user link"]
    sinr_db: Float[Array, " user"]
    connected: Bool[Array, " user"]


class Known(eqx.Module):
    """What was looked up for every link, and of what it was true.

    cell:         the candidate lists
    bias_db:      added to a level before it is compared; -inf where it must not go
    related:      whether the anchor's list has this cell
    anchor:       the cell whose neighbour list holds: the serving or the last one
    reason:       HANDOVER, RESELECTION or RECOVERY
    relations, individual_offset_db, can_serve: as they were then
    """

    cell: Int[Array, "link user"]
    bias_db: Float[Array, "link user"]
    related: Bool[Array, "link user"]
    anchor: Int[Array, " user"]
    reason: Int[Array, " user"]
    relations: Relations
    individual_offset_db: Float[Array, " cell"]
    can_serve: Bool[Array, " cell"]


class MobilityState(eqx.Module):
    """What changes; whatever is -1 is not there or does not run.

    serving:      who serves or where the user camps
    filtered_dbm: L3-filtered SS-RSRP
    held_ms:      how long the entering condition of its event has held
    prepared_ms:  conditional handover: until the cell is ready; -1 where not prepared
    searching:    between A2 and A1: looks at other layers in gaps
    target:       of the running handover
    until_ms:     its end
    by_itself:    it is conditional: no command is needed
    wait_ms:      until the user may report again
    previous:     from where the last handover came
    stay_ms:      since then
    out_ms, in_ms: out of sync and in sync, without a break
    t310_ms:      left of T310
    lost_ms:      since radio-link failure or a failed handover
    blame, toward: the failed handover, or the cell that should have begun one
    """

    known: Known
    serving: Int[Array, " user"]
    filtered_dbm: Float[Array, "link user"]
    held_ms: Int[Array, "link user"]
    prepared_ms: Int[Array, "link user"]
    searching: Bool[Array, " user"]
    target: Int[Array, " user"]
    until_ms: Int[Array, " user"]
    by_itself: Bool[Array, " user"]
    wait_ms: Int[Array, " user"]
    previous: Int[Array, " user"]
    stay_ms: Int[Array, " user"]
    out_ms: Int[Array, " user"]
    in_ms: Int[Array, " user"]
    t310_ms: Int[Array, " user"]
    lost_ms: Int[Array, " user"]
    blame: Int[Array, " user"]
    toward: Int[Array, " user"]


class Person(eqx.Module):
    """The part of MobilityState that is one number a user, and the anchor."""

    anchor: Int[Array, " user"]
    serving: Int[Array, " user"]
    searching: Bool[Array, " user"]
    target: Int[Array, " user"]
    until_ms: Int[Array, " user"]
    by_itself: Bool[Array, " user"]
    wait_ms: Int[Array, " user"]
    previous: Int[Array, " user"]
    stay_ms: Int[Array, " user"]
    out_ms: Int[Array, " user"]
    in_ms: Int[Array, " user"]
    t310_ms: Int[Array, " user"]
    lost_ms: Int[Array, " user"]
    blame: Int[Array, " user"]
    toward: Int[Array, " user"]


def people_in(state: MobilityState) -> Person:
    """Of every user what is one number each."""
    own = {name: getattr(state, name) for name in _OWN}
    return Person(anchor=state.known.anchor, **own)


def with_people(state: MobilityState, people: Person) -> MobilityState:
    """The same state with other numbers for users."""
    known = dataclasses.replace(state.known, anchor=people.anchor)
    own = {name: getattr(people, name) for name in _OWN}
    return dataclasses.replace(state, known=known, **own)


_OWN = [field.name for field in dataclasses.fields(Person) if field.name != "anchor"]


class Felt(eqx.Module):
    """What a tick of it meant to every user.

    interrupted_ms:  of this tick, in which no cell could serve the user
    gap_share:       of the rest, spent measuring other layers
    rehome:          came back without its context: must set its connection up anew
    released:        gave up looking for a cell: is idle now
    happened:        one bit an event, in the order of counters.EVENTS
    """

    interrupted_ms: Float[Array, " user"]
    gap_share: Float[Array, " user"]
    rehome: Bool[Array, " user"]
    released: Bool[Array, " user"]
    happened: Int[Array, " user"]


def settled(
    relations: Relations, serving: Int[Array, " user"], seen: Seen
) -> MobilityState:
    """Users who have always been where `serving` says; levels are as seen now."""
    users, links = seen.cell.shape
    cells = relations.neighbour.shape[0]
    none = jnp.full(users, NOBODY, jnp.int32)
    zero = jnp.zeros(users, jnp.int32)
    never = jnp.full((links, users), NOBODY, jnp.int32)
    known = Known(
        cell=seen.cell.T,
        bias_db=jnp.full((links, users), -jnp.inf, jnp.float32),
        related=jnp.zeros((links, users), bool),
        anchor=serving,
        # A reason that is none: everything is looked up at the first tick.
        reason=none,
        relations=relations,
        individual_offset_db=jnp.zeros(cells, jnp.float32),
        can_serve=jnp.ones(cells, bool),
    )
    return MobilityState(
        known=known,
        serving=serving,
        filtered_dbm=seen.rsrp_dbm.T,
        held_ms=never,
        prepared_ms=never,
        searching=jnp.zeros(users, bool),
        target=none,
        until_ms=zero,
        by_itself=jnp.zeros(users, bool),
        wait_ms=zero,
        previous=none,
        stay_ms=jnp.full(users, LONG_MS, jnp.int32),
        out_ms=zero,
        in_ms=zero,
        t310_ms=none,
        lost_ms=none,
        blame=none,
        toward=none,
    )


def phase_of(state: MobilityState, rules: MobilityRules) -> Int[Array, " user"]:
    """STABLE, PREPARING, EXECUTING, OUT_OF_SYNC or LOST."""
    prepares = (state.until_ms > rules.execution_ms) & ~state.by_itself
    handed = jnp.where(prepares, PREPARING, EXECUTING)
    synced = jnp.where(state.t310_ms >= 0, OUT_OF_SYNC, STABLE)
    there = jnp.where(state.target >= 0, handed, synced)
    return jnp.where(state.lost_ms >= 0, LOST, there).astype(jnp.int32)
