"""Does everybody of a mixture get his family's traffic, and what it is promised?"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.traffic import MIXED, TRAFFIC, draw_mix, five_qi
from gemel.errors import ScenarioError

USERS = 90


@eqx.filter_jit
def arrivals(traffic, state, wanted_bps, key):
    return traffic.arrivals(state, wanted_bps, key, jnp.int32(80), 40)


@eqx.filter_jit
def begun(traffic, *how):
    return traffic.begin(*how)


def mixed(seed=0, shares=MIXED, users=USERS):
    return draw_mix(shares, users, np.random.default_rng(seed))


def test_a_user_gets_what_his_family_alone_would_give_him():
    mix = mixed()
    state = begun(mix, jax.random.key(0))
    key = jax.random.key(1)
    _, down, up = arrivals(mix, state, mix.nominal_bps * 30.0, key)
    for number, family in enumerate(mix.families):
        who = mix.members[number]
        own = begun(family, len(who), jax.random.fold_in(jax.random.key(0), number))
        _, own_down, own_up = arrivals(
            family, own, mix.nominal_bps[who] * 30.0, jax.random.fold_in(key, number)
        )
        for whole, part in ((down, own_down), (up, own_up)):
            assert (whole.at_us[:, who] == part.at_us).all()
            assert (whole.size_byte[:, who] == part.size_byte).all()


def test_everybody_has_one_family_and_its_promise():
    mix = mixed()
    everybody = np.concatenate([np.asarray(member) for member in mix.members])
    assert sorted(everybody) == list(range(USERS))
    for number, (family, name) in enumerate(zip(mix.families, mix.names, strict=True)):
        who = mix.members[number]
        assert len(who) == pytest.approx(MIXED[name] * USERS, abs=1)
        assert (mix.family[who] == number).all()
        assert (mix.slice[who] == family.sst - 1).all()
        row = five_qi(family.five_qi)
        assert (mix.quality.five_qi[who] == row.number).all()
        assert (mix.quality.priority[who] == row.priority).all()
        assert (mix.quality.delay_budget_ms[who] == row.delay_budget_ms).all()
        assert (mix.quality.delay_critical[who] == row.delay_critical).all()
        assert ((mix.quality.guaranteed_down_bps[who] > 0) == row.guaranteed).all()


def test_who_has_what_is_drawn():
    assert (mixed(0).family == mixed(0).family).all()
    assert not (mixed(0).family == mixed(1).family).all()


@pytest.mark.parametrize("name", TRAFFIC)
def test_every_family_keeps_a_rate_only_where_its_5qi_does(name):
    family = TRAFFIC[name]()
    kept = five_qi(family.five_qi).guaranteed
    assert all((bps > 0) == kept for bps in family.guaranteed_bps)
    assert family.sst in (1, 2, 3)


def test_a_greedy_user_takes_the_room_and_nobody_else_is_cut():
    mix = mixed(shares={"full_buffer": 0.5, "control": 0.5})
    state = begun(mix, jax.random.key(0))
    _, down, _ = arrivals(mix, state, mix.nominal_bps, jax.random.key(1))
    free = jnp.arange(USERS, dtype=jnp.int32) * 7
    taken = mix.taken(down, free)
    total = taken.total_byte()
    assert (total[mix.greedy] == free[mix.greedy]).all()
    assert (total[~mix.greedy] == down.total_byte()[~mix.greedy]).all()
    assert int(down.total_byte()[mix.greedy].min()) > int(free.max())


@pytest.mark.parametrize(
    ("shares", "users", "says"),
    [
        ({"web": 0.5, "telex": 0.5}, 10, "telex.*full_buffer"),
        ({"web": 0.5, "voice": 0.6}, 10, "1.1"),
        ({"web": 1.5, "voice": -0.5}, 10, "0 or more"),
        ({}, 10, "make 0"),
        ({"web": 1.0}, 0, "give one"),
    ],
)
def test_nonsense_is_refused(shares, users, says):
    with pytest.raises(ScenarioError, match=says):
        mixed(shares=shares, users=users)


def test_an_unknown_5qi_names_the_known():
    with pytest.raises(ScenarioError, match="known are 1, 2"):
        five_qi(200)
