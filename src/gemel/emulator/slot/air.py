"""What arrives in each group of a slot, from whom it should and from all others?

A slot's channel is that of the pattern's first slot: at walking speed nothing moves
within its few milliseconds. Interference is what the other cells really send in the
slot: of the strongest one by one, with their beams; of the rest on average.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from gemel.radio.small_scale.fading import FadingTraces

UP_EXPLICIT = 4  # cells that hear a user one by one; the others hear the mean


class Links(eqx.Module):
    """A tick's links of one carrier, user by user; link 0 is the serving one.

    cell:     at the other end
    gain:     from antenna port to user, a ratio; 0 where there is no link
    towards:  the beam in which that cell sees the user
    trace, start, step: what fades the link, see `radio.small_scale.fading`; the step
                        is that of a 64th of a millisecond
    tail_mw:  in a resource block from all cells beyond the links, were they all sending
    """

    cell: Int[Array, "link user"]
    gain: Float[Array, "link user"]
    towards: Int[Array, "link user"]
    trace: Int[Array, "link user"]
    start: UInt32[Array, "link user"]
    step: UInt32[Array, "link user"]
    tail_mw: Float[Array, " user"]


class Masts(eqx.Module):
    """Of a carrier's cells and of all their users alike.

    block_mw:   in a resource block at full power, 0 off the air
    leak:       of a beam into the direction of another one, a ratio
    spill:      the mean of `leak`
    noise_mw:   of a user's resource block; up_noise_mw of a base station's
    most_mw:    of a user's transmitter; open_mw what it sends in a block over a path
                without loss, and alpha the share of the loss that it makes up for
                (TS 38.213 clause 7.1.1)
    """

    block_mw: Float[Array, " cell"]
    leak: Float[Array, "beam beam"]
    spill: Float[Array, ""]
    noise_mw: Float[Array, ""]
    up_noise_mw: Float[Array, ""]
    most_mw: Float[Array, ""]
    open_mw: Float[Array, ""]
    alpha: Float[Array, ""]


def faded(
    traces: FadingTraces, links: Links, now: Int[Array, ""]
) -> Float[Array, "link user group"]:
    """Gains of all links at a moment, group by group."""
    places = traces.power.shape[1]
    bits = 32 - (places - 1).bit_length()
    place = (links.start + links.step * now.astype(jnp.uint32)) >> bits
    row = links.trace * places + place.astype(jnp.int32)
    power = traces.power.reshape(-1, traces.power.shape[-1])
    return links.gain[..., None] * power[row]


def beams_in_use(
    power_mw: Float[Array, "group cell"], beam: Int[Array, "group cell"], masts: Masts
) -> Float[Array, "group cell beam"]:
    """Milliwatts that every cell sends towards each of its directions."""
    return power_mw[..., None] * masts.leak[beam]


def down_sinr(
    gain: Float[Array, "link user group"],
    links: Links,
    masts: Masts,
    sends: Float[Array, "group cell beam"],
    busy_share: Float[Array, ""],
    user: Int[Array, "group cell"],
    power_mw: Float[Array, "group cell"],
    beside_mw: Float[Array, "group cell"] | None = None,
) -> Float[Array, "group cell"]:
    """Of each group's user, all power in one layer.

    busy_share: of all cells' groups in this slot
    power_mw:   sent to this user
    beside_mw:  sent in the same group to another user, as far as it leaks to this one
    """
    groups, cells, beams = sends.shape
    group = jnp.arange(groups, dtype=jnp.int32)[:, None]
    arriving = of_group(gain, user)
    code = links.cell * beams + links.towards
    flat = sends.reshape(-1)
    first = group * (cells * beams)
    others_mw = links.tail_mw[user] * (busy_share * masts.spill) + masts.noise_mw
    for link in range(1, gain.shape[0]):
        others_mw = others_mw + arriving[link] * flat[first + code[link][user]]
    if beside_mw is not None:
        others_mw = others_mw + arriving[0] * beside_mw
    return arriving[0] * power_mw / others_mw


def of_group(
    gain: Float[Array, "link user group"], user: Int[Array, "group cell"]
) -> Float[Array, "link group cell"]:
    """All links of the user of each group, in that group."""
    links, users, groups = gain.shape
    group = jnp.arange(groups, dtype=jnp.int32)[:, None]
    return gain.reshape(links, users * groups)[:, user * groups + group]


def up_power_mw(
    own_gain: Float[Array, "*row"], blocks: Float[Array, "*row"], masts: Masts
) -> Float[Array, "*row"]:
    """In one resource block of so many, TS 38.213 clause 7.1.1, open loop."""
    return shared_mw(wanted_mw(own_gain, masts), blocks, masts)


def wanted_mw(own_gain: Float[Array, "*row"], masts: Masts) -> Float[Array, "*row"]:
    """In a resource block, if power were no matter."""
    return masts.open_mw * own_gain ** (-masts.alpha)


def shared_mw(
    wanted_mw: Float[Array, "*row"], blocks: Float[Array, "*row"], masts: Masts
) -> Float[Array, "*row"]:
    """No more than all of a transmitter's power over so many resource blocks."""
    return jnp.minimum(wanted_mw, masts.most_mw / jnp.maximum(blocks, 1.0))


def up_heard(
    gain: Float[Array, "link user group"],
    links: Links,
    power_mw: Float[Array, "group cell"],
    user: Int[Array, "group cell"],
) -> tuple[Float[Array, "group cell"], Float[Array, "group cell"]]:
    """Milliwatts in a resource block: from the own user, and from all others."""
    groups, cells = user.shape
    group = jnp.arange(groups, dtype=jnp.int32)[:, None]
    arriving = of_group(gain, user) * power_mw[None]
    at = group[None] * cells + links.cell[1 : 1 + UP_EXPLICIT][:, user]
    strong = arriving[1 : 1 + UP_EXPLICIT]
    there = jnp.zeros(groups * cells).at[at.reshape(-1)].add(strong.reshape(-1))
    weak = arriving[1 + UP_EXPLICIT :].sum((0, 2)) / cells
    return arriving[0], there.reshape(groups, cells) + weak[:, None]
