"""Where does every user stand with the network?"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from gemel.emulator.access.rules import IDLE


class AccessState(eqx.Module):
    """Times are milliseconds from the beginning of the next tick.

    phase:      IDLE, INACTIVE, ACCESSING or CONNECTED
    quiet_ms:   since there was data, or since the connection was suspended
    barred_ms:  until a user who was turned away may try again
    cause:      of an access: SETUP, RESUME or REESTABLISH
    due_ms:     of an access: its next preamble; if a seat was granted, its end
    attempts:   of an access: preambles sent
    spent_ms:   of an access: since there was something to send
    granted:    a seat is kept for this access,
    cell:       in this cell
    """

    phase: Int[Array, " user"]
    quiet_ms: Int[Array, " user"]
    barred_ms: Int[Array, " user"]
    cause: Int[Array, " user"]
    due_ms: Int[Array, " user"]
    attempts: Int[Array, " user"]
    spent_ms: Int[Array, " user"]
    granted: Bool[Array, " user"]
    cell: Int[Array, " user"]


def begin_access(users: int, phase: int = IDLE) -> AccessState:
    """Everybody in one phase, for no time yet."""
    zeros = jnp.zeros(users, jnp.int32)
    return AccessState(
        phase=jnp.full(users, phase, jnp.int32),
        quiet_ms=zeros,
        barred_ms=zeros,
        cause=zeros,
        due_ms=zeros,
        attempts=zeros,
        spent_ms=zeros,
        granted=jnp.zeros(users, bool),
        cell=jnp.full(users, -1, jnp.int32),
    )
