"""Where are a cell's users, when nobody knows more than the cell and how loud it is?

Phones tell the level at which they hear the cell that serves them (the distribution
L1M.SS-RSRP of TS 28.552, or records of minimisation of drive tests), with a place or
without. A cell that is heard louder by all of its users than imagined ones would hear
it has more gain than the inventory says, or has users nearer than imagined. Which of
the two, one level does not tell: what is believed of either moves by how unsure each
was before. Then every imagined user stands for as many as there are at its level.

Everything is found anew from the levels heard lately, so nothing runs away; where
phones fall silent, belief returns to what was imagined.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.network.association import associate
from gemel.network.controls import Controls
from gemel.network.rsrp_bins import BINS, bin_of, middle_dbm
from gemel.twin.belief import Belief

GAIN_DB = 3.0  # how far gains are from inventories, before anything is heard
PLACES_DB = 2.0  # how far a cell's mean level is from the imagined, by places alone
MEMORY_S = 3.0 * 3_600.0  # people move in the course of a day, gains do not
BLUR_DB = 3.0  # two levels so near are hardly told apart: shadows, bodies, noise
ENOUGH = 20.0  # phones at which half of what they say of a cell's levels is believed
MOST_RATIO = 5.0  # no imagined user stands for so many times more or less than before
GUESTS = 0.1  # share of a cell's users beyond which it tells of other zones, too


@eqx.filter_jit
def listened(
    belief: Belief,
    told: Float[Array, "cell bin"],
    controls: Controls,
    period_s: Float[Array, ""],
) -> Belief:
    """The belief after what phones told in a period, under the controls of then.

    Guests of cells asleep say nothing of who lives in a zone: what cells with many of
    them tell is left out, and what was known before is kept meanwhile.
    """
    by_own = controls.awake & ~_with_guests(belief)
    kept = jnp.where(by_own, jnp.exp(-period_s / MEMORY_S), 1.0)
    heard = kept[:, None] * belief.heard + jnp.where(by_own[:, None], told, 0.0)
    phones = heard.sum(1)
    level_dbm = middle_dbm()
    mean_dbm = (heard @ level_dbm) / jnp.maximum(phones, 1e-9)
    apart_db = (level_dbm[None] - mean_dbm[:, None]) ** 2
    scatter = (heard * apart_db).sum(1) / jnp.maximum(phones, 1e-9)
    everyone = eqx.tree_at(lambda c: c.awake, controls, jnp.ones_like(controls.awake))

    def imagined(member):
        users = jax.tree.map(lambda leaf: leaf[member], belief.users)
        served = associate(belief.network.cells, users.candidates, everyone, users.home)
        at_home = served.cell == users.home
        weight = jnp.where(at_home, belief.first_share[member], 0.0)
        sums = _of_cells(weight, users.home, phones.size)
        levels = _of_cells(weight * served.rsrp_dbm, users.home, phones.size)
        return levels / jnp.maximum(sums, 1e-9), sums > 0.0, served.rsrp_dbm, at_home

    each_dbm, there, rsrp_dbm, at_home = jax.lax.map(
        imagined, jnp.arange(belief.members)
    )
    # Members drew their users by chance: by so much their means scatter.
    drawn = jnp.where(there, each_dbm, 0.0).var(0)
    known = there.all(0) & (phones > 0.0)
    doubt = PLACES_DB**2 + drawn + scatter / jnp.maximum(phones, 1e-3)
    trust = jnp.where(known, GAIN_DB**2 / (GAIN_DB**2 + doubt), 0.0)
    # Before any phone speaks, gains are what the inventory says, for all members.
    left_db = GAIN_DB * jnp.sqrt(1.0 - trust)
    off_db = jnp.where(known[None], mean_dbm[None] - each_dbm, 0.0)
    spoken = phones.sum() > 0.0
    gain_db = trust[None] * off_db
    gain_db = gain_db + jnp.where(spoken, left_db, 0.0)[None] * belief.gain_luck
    told_share = _blurred(heard / jnp.maximum(phones, 1e-9)[:, None])
    believed = (phones / (phones + ENOUGH))[:, None]

    def weighed(member):
        home = belief.users.home[member]
        share, mine = belief.first_share[member], at_home[member]
        level = bin_of(rsrp_dbm[member] + gain_db[member][home])
        row = jnp.where(mine, home, phones.size) * BINS + level
        thought = _of_cells(share, row, (phones.size + 1) * BINS)
        thought = _blurred(thought.reshape(-1, BINS)[: phones.size])
        ratio = (told_share + 1e-3) / (thought + 1e-3)
        ratio = jnp.clip(ratio, 1.0 / MOST_RATIO, MOST_RATIO) ** believed
        more = jnp.where(mine, ratio.reshape(-1)[home * BINS + level], 1.0)
        new = share * more
        return new / jnp.maximum(_of_cells(new, home, phones.size), 1e-9)[home]

    share = jax.lax.map(weighed, jnp.arange(belief.members))
    before = jnp.maximum(belief.share, 1e-9)
    return eqx.tree_at(
        lambda b: (b.gain_db, b.share, b.heard, b.users.weight),
        belief,
        (gain_db, share, heard, belief.users.weight * share / before),
    )


def _with_guests(belief: Belief) -> Bool[Array, " cell"]:
    """Which cells the members believe to serve users of other zones."""
    cells = belief.network.cells.layer.size
    away = (belief.serving != belief.users.home).astype(jnp.float32).reshape(-1)
    serving = belief.serving.reshape(-1)
    guests = _of_cells(away, serving, cells)
    return guests > GUESTS * _of_cells(jnp.ones_like(away), serving, cells)


def _of_cells(
    value: Float[Array, " user"], at: Int[Array, " user"], count: int
) -> Float[Array, " cell"]:
    return jax.ops.segment_sum(value, at, count)


def _blurred(share: Float[Array, "cell bin"]) -> Float[Array, "cell bin"]:
    """Smoothed over levels."""
    apart = middle_dbm()[:, None] - middle_dbm()[None]
    kernel = jnp.exp(-0.5 * (apart / BLUR_DB) ** 2)
    return share @ (kernel / kernel.sum(1, keepdims=True))
