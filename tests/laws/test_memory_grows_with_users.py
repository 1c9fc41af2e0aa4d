"""Does a network of ten times the users and cells need ten times the memory, not more?

Nothing is timed and nothing runs: XLA says what a compiled program will need, also for
a million users, whose arrays are never made.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest

from gemel.network.bins import bins_of
from gemel.network.candidates import Candidates, Places, find_candidates
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.simulator import Network, State, Users, settle
from gemel.network.surroundings import Still
from gemel.radio.propagation import UrbanMacro
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts

BATCH = 4_096  # users whose candidates are found at once
FEW, MANY = 25 * BATCH, 250 * BATCH  # whole batches: a broken one compiles again
LAYERS, K = 2, 16
NEAR = 7  # masts tried for a user, as many as the smaller network has
GIB = 2**30
# Buffers begin at multiples of 64 bytes, and a program has some dozens of them.
PADDING = 64 * 100


class World(NamedTuple):
    network: Network
    cells: Cells
    controls: Controls


class Needs(NamedTuple):
    """Bytes: what goes in, what comes out, and what lies around in between."""

    given: int
    returned: int
    between: int

    @property
    def total(self) -> int:
        return sum(self)


@functools.cache
def world(rings: int) -> World:
    """7 sites in one ring and 61 in four, with six cells each."""
    facts = public_facts(hexagons(0, rings=rings), 0)
    # The same few in both: how many masts are tried is a choice, not the size.
    bins = bins_of(facts.cells, UrbanMacro(), facts.controls, near=NEAR)
    propagation = dataclasses.replace(facts.propagation, k=K, bins=bins)
    ones = jnp.ones(len(facts.cells.name))
    network = Network(facts.cells, propagation, Still(), ones, ones)
    return World(network, facts.cells, facts.controls)


def so_many(tree: Any, users: int) -> Any:
    """The shapes of a tree whose every leaf begins with the axis `user`."""
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((users, *leaf.shape[1:]), leaf.dtype), tree
    )


def some_users() -> Users:
    places = Places(jnp.zeros((1, 3)), jnp.zeros(1, bool), jnp.zeros((1, LAYERS)))
    candidates = Candidates(
        jnp.zeros((1, LAYERS, K), jnp.int32),
        jnp.zeros((1, LAYERS, K)),
        jnp.zeros((1, LAYERS)),
        places.position_m,
    )
    nobody = jnp.full(1, -1, jnp.int32)
    return Users(places, candidates, jnp.ones(1), jnp.ones(1), nobody)


def needs(program: Callable[..., Any], *given: Any) -> Needs:
    size = jax.jit(program).lower(*given).compile().memory_analysis()
    assert size is not None, "this backend does not say what a program needs"
    return Needs(
        size.argument_size_in_bytes,
        size.output_size_in_bytes,
        size.temp_size_in_bytes,
    )


@functools.cache
def step(rings: int, users: int) -> Needs:
    network, _, controls = world(rings)
    one, load = some_users(), jnp.zeros_like(network.rate_factor)
    few = State(one, one.home, load, controls.awake)
    replaced = so_many((few.users, few.serving), users)
    leaves, shape = jax.tree.flatten(few)
    per_user = jax.tree.leaves(replaced)
    # Users and serving are the first leaves of a state; load and awake stay.
    state = jax.tree.unflatten(shape, per_user + leaves[len(per_user) :])
    return needs(settle, network, state, controls, jnp.asarray(60.0))


@functools.cache
def search(rings: int, users: int) -> Needs:
    network, cells, controls = world(rings)
    places = so_many(some_users().places, users)
    return needs(find_candidates, network.propagation, cells, controls, places)


@functools.cache
def dense(rings: int, users: int) -> Needs:
    """What must not be: the distance from everybody to every cell, in a table."""
    _, cells, _ = world(rings)

    def nearest(position_m, cell_m):
        away_m = jnp.abs(position_m[:, None, 0] - cell_m[None, :, 0])
        return jnp.sort(away_m, axis=1)[:, :K]

    places = so_many(some_users().places, users)
    return needs(nearest, places.position_m, cells.position_m)


def a_pair(program: Callable[[int, int], Needs], users: int) -> float:
    """Bytes that each pair of a user and an additional cell takes."""
    small, large = program(1, users), program(4, users)
    more_cells = len(world(4).cells.name) - len(world(1).cells.name)
    # Given is left out: the index over the area is larger, whoever lives there.
    more = large.returned + large.between - small.returned - small.between
    return more / (users * more_cells)


@pytest.mark.parametrize("program", [step, search])
def test_ten_times_the_users_need_at_most_ten_times_the_memory(program):
    few, many = program(1, FEW), program(1, MANY)
    for one, ten in zip(few, many, strict=True):
        assert ten <= MANY / FEW * one + PADDING


@pytest.mark.parametrize("program", [step, search])
def test_no_table_has_an_entry_for_every_user_and_cell(program):
    """Of one batch: in more, candidates might hide a table that is used again."""
    # A table of bits would have an eighth of a byte for every pair.
    assert a_pair(program, BATCH) < 1 / 8


def test_a_table_of_users_and_cells_would_be_noticed():
    assert a_pair(dense, BATCH) >= 4.0


def test_what_is_kept_of_a_user_is_counted_by_candidates_alone():
    """A cell and a gain, four bytes each, a candidate; the rest is a few numbers."""
    one = some_users()
    kept = sum(leaf.nbytes for leaf in jax.tree.leaves(one))
    pairs = sum(leaf.nbytes for leaf in (one.candidates.cell, one.candidates.gain_db))
    assert pairs == LAYERS * K * 8
    # Two places of 3 numbers, wall and tail a layer, three numbers and two flags.
    assert kept - pairs <= 4 * (2 * 3 + 2 * LAYERS + 3) + 2
    returned = search(1, MANY).returned - search(1, FEW).returned
    candidates = sum(leaf.nbytes for leaf in jax.tree.leaves(one.candidates))
    assert abs(returned - (MANY - FEW) * candidates) <= PADDING


def test_a_million_users_fit_into_three_gibibytes():
    """Candidates are there before the step: the two are never needed at once."""
    assert search(1, MANY).total < 3 * GIB
    assert step(1, MANY).total < 3 * GIB
