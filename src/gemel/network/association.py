"""Which cell serves each user?

Absolute priorities first (TS 38.304 clause 5.2.4.5): the highest layer whose SS-RSRP is
above its entry level. Within a layer the strongest, cell individual offset included,
and a neighbour only when it is better than today's cell by the handover margin (the A3
event of TS 38.331 clause 5.5.4.4 seen at steps longer than its timers).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.network.candidates import Candidates
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.units import db_from_ratio

PRIORITY_STEP_DB = 1_000.0  # far above any level: priority decides before strength
SUBCARRIERS_PER_PRB = 12.0


class Served(eqx.Module):
    """Who serves, and the co-layer candidates that interfere.

    cell:      of the serving cell
    layer:     of the serving cell
    gain_db:   of the serving cell
    rsrp_dbm:  SS-RSRP of the serving cell, per resource element
    covered:   a cell above ABSENT was found at all
    """

    cell: Int[Array, " user"]
    layer: Int[Array, " user"]
    gain_db: Float[Array, " user"]
    rsrp_dbm: Float[Array, " user"]
    covered: Bool[Array, " user"]


def per_element_db(cells: Cells) -> Float[Array, " cell"]:
    """From carrier power down to the power of one resource element."""
    return -db_from_ratio(SUBCARRIERS_PER_PRB * cells.carriers.prb)[cells.layer]


def associate(
    cells: Cells,
    candidates: Candidates,
    controls: Controls,
    serving: Int[Array, " user"],
) -> Served:
    """The serving cell of every user; `serving` is today's, or -1 for a newcomer."""
    offset_db = controls.power_dbm + per_element_db(cells)
    priority = PRIORITY_STEP_DB * cells.carriers.priority
    entry_dbm = cells.carriers.entry_dbm
    shown_db = jnp.where(controls.awake, offset_db, -jnp.inf)

    # One look-up a link: the offsets of a cell together.
    level_db = shown_db + controls.individual_offset_db

    def one_user(cell, gain_db, serving):
        margin_db = controls.handover_margin_db[serving]
        stays = jnp.where(cell == serving, margin_db, 0.0)
        level_dbm = gain_db + level_db[cell] + stays
        preferred = level_dbm >= entry_dbm[:, None]
        score = level_dbm + jnp.where(preferred, priority[:, None], 0.0)
        best = jnp.argmax(score.reshape(-1))
        layer = (best // cell.shape[1]).astype(jnp.int32)
        chosen, heard_db = cell.reshape(-1)[best], gain_db.reshape(-1)[best]
        rsrp_dbm = heard_db + shown_db[chosen]
        return chosen, layer, heard_db, rsrp_dbm, rsrp_dbm > -200.0

    found = jax.vmap(one_user)(candidates.cell, candidates.gain_db, serving)
    return Served(*found)


def served_by(
    cells: Cells,
    candidates: Candidates,
    controls: Controls,
    serving: Int[Array, " user"],
) -> Served:
    """What those cells are to their users; -1 or no candidate covers nobody."""
    offset_db = controls.power_dbm + per_element_db(cells)
    shown_db = jnp.where(controls.awake, offset_db, -jnp.inf)

    def one_user(cell, gain_db, serving):
        at = jnp.argmax(cell.reshape(-1) == serving)
        found = (serving >= 0) & (cell.reshape(-1)[at] == serving)
        heard_db = jnp.where(found, gain_db.reshape(-1)[at], -jnp.inf)
        chosen = jnp.maximum(serving, 0)
        rsrp_dbm = heard_db + shown_db[chosen]
        layer = cells.layer[chosen]
        return chosen, layer, jnp.maximum(heard_db, -400.0), rsrp_dbm, rsrp_dbm > -200.0

    found = jax.vmap(one_user)(candidates.cell, candidates.gain_db, serving)
    return Served(*found)
