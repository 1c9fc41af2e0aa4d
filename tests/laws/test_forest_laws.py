"""Does a forest say what the library that grew it says, bit for bit of every split?"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.interfaces.learning.boosting import forest_of, grow
from gemel.twin.forest import ROWS_AT_ONCE, Forest

lightgbm = pytest.importorskip("lightgbm")

GAPS = {"none": (), "in training": (0, 2)}
RNG_SEED = 5
SETTINGS = {"verbosity": -1, "num_threads": 1, "min_data_in_leaf": 3, "seed": 1}


def table(rows, gaps=(), seed=RNG_SEED):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 4)).astype(np.float32)
    features[:, 3] = rng.integers(0, 5, rows)
    target = np.sin(3.0 * features[:, 0]) + features[:, 1] * features[:, 3]
    for column in gaps:
        features[rng.random(rows) < 0.2, column] = np.nan
    return features, target


@pytest.mark.parametrize("leaves", [2, 31, 33, 80])
@pytest.mark.parametrize("gaps", GAPS.values(), ids=GAPS)
def test_a_forest_says_what_lightgbm_says(leaves, gaps):
    features, target = table(900, gaps)
    data = lightgbm.Dataset(features, target, params={"verbosity": -1})
    settings = {**SETTINGS, "objective": "regression", "num_leaves": leaves}
    booster = lightgbm.train(settings, data, 12)
    forest = forest_of(booster.dump_model())
    # Rows never seen, with gaps also where training had none, and rows on a threshold.
    asked, _ = table(400, (0, 1, 3), seed=6)
    edges = np.where(np.isfinite(forest.threshold), forest.threshold, 0.0)
    asked[:12, 1] = edges[:, 0]
    theirs = np.asarray(booster.predict(asked))
    # float32 sums of twelve trees
    np.testing.assert_allclose(forest(jnp.asarray(asked)), theirs, rtol=0, atol=3e-5)


def test_many_rows_are_the_rows_one_by_one():
    features, target = table(300)
    forest = small_forest(features, target)
    many = np.tile(features, (30, 1))
    assert len(many) > 2 * ROWS_AT_ONCE and len(many) % ROWS_AT_ONCE
    few = np.asarray(forest(jnp.asarray(features)))
    assert (np.asarray(forest(jnp.asarray(many))) == np.tile(few, 30)).all()


def test_a_forest_answers_one_row_at_a_time_inside_vmap():
    features, target = table(50)
    forest = small_forest(features, target)
    rows = jnp.asarray(features)
    one_by_one = jax.jit(jax.vmap(lambda row: forest(row[None])[0]))(rows)
    np.testing.assert_allclose(one_by_one, forest(rows), rtol=0, atol=1e-6)


def test_its_arrays_are_all_of_it():
    features, target = table(50)
    forest = small_forest(features, target)
    again = Forest.from_arrays(forest.to_arrays())
    rows = jnp.asarray(features)
    assert (np.asarray(again(rows)) == np.asarray(forest(rows))).all()


def test_the_same_seed_grows_the_same_forest():
    features, target = table(300)
    one, again = (small_forest(features, target, seed=3) for _ in range(2))
    other = small_forest(features, target, seed=4)
    assert (np.asarray(one.value) == np.asarray(again.value)).all()
    assert (np.asarray(one.value) != np.asarray(other.value)).any()


def test_a_quantile_has_its_share_below():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4_000, 1)).astype(np.float32)
    target = rng.normal(size=4_000) * (1.0 + (features[:, 0] > 0.0))
    forest = grow(
        features,
        target,
        seed=0,
        objective="quantile",
        quantile=0.1,
        rounds=60,
        leaves=4,
        learning_rate=0.1,
        least_rows=200,
        threads=1,
    )
    below = target < np.asarray(forest(jnp.asarray(features)))
    # Four standard deviations of a share among the rows of one side.
    slack = 4.0 * (0.1 * 0.9 / 2_000) ** 0.5
    for side in (features[:, 0] > 0.0, features[:, 0] <= 0.0):
        assert abs(below[side].mean() - 0.1) < slack


def small_forest(features, target, seed=0):
    return grow(
        features,
        target,
        seed=seed,
        rounds=8,
        leaves=7,
        learning_rate=0.2,
        least_rows=3,
        threads=1,
    )
