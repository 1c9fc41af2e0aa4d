"""What will every cell report next, and how sure is that?

Where a cell is, its own reports say (`levels`); what a change of controls adds, the
ensemble's physics says. Both together are the forecast, for every measurement of TS
28.552 that cells report, with the points that 5 % of outcomes stay below and above.
"""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.network.controls import Controls
from gemel.twin.belief import Belief, habit_step
from gemel.twin.far import far_expected
from gemel.twin.forecast import Thresholds, forecast_jit
from gemel.twin.levels import NAMES, Expected, expected, moved, stacked, told_again
from gemel.twin.what_if.what_if import listen_anew

Horizon = Literal["period", "hour", "day"]
HORIZON_S: dict[Horizon, float] = {"period": 0.0, "hour": 3_600.0, "day": 86_400.0}
ASLEEP = 0.02  # how unsure what a sleeping cell draws is, as a share
ANTENNAS = ("power_dbm", "tilt_deg", "azimuth_turn_deg")


class CellForecast(eqx.Module):
    """One period to come.

    elapsed_s:  when it begins
    mean:       by TS 28.552 name; as likely too high as too low
    low, high:  5 % and 95 % points
    """

    elapsed_s: Float[Array, ""]
    period_s: Float[Array, ""]
    mean: dict[str, Float[Array, " cell"]]
    low: dict[str, Float[Array, " cell"]]
    high: dict[str, Float[Array, " cell"]]


def cell_forecast(
    belief: Belief,
    controls: Controls,
    elapsed_s: float,
    period_s: float,
    horizon: Horizon = "period",
) -> CellForecast:
    """The period `horizon` after the last report, if these controls are set.

    elapsed_s:  when the next period begins: the one after the last report
    """
    ahead_s = max(HORIZON_S[horizon] - period_s, 0.0)
    now_s, when_s = jnp.float32(elapsed_s), jnp.float32(elapsed_s + ahead_s)
    each_s = jnp.float32(period_s)
    found = _expected(belief, now_s, when_s, each_s, horizon)
    parts = {"mean": found.middle, "low": found.low, "high": found.high}
    # What a cell was like awake says nothing of it asleep, however long it has slept.
    if not _same(controls, belief.told_under) or not bool(controls.awake.all()):
        wish = _physics(_listening(belief, controls), controls, when_s, each_s)
        usual = _physics(belief, belief.told_under, when_s, each_s)
        both = controls.awake & belief.told_under.awake
        by = jnp.where(both[None], moved(found.middle, usual, wish), 0.0)
        parts = {name: value + by for name, value in parts.items()}
        # A cell asleep does what sleeping cells do, and hardly less or more.
        asleep = ~controls.awake[None]
        doubt = {"mean": 0.0, "low": -ASLEEP, "high": ASLEEP}
        of_energy = (jnp.arange(len(NAMES)) == NAMES.index("PEE.Energy"))[:, None]
        parts = {
            name: jnp.where(
                asleep, wish + jnp.where(of_energy, doubt[name], 0.0), value
            )
            for name, value in parts.items()
        }
    told = {
        part: {name: told_again(name, value[i]) for i, name in enumerate(NAMES)}
        for part, value in parts.items()
    }
    return CellForecast(when_s, each_s, told["mean"], told["low"], told["high"])


@eqx.filter_jit
def _expected(
    belief: Belief,
    now_s: Float[Array, ""],
    when_s: Float[Array, ""],
    period_s: Float[Array, ""],
    horizon: Horizon,
) -> Expected:
    season = habit_step(belief, now_s - period_s, when_s)
    if horizon == "period":
        return expected(belief.levels, season)
    return far_expected(belief.far[horizon], belief.levels, season)


def _physics(
    belief: Belief,
    controls: Controls,
    when_s: Float[Array, ""],
    period_s: Float[Array, ""],
) -> Float[Array, "name cell"]:
    """The members' mean, which needs no thresholds."""
    said = forecast_jit(belief, controls, when_s, period_s, Thresholds())
    return stacked(said.reported).mean(1)


def _same(one: Controls, other: Controls, knobs: tuple[str, ...] = ()) -> bool:
    names = knobs or tuple(Controls.__dataclass_fields__)
    return all(
        np.array_equal(np.asarray(getattr(one, n)), np.asarray(getattr(other, n)))
        for n in names
    )


def _listening(belief: Belief, controls: Controls) -> Belief:
    """New antennas, new candidates."""
    same = _same(controls, belief.told_under, ANTENNAS)
    return belief if same else listen_anew(belief, controls)
