"""How much less do people want where they would get little?

No report says it, but every cell tells what it carried and how many blocks that took.
Did everybody want the same wherever they are, those at the edge would take most of the
blocks, and cells with many of them would be far fuller than others that carry as much.
So below some rate in an empty network people want less, in proportion; which rate it
is, yesterday's reports decide.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.network.association import associate
from gemel.network.controls import Controls
from gemel.network.own_layer import own_layer
from gemel.network.simulator import Network, Users
from gemel.twin.source import Measured, Observation
from gemel.units import BIT_PER_KBIT

# Rates beyond which nobody wants more for them; with the first everybody is content.
CONTENT_BPS = (1e3, 2e6, 5e6, 1e7, 2e7, 3e7, 5e7, 7e7, 1e8, 2e8, 4e8)
LEAST = 0.02  # of what the content want
FEWEST = 0.02  # of the blocks, for a cell's use of them to say anything


def wanting_of(
    network: Network,
    users: Users,
    share: Float[Array, "member user"],
    controls: Controls,
    yesterday: list[Observation],
) -> Float[Array, "member user"]:
    """What each imagined user wants, as a part of what the content want.

    share:      of its zone's demand, if all wanted alike
    yesterday:  while all cells were awake; where it says nothing, all are content
    """
    volume_bps, load = _told(yesterday)
    idle_bps, off = _tried(network, users, share, controls, volume_bps, load)
    best = int(np.argmin(np.asarray(off)))
    return wanted(idle_bps, CONTENT_BPS[best])


def wanted(
    idle_bps: Float[Array, "*axes"], content_bps: float | Float[Array, ""]
) -> Float[Array, "*axes"]:
    """The part of what the content want, by the rate in an empty network."""
    return jnp.clip(idle_bps / content_bps, LEAST, 1.0)


def asked(
    share: Float[Array, "member user"],
    wanting: Float[Array, "member user"],
    home: Int[Array, "member user"],
    zones: int,
) -> Float[Array, "member user"]:
    """The part of its zone's demand that each imagined user asks for."""

    def one_member(share, wanting, home):
        wants = share * wanting
        total = jax.ops.segment_sum(wants, home, zones)
        return wants / jnp.maximum(total, 1e-9)[home]

    return jax.vmap(one_member)(share, wanting, home)


def rates_bps(
    network: Network,
    users: Users,
    controls: Controls,
    load: Float[Array, " cell"],
) -> tuple[Float[Array, " user"], Float[Array, " user"]]:
    """What each would get of an empty cell: in an empty network, and in one as full as
    this."""
    served = associate(network.cells, users.candidates, controls, users.home)
    link = own_layer(
        network.cells,
        users.candidates,
        served,
        controls,
        jnp.ones_like(users.weight),
        users.weight,
    )
    return link.rate_bps(jnp.zeros_like(load)), link.rate_bps(load)


def blocks_taken(
    wants: Float[Array, " user"],
    rate_bps: Float[Array, " user"],
    home: Int[Array, " user"],
    volume_bps: Float[Array, " cell"],
) -> Float[Array, " cell"]:
    """The share of its blocks that every cell needs for what it carries; whom it does
    not reach, it carries nothing for."""
    zones = volume_bps.size
    reached = rate_bps > 0.0
    each = jnp.where(reached, wants / jnp.where(reached, rate_bps, 1.0), 0.0)
    takes = jax.ops.segment_sum(each, home, zones)
    total = jax.ops.segment_sum(jnp.where(reached, wants, 0.0), home, zones)
    return volume_bps * takes / jnp.maximum(total, 1e-9)


@eqx.filter_jit
def _tried(
    network: Network,
    users: Users,
    share: Float[Array, "member user"],
    controls: Controls,
    volume_bps: Float[Array, " cell"],
    load: Float[Array, " cell"],
) -> tuple[Float[Array, "member user"], Float[Array, " content"]]:
    """Rates in an empty network, and how far from those told the blocks would be with
    each of CONTENT_BPS: the mean logarithm, whichever way, over cells and members."""
    known = (load > FEWEST) & (volume_bps > 0.0)

    def one_member(member):
        own = jax.tree.map(lambda leaf: leaf[member], users)
        idle_bps, rate_bps = rates_bps(network, own, controls, load)

        def off(content_bps):
            wants = share[member] * wanted(idle_bps, content_bps)
            blocks = blocks_taken(wants, rate_bps, own.home, volume_bps)
            apart = jnp.log(jnp.maximum(blocks, 1e-9) / jnp.maximum(load, 1e-9))
            apart = jnp.where(known, jnp.abs(apart), 0.0)
            return apart.sum() / jnp.maximum(known.sum(dtype=load.dtype), 1.0)

        return idle_bps, jax.lax.map(off, jnp.asarray(CONTENT_BPS))

    idle_bps, off = jax.lax.map(one_member, jnp.arange(share.shape[0]))
    return idle_bps, off.mean(0)


def _told(
    yesterday: list[Observation],
) -> tuple[Float[Array, " cell"], Float[Array, " cell"]]:
    """What was carried and how full cells were, over the periods that told both; zero
    where none did."""
    bps, load, both = [], [], []
    for report in yesterday:
        volume = report.measured["DRB.PdcpSduVolumeDL"]
        blocks = report.measured.get("RRU.PrbTotDl", _unsaid(volume))
        both.append(np.asarray(volume.present & blocks.present))
        kbit = np.asarray(volume.value, np.float64)
        bps.append(kbit * BIT_PER_KBIT / float(report.period_s))
        # Whole per cents are rounded down: on average half a point is missing.
        load.append(0.01 * (np.asarray(blocks.value, np.float64) + 0.5))
    there = np.stack(both)
    count = np.maximum(there.sum(0), 1)

    def mean(value: list[np.ndarray]) -> Float[Array, " cell"]:
        total = np.where(there, np.stack(value), 0.0).sum(0)
        return jnp.asarray(total / count, jnp.float32)

    return mean(bps), mean(load)


def _unsaid(like: Measured) -> Measured:
    """Of as many cells, nothing."""
    nothing = jnp.zeros_like(like.value)
    return Measured(nothing, jnp.zeros_like(like.present), nothing)
