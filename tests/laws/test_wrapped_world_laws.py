"""Does everybody on a textbook grid that is wrapped around live in the middle of it?"""

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.network.bins import bins_of
from gemel.network.candidates import Candidates, Places, find_candidates
from gemel.network.line_of_sight import AlwaysSeen
from gemel.network.path_gain import Propagation
from gemel.network.wrap_around import hexagonal_wrap_around
from gemel.radio.propagation import UrbanMacro
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts

RINGS, INTER_SITE_M, USERS, K = 2, 500.0, 40, 12
LAYERS = 2


@functools.cache
def facts():
    return public_facts(hexagons(0, rings=RINGS, inter_site_m=INTER_SITE_M), 0)


def around(site: int) -> Places:
    """The same people, each time around another site."""
    rng = np.random.default_rng(7)
    away_m = np.c_[
        rng.uniform(-0.4, 0.4, (USERS, 2)) * INTER_SITE_M, np.full(USERS, 1.5)
    ]
    away_m[:, :2] += np.sign(away_m[:, :2]) * 40.0
    mast_m = np.asarray(facts().cells.position_m)[6 * site] * [1.0, 1.0, 0.0]
    return Places(
        jnp.asarray(mast_m + away_m, jnp.float32),
        jnp.zeros(USERS, bool),
        jnp.zeros((USERS, LAYERS)),
    )


@functools.cache
def heard(site: int, wrapped: bool) -> Candidates:
    cells, controls = facts().cells, facts().controls
    # One tilt for all: the planner aims at neighbours, of whom a border has fewer.
    same = dataclasses.replace(controls, tilt_deg=jnp.full_like(controls.tilt_deg, 8.0))
    wrap = hexagonal_wrap_around(RINGS, INTER_SITE_M) if wrapped else None
    bins = bins_of(cells, UrbanMacro(), same, every=wrapped)
    sight = AlwaysSeen()
    way = Propagation(UrbanMacro(), sight, None, bins, K, wrap_around=wrap)
    return eqx.filter_jit(find_candidates)(way, cells, same, around(site))


def all_power_mw(candidates: Candidates) -> np.ndarray:
    kept = np.exp(0.2302585 * np.asarray(candidates.gain_db, float)).sum(2)
    return kept


@pytest.mark.parametrize("site", [0, 2, 7, 18])
def test_a_border_hears_what_the_middle_hears(site):
    middle, border = heard(9, True), heard(site, True)
    # Metres in float32, on the flank of a lobe.
    assert np.allclose(all_power_mw(border), all_power_mw(middle), rtol=2e-3, atol=0.0)
    assert np.allclose(border.tail_mw, middle.tail_mw, rtol=5e-3)


def test_without_wrapping_the_border_is_quieter():
    middle, border = heard(9, False), heard(18, False)
    assert (np.asarray(border.tail_mw) < 0.9 * np.asarray(middle.tail_mw)).mean() > 0.9


def test_the_middle_of_a_wrapped_world_is_where_it_was():
    leaves = zip(*map(jax.tree.leaves, (heard(9, True), heard(9, False))), strict=True)
    cell, gain_db, *_ = leaves
    strongest_db = np.asarray(gain_db[0]).max(2), np.asarray(gain_db[1]).max(2)
    assert np.allclose(*strongest_db, atol=1e-2)
    assert (np.asarray(cell[0])[:, :, 0] == np.asarray(cell[1])[:, :, 0]).mean() > 0.99
