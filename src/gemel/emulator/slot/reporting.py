"""What does a cell believe of its users' channels between two reports?

A user reports the CQI of each group (TS 38.214 clause 5.2.2.1) with the interference
of the last while, and over how many layers it would receive most. The uplink is what
the base station measures on sounding signals.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.emulator.slot.air import Links, Masts
from gemel.emulator.slot.rows import Roster
from gemel.emulator.slot.transmission import Report
from gemel.network.link_to_system.slot_tables import SlotTables
from gemel.units import db_from_ratio


def down_sinr_on_average(
    gain: Float[Array, "link user group"],
    links: Links,
    masts: Masts,
    busy: Float[Array, "group cell beam"],
) -> Float[Array, "user group"]:
    """With what the others sent lately, as it arrived: their beams are measured, too.

    busy: how often each group was in use, as strong as it leaks in each direction
    """
    groups, cells, beams = busy.shape
    sends = (busy * masts.block_mw[None, :, None]).reshape(groups, cells * beams).T
    other_mw = links.tail_mw[:, None] * busy.mean() + masts.noise_mw
    code = links.cell * beams + links.towards
    for link in range(1, gain.shape[0]):
        other_mw = other_mw + gain[link] * sends[code[link]]
    return gain[0] * masts.block_mw[links.cell[0]][:, None] / other_mw


def report_of(
    tables: SlotTables,
    roster: Roster,
    sinr: Float[Array, "user group"],
    group_prb: Int[Array, " group"],
    elements: int,
    most_layers: int,
) -> tuple[Report, Int[Array, " user"]]:
    """Rows of what users report, and their wideband CQI."""
    sinr_db = db_from_ratio(jnp.maximum(sinr, 1e-6))
    carried, found = [], []
    streams = [n for n in (1, 2, 4, 8) if n <= most_layers]
    for layers in streams:
        index = tables.cqi_of(sinr_db - 10.0 * jnp.log10(float(layers)))
        found.append(index)
        carried.append(float(layers) * tables.cqi_efficiency[index])
    by_rank = jnp.stack(carried)
    best = jnp.argmax(by_rank.sum(2), 0)
    rank = jnp.asarray(streams, jnp.int32)[best]
    index = jnp.take_along_axis(jnp.stack(found), best[None, :, None], 0)[0]
    bits = jnp.take_along_axis(by_rank, best[None, :, None], 0)[0]
    worth = bits * (group_prb * elements).astype(jnp.float32)[None] / 8.0
    split_db = db_from_ratio(rank.astype(jnp.float32))[:, None]
    # What the CQI stands for: at least so much, all power in one layer.
    known_db = tables.cqi_sinr_db[index] + split_db
    # Out of range is worth a try with what little there is: one byte a group.
    worth = jnp.maximum(worth, 1.0)

    def rows(of_user: Float[Array, "user group"]) -> Float[Array, "seat group cell"]:
        return jnp.moveaxis(of_user[roster.user], 2, 1)

    return Report(rows(known_db), rows(worth), rank[roster.user]), index[:, 0]
