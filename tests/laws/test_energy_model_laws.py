"""Does the energy model find the physics that made the numbers, and know its doubt?"""

import functools

import jax.numpy as jnp
import numpy as np
import pytest

from gemel.errors import ScenarioError
from gemel.interfaces.learning.boosting import grow
from gemel.twin.energy_model.clocks import hours_ahead
from gemel.twin.energy_model.doubt import conformal_ends, ends_by_type
from gemel.twin.energy_model.energy_model import predict_energy, radio_type_power
from gemel.twin.energy_model.learning import learn_energy
from gemel.twin.energy_model.rows import Activity, Equipment, filled, rows_of

HOURS = 48
IDLE = {"A": 20.0, "B": 12.0}


def some_network(stations: int, seed: int) -> tuple[Equipment, Activity, np.ndarray]:
    """One to two cells a station; energy is idle plus slope times the load an hour
    later, less half the idle share while saving."""
    luck = np.random.default_rng(seed)
    cells = luck.integers(1, 3, stations)
    station = np.repeat(np.arange(stations), cells)
    types = tuple(luck.choice(["A", "B"], stations)[station])
    first = np.append(True, station[1:] != station[:-1])
    equipment = Equipment(
        station=station,
        radio_type=types,
        mode=("M",) * len(station),
        frequency=np.full(len(station), 1.8),
        bandwidth=np.where(first, 20.0, 10.0),
        antennas=luck.choice([2.0, 4.0], len(station)),
        tx_power=np.full(len(station), 46.0),
    )
    slot = np.arange(HOURS + 1)[:, None]
    load = 0.4 + 0.3 * np.sin(slot / 24 * 2 * np.pi + luck.uniform(0, 1, len(station)))
    load = np.clip(load + 0.05 * luck.standard_normal(load.shape), 0.0, 1.0)
    saving = np.zeros((HOURS + 1, len(station), 2))
    saving[:, :, 0] = luck.uniform(size=load.shape) * (load < 0.3)
    idle = np.array([IDLE[kind] for kind in types]) * np.sqrt(equipment.antennas / 2)
    slope = 15.0 * equipment.bandwidth / 20.0
    power = idle * (1.0 - 0.5 * saving[:, :, 0]) * np.where(first, 1.0, 0.4)
    power = power + slope * load
    energy = np.zeros((HOURS, stations))
    np.add.at(energy.T, station, power[1:].T)
    energy *= np.exp(0.02 * luck.standard_normal(stations))
    return equipment, Activity(load[:HOURS], saving[:HOURS]), energy


@pytest.fixture(scope="module")
def learned():
    equipment, activity, energy = some_network(60, 1)
    energy[luck_lost(energy.shape)] = np.nan
    return learn_energy(equipment, activity, energy, grow=None, seed=0, folds=3)


