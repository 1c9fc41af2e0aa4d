"""Does a belief learn from levels alone how loud cells are, and where users are?"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.network.association import associate
from gemel.network.rsrp_bins import BINS, counted
from gemel.twin.belief import Belief
from gemel.twin.whereabouts import listened

LOUDER_DB = 6.0


def at_home(small, belief: Belief, member: int = 0):
    """Home, level and share of the imagined users whom their home cell serves."""
    users = jax.tree.map(lambda leaf: leaf[member], belief.users)
    served = associate(small.facts.cells, users.candidates, small.controls, users.home)
    mine = np.asarray(served.cell == users.home)
    home, dbm = np.asarray(users.home)[mine], np.asarray(served.rsrp_dbm)[mine]
    return home, dbm, np.asarray(belief.share[member])[mine]


def phones(small, belief: Belief, louder_db: np.ndarray, count: int, only=None):
    """What so many phones of every cell tell, drawn as the first member imagines."""
    rng = np.random.default_rng(9)
    home, dbm, share = at_home(small, belief)
    serving, level = [], []
    for cell in range(len(small.names)):
        there = home == cell
        if only is not None and cell == only[0]:
            there = there & only[1](dbm, dbm[there])
        if not there.any():
            continue
        chance = share[there].astype(np.float64)
        rows = np.flatnonzero(there)
        drawn = rng.choice(rows, count, p=chance / chance.sum())
        serving += [cell] * count
        level += list(dbm[drawn] + louder_db[cell])
    level_dbm = jnp.asarray(level, jnp.float32)
    return counted(jnp.asarray(serving, jnp.int32), level_dbm, len(small.names))


def heard(small, belief: Belief, told, controls=None, periods: int = 1) -> Belief:
    for _ in range(periods):
        period_s = jnp.float32(small.period_s)
        belief = listened(belief, told, controls or small.controls, period_s)
    return belief


@pytest.fixture(scope="module")
def usual_level(small):
    return np.zeros(len(small.names))


@pytest.fixture(scope="module")
def louder(small, usual_level):
    """Every fifth cell is heard louder than imagined."""
    off_db = usual_level.copy()
    off_db[::5] = LOUDER_DB
    return off_db


def test_a_louder_cell_is_believed_to_have_more_gain(small, louder):
    after = heard(small, small.belief, phones(small, small.belief, louder, 100))
    gain_db = np.asarray(after.gain_db).mean(0)
    told = np.asarray(after.heard.sum(1)) > 0
    is_louder = told & (louder > 0)
    # Part of it may be users who are nearer: never all of it is gain. Ten imagined
    # users a zone, whose levels scatter by ten decibels, leave three of doubt.
    more_db = gain_db[is_louder].mean() - gain_db[told & (louder == 0)].mean()
    assert 0.2 * LOUDER_DB < more_db < LOUDER_DB
    assert abs(gain_db[told & (louder == 0)].mean()) < 1.0


def test_shares_of_a_zone_stay_one(small, louder):
    after = heard(small, small.belief, phones(small, small.belief, louder, 100))
    for member in range(after.members):
        home = np.asarray(after.users.home[member])
        total = np.bincount(home, np.asarray(after.share[member]), len(small.names))
        np.testing.assert_allclose(total[np.unique(home)], 1.0, rtol=1e-4)
    assert float(after.share.min()) >= 0.0
    assert np.isfinite(np.asarray(after.users.weight)).all()


def test_users_are_where_the_levels_are(small, usual_level):
    """Phones of one cell tell of near and far, and of nothing in between: the mean is
    as imagined and so is the gain, but imagined users in between count less."""

    def extremes(dbm: np.ndarray, own: np.ndarray) -> np.ndarray:
        return (dbm < np.quantile(own, 0.25)) | (dbm > np.quantile(own, 0.75))

    home, dbm, before = at_home(small, small.belief)
    cell = int(np.bincount(home).argmax())
    told = phones(small, small.belief, usual_level, 200, (cell, extremes))
    after = heard(small, small.belief, told)
    _, _, share = at_home(small, after)
    there = home == cell
    between = there & ~extremes(dbm, dbm[there])
    assert share[between].sum() < 0.8 * before[between].sum()


def test_phones_that_say_nothing_change_nothing(small):
    nothing = jnp.zeros((len(small.names), BINS))
    after = heard(small, small.belief, nothing)
    np.testing.assert_array_equal(after.gain_db, small.belief.gain_db)
    np.testing.assert_allclose(after.share, small.belief.share, rtol=1e-4)


def test_more_phones_leave_less_doubt_and_silence_brings_it_back(small, louder):
    few = heard(small, small.belief, phones(small, small.belief, louder, 2))
    many = heard(small, small.belief, phones(small, small.belief, louder, 200))
    nothing = jnp.zeros((len(small.names), BINS))
    silent = heard(small, many, nothing, periods=60)  # fifteen hours
    spread = {
        name: float(np.asarray(one.gain_db).std(0).mean())
        for name, one in (("few", few), ("many", many), ("silent", silent))
    }
    assert spread["many"] < spread["few"]
    assert spread["many"] < spread["silent"]
    gone_db = np.abs(np.asarray(silent.gain_db).mean(0))[::5].mean()
    assert gone_db < np.abs(np.asarray(many.gain_db).mean(0))[::5].mean()


def test_guests_say_nothing_of_zones(small, louder):
    """While a cell sleeps, its users are told by another: what that one was known by
    before is kept; what all the others tell counts."""
    told = phones(small, small.belief, louder, 100)
    known = heard(small, small.belief, told)
    home = np.asarray(small.belief.users.home)
    asleep = int(np.argmax(np.bincount(home.reshape(-1))))
    host = (asleep + 1) % len(small.names)
    serving = jnp.asarray(np.where(home == asleep, host, home))
    away = dataclasses.replace(known, serving=serving)
    after = heard(small, away, told, small.asleep(asleep))
    for cell in (asleep, host):
        np.testing.assert_array_equal(after.heard[cell], known.heard[cell])
    others = np.delete(np.arange(len(small.names)), [asleep, host])
    more = np.asarray(after.heard.sum(1) > known.heard.sum(1))[others]
    assert (more == np.asarray(told.sum(1) > 0)[others]).all()


def test_a_louder_cell_takes_more_users(small):
    """Gain is heard: the forecast of a twin that believes in it is another."""
    cell = int(np.argmax(np.asarray(small.belief.habit_bps).sum(0)))
    gain_db = small.belief.gain_db.at[:, cell].set(12.0)
    louder = dataclasses.replace(small.belief, gain_db=gain_db)
    one = small.forecast(small.belief, small.controls, small.busy_s)
    other = small.forecast(louder, small.controls, small.busy_s)
    served = [int((np.asarray(each.serving) == cell).sum()) for each in (one, other)]
    assert served[1] > served[0]
