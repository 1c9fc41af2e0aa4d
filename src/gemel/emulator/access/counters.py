"""What does a cell count of connections and random access?"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

# name -> (field, unit, clause of TS 28.552); a mean is the field over the elapsed ms.
MEASUREMENTS = {
    "RRC.ConnEstabAtt": ("conn_estab_att", "1", "5.1.1.15.1"),
    "RRC.ConnEstabSucc": ("conn_estab_succ", "1", "5.1.1.15.2"),
    "RRC.ResumeAtt": ("resume_att", "1", "5.1.1.18.1"),
    "RRC.ResumeSucc": ("resume_succ", "1", "5.1.1.18.2"),
    "RACH.PreambleACell": ("preambles", "1", "5.1.1.20.1"),
    "RRC.ConnMean": ("connected_ms", "1", "5.1.1.4.1"),
    "RRC.ConnMax": ("max_connected", "1", "5.1.1.4.2"),
    "RRC.InactiveConnMean": ("inactive_ms", "1", "5.1.1.4.3"),
    "VS.RACH.Collisions": ("collisions", "1", ""),
}


class AccessCounters(eqx.Module):
    """One value a cell, of a tick or, added up, of a period.

    *_att:           message 3 heard, by what it asked for
    *_succ:          connections that came of it
    preambles:       that the cell could hear; one sent by two counts twice
    collisions:      those of them that others sent, too
    releases:        connections suspended for want of data
    refused:         found no seat
    given_up:        accesses given up after the last preamble
    access_ms:       of all that came to a connection, from the wish on
    connected_ms:    users times time
    inactive_ms:     users times time
    max_connected:   at one moment; sums keep the larger
    """

    conn_estab_att: Int[Array, " cell"]
    conn_estab_succ: Int[Array, " cell"]
    resume_att: Int[Array, " cell"]
    resume_succ: Int[Array, " cell"]
    reestab_att: Int[Array, " cell"]
    reestab_succ: Int[Array, " cell"]
    preambles: Int[Array, " cell"]
    collisions: Int[Array, " cell"]
    releases: Int[Array, " cell"]
    refused: Int[Array, " cell"]
    given_up: Int[Array, " cell"]
    access_ms: Int[Array, " cell"]
    connected_ms: Int[Array, " cell"]
    inactive_ms: Int[Array, " cell"]
    max_connected: Int[Array, " cell"]

    def __add__(self, other: "AccessCounters") -> "AccessCounters":
        total = jax.tree.map(jnp.add, self, other)
        most = jnp.maximum(self.max_connected, other.max_connected)
        return dataclasses.replace(total, max_connected=most)


def zero_access_counters(cells: int) -> AccessCounters:
    """Nothing counted yet."""
    fields = dataclasses.fields(AccessCounters)
    return AccessCounters(*(jnp.zeros(cells, jnp.int32) for _ in fields))


def counted(
    columns: dict[str, Int[Array, " user"]], serving: Int[Array, " user"], cells: int
) -> AccessCounters:
    """What every user adds, by cell; users of no cell add nothing.

    columns:  by field, all but max_connected; a connected user counts there once
    """
    rows = jnp.stack([*columns.values()], axis=-1)
    where = jnp.where(serving < 0, cells, serving)
    sums = jnp.zeros((cells + 1, len(columns)), jnp.int32).at[where].add(rows)[:cells]
    return AccessCounters(
        **{name: sums[:, number] for number, name in enumerate(columns)}
    )
