"""Who is heard when several send the same preamble on the same occasion?

Users who chose the same preamble of a cell all lose and hear of it late; a user whom
the cell cannot hear learns it when no response comes. Either way he waits by chance and
tries again (TS 38.321, clauses 5.1.3 to 5.1.5). Only occasions that somebody uses cost
anything, so a quiet network is cheap.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, UInt32

from gemel.emulator.access.rules import AccessRules
from gemel.emulator.traffic.luck import bits_of
from gemel.radio.mixing import mixed

PREAMBLE = 8  # purpose of luck
BACKOFF = 0x51ED270B


class Contention(eqx.Module):
    """All attempts of a tick.

    contending:   still to send, again or for the first time
    due_ms:       when, from the tick's beginning; an occasion
    attempts:     so far
    heard_ms:     when the cell knew who it was; -1 for all others
    sent:         preambles that the cell could hear, of every user
    collided:     those of them that others sent, too
    given_up_ms:  when the last attempt was lost; -1 for all others
    """

    contending: Bool[Array, " user"]
    due_ms: Int[Array, " user"]
    attempts: Int[Array, " user"]
    heard_ms: Int[Array, " user"]
    sent: Int[Array, " user"]
    collided: Int[Array, " user"]
    given_up_ms: Int[Array, " user"]


def contend(
    rules: AccessRules,
    contending: Bool[Array, " user"],
    due_ms: Int[Array, " user"],
    attempts: Int[Array, " user"],
    serving: Int[Array, " user"],
    reachable: Bool[Array, " user"],
    cells: int,
    seed: UInt32[Array, "2"],
    now_ms: Int[Array, ""],
    tick_ms: int,
) -> Contention:
    """Every occasion of a tick, one after the other."""
    users = due_ms.shape[0]
    own = bits_of(seed, PREAMBLE, users)[0]
    reachable = reachable & (serving >= 0)
    nowhere = cells * rules.preambles

    def occasion_from(at_ms: Int[Array, " user"]) -> Int[Array, " user"]:
        return at_ms + jnp.mod(-now_ms - at_ms, rules.occasion_ms)

    def next_ms(so_far: Contention) -> Int[Array, ""]:
        return jnp.where(so_far.contending, so_far.due_ms, tick_ms).min()

    def occasion(carry: tuple[Contention, Int[Array, " preamble"]]):
        so_far, senders = carry
        at_ms = next_ms(so_far)
        sends = so_far.contending & (so_far.due_ms == at_ms)
        # Numbered from the tick: the seed is another one in the next.
        number = (at_ms // rules.occasion_ms).astype(jnp.uint32)
        luck = mixed(own ^ (number * np.uint32(0x85EBCA77)))
        preamble = (luck % np.uint32(rules.preambles)).astype(jnp.int32)
        audible = sends & reachable
        where = jnp.where(audible, serving * rules.preambles + preamble, nowhere)
        senders = senders.at[where].add(1)
        alone = audible & (senders[where] == 1)
        senders = senders.at[where].set(0)  # as clean as before, at the cost of users
        collides = audible & ~alone
        attempts = so_far.attempts + jnp.where(sends, 1, 0)
        failed = sends & ~alone
        enough = failed & (attempts >= rules.preamble_trans_max)
        known_ms = at_ms + rules.response_ms
        late_ms = jnp.where(collides, known_ms + rules.resolution_ms, known_ms)
        wait = mixed(luck ^ np.uint32(BACKOFF)) % np.uint32(rules.backoff_ms + 1)
        again_ms = occasion_from(late_ms + wait.astype(jnp.int32))
        return Contention(
            so_far.contending & ~alone & ~enough,
            jnp.where(failed, again_ms, so_far.due_ms),
            attempts,
            jnp.where(alone, known_ms + rules.exchange_ms, so_far.heard_ms),
            so_far.sent + jnp.where(audible, 1, 0),
            so_far.collided + jnp.where(collides, 1, 0),
            jnp.where(enough, late_ms, so_far.given_up_ms),
        ), senders

    zeros, never = jnp.zeros(users, jnp.int32), jnp.full(users, -1, jnp.int32)
    begin = Contention(
        contending, occasion_from(due_ms), attempts, never, zeros, zeros, never
    )
    after, _ = jax.lax.while_loop(
        lambda carry: next_ms(carry[0]) < tick_ms,
        occasion,
        (begin, jnp.zeros(nowhere + 1, jnp.int32)),
    )
    return after
