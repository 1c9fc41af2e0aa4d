"""What does every user hear of every candidate right now, fast fading included?

Layer 1 averages over the band, so a measurement is the link's level times the mean of
its groups' fading. Links come flattened: layer times k plus the number in its list.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from gemel.network.association import per_element_db
from gemel.network.candidates import ABSENT_DB, Candidates, Places
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.path_gain import Propagation
from gemel.radio.link import Link
from gemel.radio.small_scale.fading import FadingTraces
from gemel.units import db_from_ratio

LEAST_SPEED_MPS = 0.3  # who sits still is passed by others
UNHEARD_DBM = -400.0
LINE_OF_SIGHT_STATES = 2


class Wide(eqx.Module):
    """Fading averaged over the band, of one layer.

    power_db: of a trace at a place
    """

    power_db: Float[Array, "trace place"]

    def at(
        self, trace: Int[Array, "*link"], place: UInt32[Array, "*link"]
    ) -> Float[Array, "*link"]:
        places = self.power_db.shape[1]
        number = place >> jnp.uint32(32 - (places - 1).bit_length())
        return self.power_db.reshape(-1)[trace * places + number.astype(jnp.int32)]


def wide_of(traces: FadingTraces) -> Wide:
    """The same traces without their groups."""
    return Wide(db_from_ratio(jnp.maximum(traces.power.mean(-1), 1e-6)))


class Wave(eqx.Module):
    """Which part of which trace every candidate link goes through.

    step: places a 64th of a millisecond
    """

    trace: Int[Array, "layer k user"]
    start: UInt32[Array, "layer k user"]
    step: UInt32[Array, "layer user"]


def sights(
    propagation: Propagation, cells: Cells, places: Places, candidates: Candidates
) -> Int[Array, "layer k user"]:
    """State of every candidate link, see `small_scale.parameters.STATES`."""
    sight, path_loss = propagation.line_of_sight, propagation.path_loss

    def one(user_m, indoor, cell):
        head_m, site = cells.position_m[cell], cells.site[cell]
        link = Link.between(user_m, head_m, jnp.asarray(1.0), jnp.asarray(False))
        probability = path_loss.line_of_sight_probability(
            link.distance_2d_m, user_m[2], head_m[2]
        )
        sees = sight.sees(user_m, indoor, head_m, site, probability)
        return jnp.where(sees, 0, 1) + jnp.where(indoor, LINE_OF_SIGHT_STATES, 0)

    each = jax.vmap(one, (0, 0, 0))
    each = jax.vmap(jax.vmap(each, (None, None, 0)), (None, None, 0))
    cell = jnp.moveaxis(candidates.cell, 0, 2)
    return each(places.position_m, places.indoor, cell).astype(jnp.int32)


def heard_dbm(
    cells: Cells,
    controls: Controls,
    candidates: Candidates,
    wide: tuple[Wide, ...],
    wave: Wave,
    on_air: Bool[Array, " cell"],
    now: Int[Array, ""],
) -> Float[Array, "user link"]:
    """SS-RSRP of every candidate at a moment (64ths of a millisecond)."""
    offset_db = controls.power_dbm + per_element_db(cells)
    shown_db = jnp.where(on_air, offset_db, UNHEARD_DBM)
    level_dbm = candidates.gain_db + shown_db[candidates.cell]
    fade_db = []
    for layer, of_layer in enumerate(wide):
        gone = wave.step[layer] * now.astype(jnp.uint32)
        place = wave.start[layer] + gone[None]
        fade_db.append(of_layer.at(wave.trace[layer], place))
    level_dbm = level_dbm + jnp.moveaxis(jnp.stack(fade_db), 2, 0)
    there = candidates.gain_db > ABSENT_DB
    level_dbm = jnp.where(there, jnp.maximum(level_dbm, UNHEARD_DBM), UNHEARD_DBM)
    return level_dbm.reshape(level_dbm.shape[0], -1)
