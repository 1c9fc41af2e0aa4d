"""How loud are the same cells to the same users through antennas turned otherwise?

Way, wall and shadow stay; only the gain of an antenna towards a user changes. So nobody
has to look for cells anew, as long as those that matter are among the candidates: what
is beyond them stays in the tail as it was.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from gemel.network.candidates import Candidates, Places
from gemel.network.cell_gain import turned
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.path_gain import Mast, Propagation, mast_heard
from gemel.network.simulator import Users
from gemel.radio.angles import bearing_and_fall_deg

BITS = 32  # of a word


class Directions(eqx.Module):
    """From every candidate's mast to the user, as antennas see it, degrees."""

    bearing_deg: Float[Array, "user layer k"]
    fall_deg: Float[Array, "user layer k"]


def directions(
    propagation: Propagation, cells: Cells, places: Places, candidates: Candidates
) -> Directions:
    """Once for all the ways that antennas may be turned."""
    no_head = jnp.asarray(0, jnp.int32)  # radio maps are not asked here

    def one_link(user_m, cell):
        mast = Mast(no_head, cells.site[cell], cells.position_m[cell])
        return bearing_and_fall_deg(
            user_m - mast_heard(propagation, mast, user_m).position_m
        )

    each = jax.vmap(jax.vmap(one_link, (None, 0)), (None, 0))
    return Directions(*jax.vmap(each)(places.position_m, candidates.cell))


def same_antennas(before: Controls, after: Controls) -> Bool[Array, ""]:
    """Whether nothing is turned; power is no matter of antennas."""
    tilt = (before.tilt_deg == after.tilt_deg).all()
    return tilt & (before.azimuth_turn_deg == after.azimuth_turn_deg).all()


def retuned(
    cells: Cells,
    candidates: Candidates,
    towards: Directions,
    before: Controls,
    after: Controls,
) -> Candidates:
    """The candidates as `after` would have them heard, which `before` had found."""
    old, new = turned(cells, before), turned(cells, after)

    def one_link(cell, bearing_deg, fall_deg):
        gained_db = new.gain_db(cell, bearing_deg, fall_deg)
        return gained_db - old.gain_db(cell, bearing_deg, fall_deg)

    def turn(gain_db):
        more_db = jax.vmap(jax.vmap(jax.vmap(one_link)))(
            candidates.cell, towards.bearing_deg, towards.fall_deg
        )
        return gain_db + more_db

    gain_db = jax.lax.cond(
        same_antennas(before, after), lambda gain_db: gain_db, turn, candidates.gain_db
    )
    return eqx.tree_at(lambda c: c.gain_db, candidates, gain_db)


def changed_cells(now: Controls, wishes: Controls) -> Bool[Array, "wish cell"]:
    """Which cells' knobs each wish turns."""
    differs = jax.tree.map(lambda one, many: many != one[None], now, wishes)
    return jnp.stack(jax.tree.leaves(differs)).any(0)


def touched_users(
    changed: Bool[Array, "wish cell"], users: Users
) -> UInt32[Array, "word user"]:
    """Who hears a cell, or is at home in one, that a wish changes: a bit a wish, so
    that one look at a link serves 32 of them."""
    wishes, cells = changed.shape
    words = -(-wishes // BITS)
    padded = jnp.zeros((words * BITS, cells), bool).at[:wishes].set(changed)
    bit = jnp.left_shift(jnp.uint32(1), jnp.arange(BITS, dtype=jnp.uint32))
    spread = jnp.where(padded.reshape(words, BITS, cells), bit[None, :, None], 0)
    packed = spread.astype(jnp.uint32).sum(1, dtype=jnp.uint32)

    def one_word(of_cell):
        heard = of_cell[users.candidates.cell]
        any_of = jax.lax.reduce(heard, jnp.uint32(0), jax.lax.bitwise_or, (1, 2))
        return any_of | of_cell[users.home]

    return jax.lax.map(one_word, packed)


def touched_by(
    touched: UInt32[Array, "word user"], number: Int[Array, ""]
) -> Bool[Array, " user"]:
    """Whom the wish of this number touches."""
    shift = (number % BITS).astype(jnp.uint32)
    return (touched[number // BITS] >> shift) & jnp.uint32(1) == 1
