"""Where does every user stand when a tick begins, and what may it ask for?"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.events import Asks, searched
from gemel.emulator.mobility.links import Now, looked_up
from gemel.emulator.mobility.relations import Relations
from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.state import (
    HANDOVER,
    NOBODY,
    RECOVERY,
    RESELECTION,
    MobilityState,
    Seen,
)
from gemel.emulator.settings import Settings
from gemel.network.cells import Cells
from gemel.network.controls import Controls


class Situation(eqx.Module):
    """What the beginning of a tick says of every user.

    serving:  -1 also where the cell has just gone off air
    on_air:   it has a serving cell
    lost:     looks for a cell after a failure
    handing:  its cells decide where it goes, not the user
    free:     no handover is under way
    watched:  its radio link is monitored
    hears:    its serving cell, well enough for reports and commands
    sinr_db:  of the serving cell
    """

    serving: Int[Array, " user"]
    on_air: Bool[Array, " user"]
    lost: Bool[Array, " user"]
    handing: Bool[Array, " user"]
    free: Bool[Array, " user"]
    watched: Bool[Array, " user"]
    hears: Bool[Array, " user"]
    sinr_db: Float[Array, " user"]


def situation(
    cells: Cells,
    rules: MobilityRules,
    relations: Relations,
    controls: Controls,
    state: MobilityState,
    seen: Seen,
    can_serve: Bool[Array, " cell"],
) -> tuple[MobilityState, Situation]:
    """The state with everything known of links up to date, and what it means."""
    serving = jnp.where(state.serving >= 0, state.serving, NOBODY)
    serving = jnp.where(can_serve[serving], serving, NOBODY)
    on_air = serving >= 0
    lost = (state.lost_ms >= 0) & seen.connected
    free = state.target < 0
    anchor = jnp.where(on_air, serving, state.known.anchor)
    # A handover under way is finished even if the last byte is gone meanwhile.
    handing = (seen.connected | ~free) & (anchor >= 0) & ~lost
    reason = jnp.where(handing, HANDOVER, RESELECTION)
    reason = jnp.where(lost, RECOVERY, reason).astype(jnp.int32)
    now = Now(
        cell=seen.cell.T,
        rsrp_dbm=seen.rsrp_dbm.T,
        anchor=anchor,
        reason=reason,
        relations=relations,
        individual_offset_db=controls.individual_offset_db,
        can_serve=can_serve,
    )
    state = looked_up(state, now, cells.carriers.priority.size)
    sinr_db = jnp.where(on_air, seen.sinr_db, -jnp.inf)
    return state, Situation(
        serving=serving,
        on_air=on_air,
        lost=lost,
        handing=handing,
        free=free,
        watched=handing & (free | (state.until_ms >= rules.execution_ms)),
        hears=on_air & (sinr_db >= rules.q_out_db) & (state.t310_ms < 0),
        sinr_db=sinr_db,
    )


def asks_of(
    cells: Cells,
    rules: MobilityRules,
    settings: Settings,
    controls: Controls,
    state: MobilityState,
    here: Situation,
    serving_dbm: Float[Array, " user"],
    leaving: Bool[Array, " cell"],
) -> Asks:
    """What every user needs of another cell: its cell's events, or reselection."""
    at = jnp.maximum(state.known.anchor, 0)
    layer, handing = cells.layer[at], here.handing
    offsets_db = controls.handover_margin_db[at] + controls.individual_offset_db[at]
    # Who has no cell takes any; who must leave its cell, too.
    homeless = ~here.on_air & ~handing
    anywhere = homeless | (here.on_air & leaving[at])
    hysteresis_db = jnp.where(handing, settings.hysteresis_db[at], 0.0)
    trigger_ms = jnp.where(
        handing, settings.time_to_trigger_ms[at], rules.t_reselection_ms
    )
    return Asks(
        serving_dbm=serving_dbm,
        margin_db=jnp.where(handing, offsets_db, rules.q_hyst_db),
        hysteresis_db=jnp.where(anywhere, 0.0, hysteresis_db),
        trigger_ms=jnp.where(anywhere, 0, trigger_ms),
        layer=layer,
        searching=searched(rules, state.searching, layer, serving_dbm, hysteresis_db),
        anywhere=anywhere,
        by_strength=here.lost,
    )
