"""Where does a user come back after its link failed, and who was to blame?

Cell selection and re-establishment of TS 38.331 clause 5.3.7; classes of failures of
TS 38.300 clause 15.5.2.2: too late when the cell never handed over, too early when the
user comes back to where the handover came from, and to a wrong cell otherwise.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from gemel.emulator.mobility.events import Choice
from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.state import NOBODY, Person


class Recovery(eqx.Module):
    """What became of those who were lost when the tick began.

    returns:       in this tick, `at_ms`
    prepared:      by its conditional handover
    with_context:  its new cell knows it
    gives_up:      T311 has ended
    """

    returns: Bool[Array, " user"]
    at_ms: Int[Array, " user"]
    prepared: Bool[Array, " user"]
    with_context: Bool[Array, " user"]
    gives_up: Bool[Array, " user"]


def recovered(
    rules: MobilityRules,
    person: Person,
    lost: Bool[Array, " user"],
    choice: Choice,
    prepared_ms: Int[Array, "link user"],
    related: Bool[Array, "link user"],
    free_seats: Int[Array, " cell"],
    tick_ms: int,
) -> Recovery:
    """One tick of those who look for a cell."""

    def of_choice(table):
        return jnp.take_along_axis(table, choice.link[None, :], 0)[0]

    prepared = of_choice(prepared_ms) >= 0
    needed_ms = jnp.where(prepared, rules.execution_ms, rules.reestablishment_ms)
    at_ms = jnp.maximum(needed_ms - person.lost_ms, choice.at_ms)
    returns = lost & (at_ms < tick_ms) & (person.lost_ms + at_ms <= rules.t311_ms)
    same = choice.cell == person.anchor
    room = free_seats[choice.cell] > 0
    return Recovery(
        returns=returns,
        at_ms=at_ms,
        prepared=returns & prepared,
        with_context=returns & (same | (of_choice(related) & room)),
        gives_up=lost & ~returns & (person.lost_ms + tick_ms > rules.t311_ms),
    )


class Verdict(eqx.Module):
    """Whose fault it was that a user was lost who returns now."""

    too_late: Bool[Array, " user"]
    too_early: Bool[Array, " user"]
    to_wrong_cell: Bool[Array, " user"]


def judged(
    person: Person, returns: Bool[Array, " user"], cell: Int[Array, " user"]
) -> Verdict:
    """By where it comes back; coming back where it was lost is nobody's fault."""
    after_handover = person.toward >= 0
    elsewhere = cell != person.blame
    return Verdict(
        too_late=returns & ~after_handover & elsewhere,
        too_early=returns & after_handover & ~elsewhere,
        to_wrong_cell=returns & after_handover & elsewhere & (cell != person.toward),
    )


def blamed(
    rules: MobilityRules,
    person: Person,
    at_ms: Int[Array, " user"],
    failed_target: Int[Array, " user"],
) -> tuple[Int[Array, " user"], Int[Array, " user"]]:
    """The cell that would be to blame for a loss now, and the neighbour in question.

    failed_target: of a handover that failed; -1 for a radio link that did
    """
    anchor = person.anchor
    soon = (person.previous >= 0) & (person.stay_ms + at_ms < rules.soon_after_ms)
    blame = jnp.where(soon, person.previous, anchor)
    toward = jnp.where(soon, anchor, NOBODY)
    failed = failed_target >= 0
    return (
        jnp.where(failed, anchor, blame),
        jnp.where(failed, failed_target, toward),
    )