def luck_lost(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(5).random(shape) < 0.2


def test_stations_never_seen_are_within_a_few_percent(learned):
    model, unseen = learned
    assert model.ahead == 1
    assert unseen.mape_percent() < 5.0  # 2 % is each station's own
    equipment, activity, energy = some_network(30, 2)
    said = predict_energy(model, equipment, activity)
    true = energy[said.hour, said.station]
    wrong = np.abs(said.energy - true) / true
    assert wrong.mean() < 0.05
    inside = (said.low <= true) & (true <= said.high)
    assert inside.mean() > 0.85
    assert len(said.energy) == HOURS * 30


def test_trees_are_carried_along():
    equipment, activity, energy = some_network(30, 3)
    trees = functools.partial(grow, threads=1)
    model, unseen = learn_energy(
        equipment, activity, energy, grow=trees, seed=0, folds=2
    )
    assert unseen.mape_percent() < 6.0
    assert set(unseen.leaves) <= {0, 7, 15, 31}
    said = predict_energy(model, equipment, activity)
    true = energy[said.hour, said.station]
    assert np.mean(np.abs(said.energy - true) / true) < 0.05


def test_idle_power_and_slope_are_found(learned):
    model, _ = learned
    equipment = Equipment(
        station=np.arange(2),
        radio_type=("A", "B"),
        mode=("M", "M"),
        frequency=np.full(2, 1.8),
        bandwidth=np.full(2, 20.0),
        antennas=np.full(2, 2.0),
        tx_power=np.full(2, 46.0),
    )
    radios = radio_type_power(model, equipment, asleep_share=0.1, unit_w=10.0)
    awake = jnp.array([True, True])
    idle_w = np.asarray(radios.power_w(jnp.zeros(2), awake))
    full_w = np.asarray(radios.power_w(jnp.ones(2), awake))
    asleep_w = np.asarray(radios.power_w(jnp.ones(2), ~awake))
    np.testing.assert_allclose(idle_w, [200.0, 120.0], rtol=0.1)
    np.testing.assert_allclose(full_w - idle_w, [150.0, 150.0], rtol=0.15)
    np.testing.assert_allclose(asleep_w, 0.1 * idle_w, rtol=1e-5)


def test_more_load_never_costs_less(learned):
    model, _ = learned
    equipment, activity, _ = some_network(20, 4)
    busier = Activity(np.minimum(activity.load + 0.1, 1.0), activity.saving)
    less = predict_energy(model, equipment, activity).energy
    more = predict_energy(model, equipment, busier).energy
    assert (more >= less).all()


def test_an_unknown_radio_type_is_guessed_with_more_doubt(learned):
    model, _ = learned
    equipment, activity, _ = some_network(20, 4)
    known = predict_energy(model, equipment, activity)
    strange = Equipment(
        equipment.station,
        ("never seen",) * len(equipment.station),
        equipment.mode,
        equipment.frequency,
        equipment.bandwidth,
        equipment.antennas,
        equipment.tx_power,
    )
    said = predict_energy(model, strange, activity)
    assert np.isfinite(said.energy).all()
    assert (said.low < said.energy).all() and (said.energy < said.high).all()
    assert len(said.energy) == len(known.energy)


@pytest.mark.parametrize("ahead", [-1, 0, 1])
def test_the_clocks_of_two_tables_are_set_right(ahead):
    equipment, activity, energy = some_network(15, 6)  # made one hour ahead
    moved = Activity(
        np.roll(activity.load, ahead - 1, axis=0),
        np.roll(activity.saving, ahead - 1, axis=0),
    )
    assert hours_ahead(equipment, moved, energy) == ahead


def test_gaps_are_filled_from_around_and_from_habit():
    load = np.tile(np.linspace(0.0, 0.5, 24), 2)[:, None]
    holed = load.copy()
    holed[30] = np.nan
    whole = filled(Activity(holed, np.zeros((48, 1, 1))), 0)
    assert whole.load[30, 0] == pytest.approx(load[30, 0], abs=0.02)
    known = np.isfinite(holed)
    assert np.array_equal(whole.load[known], holed[known])


def test_a_station_with_one_silent_cell_still_answers():
    equipment, activity, _ = some_network(10, 7)
    load = activity.load.copy()
    second = np.append(False, equipment.station[1:] == equipment.station[:-1])
    load[:, second] = np.nan
    rows = rows_of(equipment, Activity(load, activity.saving), 0, ("A", "B"), ("M",), 4)
    assert len(rows) == HOURS * 10
    assert np.isfinite(rows.load).all()


def test_too_few_stations_are_refused():
    equipment, activity, energy = some_network(5, 8)
    with pytest.raises(ScenarioError, match="needed to say anything of others"):
        learn_energy(equipment, activity, energy, grow=None, seed=0)


def test_the_interval_holds_nine_of_ten_new_stations():
    """Drawn anew many times: coverage of a station that is not in the sample."""
    luck = np.random.default_rng(0)
    held = []
    for _ in range(200):
        own = luck.standard_normal(31)
        off = own[:, None] + 0.3 * luck.standard_normal((31, 20))
        station = np.repeat(np.arange(30), 20)
        low, high = conformal_ends(off[:30].ravel(), station, 0.90)
        held.append(np.mean((low <= off[30]) & (off[30] <= high)))
    assert 0.88 < np.mean(held) < 0.98


def test_with_few_stations_the_interval_has_no_end():
    off = np.linspace(-1.0, 1.0, 10)
    assert conformal_ends(off, np.arange(10), 0.90) == (-np.inf, np.inf)


def test_types_with_few_stations_share_their_doubt():
    luck = np.random.default_rng(1)
    station = np.arange(120)
    kind = np.where(station < 60, 0, np.where(station < 90, 1, 2))
    off = luck.standard_normal(120) * np.where(kind == 0, 0.01, 1.0)
    low, high = ends_by_type(off, station, kind, 3, 0.90)
    assert high[0] < 0.1 < high[1]
    assert high[1] == high[2] == high[3] and low[1] == low[2] == low[3]
