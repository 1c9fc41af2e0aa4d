"""How does a stand-in go on, in another process, exactly where it was?

What stays is built again from the same plan and seed; what changes is kept here, leaf
by leaf, bit by bit. The luck of a step depends on the time alone, so the lives that go
on are those that would have gone on.
"""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from gemel.emulator.stand_in import Life, StandIn
from gemel.emulator.tempos.moment import first_moment
from gemel.errors import ScenarioError


def snapshot(stand_in: StandIn) -> dict[str, np.ndarray]:
    """The clock, and of every life state, controls, moment and what else is set.

    What the last steps left behind is not among it: who reports adds it up before.
    """
    arrays = {"elapsed_s": np.asarray(stand_in.elapsed_s, np.float64)}
    for number, life in enumerate(_lives(stand_in)):
        arrays |= _named(f"life{number}", (life.state, life.controls))
        arrays |= _named(f"moment{number}", life.moment)
        arrays |= _named(f"settings{number}", life.settings)
        arrays |= _named(f"relations{number}", life.relations)
    return arrays


def restore(stand_in: StandIn, arrays: Mapping[str, np.ndarray]) -> None:
    """Put a snapshot back into a stand-in of the same plan, seed and tempo.

    ScenarioError: the snapshot is of another world; then nothing was changed.
    """
    lives = []
    for number, life in enumerate(_lives(stand_in)):
        state, controls = _filled(arrays, f"life{number}", (life.state, life.controls))
        moment = None
        if f"moment{number}.0" in arrays:
            like = _like_a_moment(stand_in, life)
            moment = _filled(arrays, f"moment{number}", like)
        settings = relations = None
        if f"settings{number}.0" in arrays:
            usual = stand_in.settings(number)
            settings = _filled(arrays, f"settings{number}", usual)
        if f"relations{number}.0" in arrays:
            usual = stand_in.relations(number)
            relations = _filled(arrays, f"relations{number}", usual)
        lives.append(Life(state, controls, None, moment, settings, relations))
    if "elapsed_s" not in arrays or f"life{len(lives)}.0" in arrays:
        raise _another_world("lives")
    stand_in.elapsed_s = float(arrays["elapsed_s"])
    stand_in._lives = lives


def _like_a_moment(stand_in: StandIn, life: Life) -> Any:
    """The shapes of what lives by ticks and slots; nothing is computed."""
    engine = stand_in.pace.engine
    if engine is None:
        raise _another_world("tempos")
    return eqx.filter_eval_shape(
        first_moment, engine, stand_in.network, life.state, life.controls, stand_in._key
    )


def _named(name: str, tree: Any) -> dict[str, np.ndarray]:
    leaves = jax.tree.leaves(tree)
    return {f"{name}.{place}": np.asarray(leaf) for place, leaf in enumerate(leaves)}


def _filled(arrays: Mapping[str, np.ndarray], name: str, like: Any) -> Any:
    leaves, tree = jax.tree.flatten(like)
    if f"{name}.{len(leaves)}" in arrays:
        raise _another_world(name)
    kept = [_kept(arrays, f"{name}.{p}", leaf) for p, leaf in enumerate(leaves)]
    return jax.tree.unflatten(tree, kept)


def _kept(arrays: Mapping[str, np.ndarray], name: str, like: Any) -> jax.Array:
    kept = arrays.get(name)
    if kept is None or kept.shape != like.shape or kept.dtype != like.dtype:
        raise _another_world(name)
    return jnp.asarray(kept)


def _another_world(what: str) -> ScenarioError:
    return ScenarioError(
        f"the checkpoint is of another network ({what} differ). "
        "Start with the scenario and the seed that it was made with."
    )


def _lives(stand_in: StandIn) -> list[Life]:
    return stand_in._lives
