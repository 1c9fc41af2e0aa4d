"""How does a handover go from the report to the first byte in the new cell?

Preparation, command, execution: TS 38.300 clause 9.2.3.2. A preparation fails when the
target has no seat or by bad luck; a command is lost when the user is out of sync or
T310 runs, and access fails when the target's SINR is below Qout at the end: the
failures of TR 36.839. All times are milliseconds of the tick.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.events import Choice
from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.state import Person
from gemel.units import ratio_from_db


class Course(eqx.Module):
    """What became of every user's handover in this tick.

    begins:     asks for preparation
    refused:    and is turned down
    cut:        the link failed before the command came
    commanded:  the command was sent, or the user goes by itself
    deaf:       but did not hear it
    running:    on its way, to be there at `end_ms`
    arrives:    in this tick
    command_ms, end_ms: between them nobody serves the user
    """

    target: Int[Array, " user"]
    by_itself: Bool[Array, " user"]
    begins: Bool[Array, " user"]
    refused: Bool[Array, " user"]
    cut: Bool[Array, " user"]
    commanded: Bool[Array, " user"]
    deaf: Bool[Array, " user"]
    running: Bool[Array, " user"]
    arrives: Bool[Array, " user"]
    command_ms: Int[Array, " user"]
    end_ms: Int[Array, " user"]


def course(
    rules: MobilityRules,
    person: Person,
    reported: Choice,
    by_itself: Choice,
    hears: Bool[Array, " user"],
    fails_ms: Int[Array, " user"],
    unlucky: Bool[Array, " user"],
    free_seats: Int[Array, " cell"],
    tick_ms: int,
) -> Course:
    """One tick of handovers under way and of those that begin.

    reported:   whom the serving cell is told about; LONG_MS: nobody
    by_itself:  whom a user goes to without being told; that goes first
    hears:      the serving cell well enough for a command
    fails_ms:   when its radio link fails
    """
    on = person.target >= 0
    alone = ~on & (by_itself.at_ms < tick_ms) & (by_itself.at_ms <= fails_ms)
    begins = ~on & ~alone & (reported.at_ms < tick_ms) & (reported.at_ms < fails_ms)
    refused = begins & (unlucky | (free_seats[reported.cell] <= 0))

    target = jnp.where(alone, by_itself.cell, reported.cell)
    target = jnp.where(on, person.target, target)
    alone_ms = by_itself.at_ms + rules.execution_ms
    told_ms = reported.at_ms + rules.preparation_ms + rules.execution_ms
    end_ms = jnp.where(on, person.until_ms, jnp.where(alone, alone_ms, told_ms))
    command_ms = end_ms - rules.execution_ms

    running = on | alone | (begins & ~refused)
    cut = running & (fails_ms < tick_ms) & (fails_ms < command_ms)
    running &= ~cut
    commanded = running & (command_ms >= 0) & (command_ms < tick_ms)
    itself = jnp.where(on, person.by_itself, alone)
    deaf = commanded & ~itself & ~hears
    running &= ~deaf
    return Course(
        target=target,
        by_itself=itself,
        begins=begins,
        refused=refused,
        cut=cut,
        commanded=commanded,
        deaf=deaf,
        running=running,
        arrives=running & (end_ms < tick_ms),
        command_ms=command_ms,
        end_ms=end_ms,
    )


def target_is_heard(
    rules: MobilityRules,
    serving_dbm: Float[Array, " user"],
    target_dbm: Float[Array, " user"],
    sinr_db: Float[Array, " user"],
    comparable: Bool[Array, " user"],
    floor_dbm: Float[Array, " user"],
) -> Bool[Array, " user"]:
    """Whether the target's SINR is above Qout.

    With S and T received from the serving and the target cell, all that arrives is
    S (1 + 1/SINR), and the target's SINR is T over the rest of it: exact while the
    target transmits as much as it is heard, pessimistic while it is less loaded.

    comparable: the serving cell is on air, on the same layer; for others only the level
                counts, and must be above
    floor_dbm:  of the target's layer
    """
    ratio = ratio_from_db(jnp.clip(target_dbm - serving_dbm, -100.0, 60.0))
    around = 1.0 + ratio_from_db(-jnp.clip(sinr_db, -60.0, 60.0)) - ratio
    enough = ratio >= ratio_from_db(rules.q_out_db) * around
    return jnp.where(comparable, enough, target_dbm > floor_dbm)
