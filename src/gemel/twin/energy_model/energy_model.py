"""How much energy does a base station use in an hour, by its equipment and its load?

A formula for every radio type gives the shape (`energy_model_power`); boosted trees say
how far a station of this equipment, load and saving is from it; and how far both were
off at stations that had no part in learning makes the interval.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from gemel.twin.energy_model.power import (
    Radios,
    RadioTypePower,
    TypePowers,
    idle_and_slope,
    kept,
    radios,
    station_power,
)
from gemel.twin.energy_model.rows import Activity, Equipment, Rows, rows_of
from gemel.twin.forest import Forest
from gemel.twin.trees import said_by

PLACES = 4  # cells of a station that are looked at
SURE = 0.90  # of every interval


class EnergyModel(eqx.Module):
    """What was learned; everything is in the unit that energy was measured in.

    types, modes:  the names that it knows, in the order of its numbers
    ahead:         whose hour an hour of energy is, see `rows_of`
    forest:        natural logarithm of what is measured over what the formula says
    low, high:     logarithm of the factors of the interval's ends, by type; the last
                   are for types that it does not know
    """

    powers: TypePowers
    forest: Forest | None
    low: Float[np.ndarray, " doubt"]
    high: Float[np.ndarray, " doubt"]
    types: tuple[str, ...] = eqx.field(static=True)
    modes: tuple[str, ...] = eqx.field(static=True)
    ahead: int = eqx.field(static=True)


class PredictedEnergy(NamedTuple):
    """Energy of stations in hours, with a 90 % interval for a station never seen."""

    hour: Int[np.ndarray, " row"]
    station: Int[np.ndarray, " row"]
    energy: Float[np.ndarray, " row"]
    low: Float[np.ndarray, " row"]
    high: Float[np.ndarray, " row"]


def predict_energy(
    model: EnergyModel, equipment: Equipment, activity: Activity
) -> PredictedEnergy:
    """The energy of every station and hour of which one cell said something."""
    rows = rows_of(equipment, activity, model.ahead, model.types, model.modes, PLACES)
    told = radios(rows, len(model.types), len(model.modes))
    log_energy = log_power(model.powers, told)
    if model.forest is not None:
        features = features_of(model.powers, rows, told)
        log_energy = log_energy + said_by(model.forest, features)
    # A number of -1, of an unknown type, is the last one.
    low, high = (ends[rows.radio_type[:, 0]] for ends in (model.low, model.high))
    return PredictedEnergy(
        rows.hour,
        rows.station,
        np.exp(log_energy),
        np.exp(log_energy + low),
        np.exp(log_energy + high),
    )


def log_power(powers: TypePowers, told: Radios) -> Float[np.ndarray, " row"]:
    """Natural logarithm of what the formula says."""
    return np.asarray(jnp.log(station_power(powers, told)), np.float64)


def features_of(
    powers: TypePowers, rows: Rows, told: Radios
) -> Float[np.ndarray, "row feature"]:
    """What the trees look at. A radio type is the power that it was found to have, so
    that neighbours among types are alike."""
    idle, slope = (np.asarray(part) for part in idle_and_slope(powers, told))
    formula = np.asarray(station_power(powers, told))
    first = rows.radio_type[:, 0]
    width = rows.bandwidth * rows.there
    columns = [
        np.log(formula),
        np.log(idle.sum(1)),
        np.log(slope.sum(1)),
        np.append(np.asarray(powers.idle_of_type), np.nan)[first],
        np.append(np.asarray(powers.slope_of_type), np.nan)[first],
        first.astype(np.float32),
        rows.mode[:, 0].astype(np.float32),
        rows.frequency[:, 0],
        rows.bandwidth[:, 0],
        rows.antennas[:, 0],
        rows.tx_power[:, 0],
        rows.there.sum(1),
        width.sum(1),
        (rows.antennas * width).sum(1),
        rows.load[:, 0],
        rows.said,
        (width * rows.load).sum(1),
        np.asarray(kept(powers, told))[:, 0],
        *rows.saving[:, 0].T,
    ]
    return np.column_stack(columns).astype(np.float32)


def radio_type_power(
    model: EnergyModel,
    equipment: Equipment,
    asleep_share: float,
    unit_w: float = 1.0,
) -> RadioTypePower:
    """The radios of a network, each by its type, as `network.energy` wants power.

    Every cell counts as the first of its station. The formula alone answers, because a
    network model must be a smooth function of load.

    asleep_share:  of its idle power that a cell draws asleep; measurements of radios
                   that never sleep deeply do not say
    unit_w:        watts of one unit of the measured energy
    """
    cells = len(equipment.radio_type)
    alone = Equipment(
        np.arange(cells),
        equipment.radio_type,
        equipment.mode,
        equipment.frequency,
        equipment.bandwidth,
        equipment.antennas,
        equipment.tx_power,
    )
    modes = model.powers.saved.shape[0]
    still = Activity(np.zeros((1, cells)), np.zeros((1, cells, modes)))
    rows = rows_of(alone, still, 0, model.types, model.modes, 1)
    idle, slope = idle_and_slope(
        model.powers, radios(rows, len(model.types), len(model.modes))
    )
    return RadioTypePower(idle[:, 0], slope[:, 0], asleep_share * idle[:, 0], unit_w)
