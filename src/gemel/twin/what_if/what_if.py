"""What would a change of controls do to the network, and how sure is that?

The forecast with the change and the forecast without, by the same members with the same
luck: what differs is the change.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.network.candidates import find_candidates
from gemel.network.controls import Controls
from gemel.twin.belief import Belief
from gemel.twin.forecast import Forecast, Thresholds, forecast_jit


class WhatIf(eqx.Module):
    """Both forecasts of one period; compare member by member."""

    before: Forecast
    after: Forecast

    def difference(self, name: str) -> tuple[float, float]:
        """Mean and standard deviation of a KPI's change, over the members."""
        change = np.asarray(self.after.kpis[name]) - np.asarray(self.before.kpis[name])
        return float(change.mean()), float(change.std())


def what_if(
    belief: Belief,
    now: Controls,
    wish: Controls,
    elapsed_s: Float[Array, ""],
    period_s: Float[Array, ""],
    thresholds: Thresholds,
) -> WhatIf:
    """Forecast the period at `elapsed_s` under both controls.

    Where antennas turn or power changes, every member's users listen anew.
    """
    before = forecast_jit(belief, now, elapsed_s, period_s, thresholds)
    heard = belief if _same_air(now, wish) else listen_anew(belief, wish)
    after = forecast_jit(heard, wish, elapsed_s, period_s, thresholds)
    return WhatIf(before, after)


def _same_air(now: Controls, wish: Controls) -> bool:
    knobs = ("power_dbm", "tilt_deg", "azimuth_turn_deg")
    return all(
        np.array_equal(np.asarray(getattr(now, knob)), np.asarray(getattr(wish, knob)))
        for knob in knobs
    )


@eqx.filter_jit
def listen_anew(belief: Belief, controls: Controls) -> Belief:
    """The same people in the same places, with candidates under other antennas."""
    network, places = belief.network, belief.users.places
    members, users = belief.serving.shape
    flat = eqx.tree_at(
        lambda p: (p.position_m, p.indoor, p.penetration_db),
        places,
        (
            places.position_m.reshape(-1, 3),
            places.indoor.reshape(-1),
            places.penetration_db.reshape(members * users, -1),
        ),
    )
    found = find_candidates(network.propagation, network.cells, controls, flat)
    shaped = jnp.asarray(found.cell).reshape(members, users, *found.cell.shape[1:])
    return eqx.tree_at(
        lambda b: b.users.candidates,
        belief,
        eqx.tree_at(
            lambda c: (c.cell, c.gain_db, c.tail_mw, c.refreshed_m),
            found,
            (
                shaped,
                found.gain_db.reshape(shaped.shape),
                found.tail_mw.reshape(members, users, -1),
                found.refreshed_m.reshape(members, users, 3),
            ),
        ),
    )
