"""What happens in one step of network life, at the tempo of flows?

Users move, candidates follow, each user finds its cell, loads settle, and what was
served, drawn and felt is counted. Pure: nothing is kept between calls but the state.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from gemel.network.association import Served, associate
from gemel.network.candidates import Candidates, Places
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.counters import Counters
from gemel.network.coupling import RESIDUAL, settle_load
from gemel.network.energy import power_w, transition_j
from gemel.network.own_layer import OwnLayer, own_layer
from gemel.network.path_gain import Propagation
from gemel.network.surroundings import AbstractSurroundings


class Network(eqx.Module):
    """What stays while we watch.

    rate_factor:  how much better (above 1) each cell turns signal into bits than
                  the `link_rate` says, for its own users; a twin learns it
    guest_factor: the same, for users whom another cell would serve if it were awake
    """

    cells: Cells
    propagation: Propagation
    surroundings: AbstractSurroundings
    rate_factor: Float[Array, " cell"]
    guest_factor: Float[Array, " cell"]


class Users(eqx.Module):
    """Who is where, wanting how much.

    weight: how many people one entry stands for; 1 in the stand-in
    home:   who serves it while every cell is awake; -1 where nobody keeps books
    """

    places: Places
    candidates: Candidates
    demand_bps: Float[Array, " user"]
    weight: Float[Array, " user"]
    home: Int[Array, " user"]


class State(eqx.Module):
    """What changes."""

    users: Users
    serving: Int[Array, " user"]
    load: Float[Array, " cell"]
    awake: Bool[Array, " cell"]


class Felt(eqx.Module):
    """What users got in a step.

    throughput_bps: while downloading; zero without coverage
    rsrp_dbm:       of the serving cell
    sinr:           a ratio, before streams share it
    """

    throughput_bps: Float[Array, " user"]
    rsrp_dbm: Float[Array, " user"]
    sinr: Float[Array, " user"]


def step(
    network: Network,
    state: State,
    controls: Controls,
    key: PRNGKeyArray,
    elapsed_s: Float[Array, ""],
    step_s: Float[Array, ""],
) -> tuple[State, Counters, Felt]:
    """One step of network life, `step_s` long, beginning at `elapsed_s`."""
    users = network.surroundings.move(
        network, state.users, controls, key, elapsed_s, step_s
    )
    return settle(
        network, eqx.tree_at(lambda s: s.users, state, users), controls, step_s
    )


def settle(
    network: Network,
    state: State,
    controls: Controls,
    step_s: Float[Array, ""],
    residual: float = RESIDUAL,
) -> tuple[State, Counters, Felt]:
    """Association, load, throughput, energy and counters for users who stand still."""
    served = associate(network.cells, state.users.candidates, controls, state.serving)
    return carry(network, state, controls, served, step_s, residual)


def carry(
    network: Network,
    state: State,
    controls: Controls,
    served: Served,
    step_s: Float[Array, ""],
    residual: float = RESIDUAL,
) -> tuple[State, Counters, Felt]:
    """As `settle`, where who serves whom is already decided."""
    users = state.users
    link = own_layer(
        network.cells,
        users.candidates,
        served,
        controls,
        users.demand_bps,
        users.weight,
        user_factor(network, users, served),
    )
    settled, counted, felt = carry_parts(
        network, (link,), state.load, state.awake, controls, step_s, residual
    )
    after = State(users, served.cell, settled.load, controls.awake)
    return after, counted, felt[0]


class Settled(eqx.Module):
    """Loads that have settled, and by how much the largest is still off."""

    load: Float[Array, " cell"]
    residual: Float[Array, ""]


def carry_parts(
    network: Network,
    links: tuple[OwnLayer, ...],
    start: Float[Array, " cell"],
    was_awake: Bool[Array, " cell"],
    controls: Controls,
    step_s: Float[Array, ""],
    residual: float = RESIDUAL,
) -> tuple[Settled, Counters, tuple[Felt, ...]]:
    """As `carry`, where users come in parts that share the cells.

    start:  the first guess of the loads
    """

    def together(values: list[Float[Array, " cell"]]) -> Float[Array, " cell"]:
        return functools.reduce(jnp.add, values)

    def raw_load_at(rates_bps: list[Float[Array, " _"]]) -> Float[Array, " cell"]:
        parts = zip(links, rates_bps, strict=True)
        return together([link.blocks(rate_bps) for link, rate_bps in parts])

    def next_load(load: Float[Array, " cell"]) -> Float[Array, " cell"]:
        return jnp.minimum(raw_load_at([link.rate_bps(load) for link in links]), 1.0)

    load = settle_load(next_load, start, residual)
    rates_bps = [link.rate_bps(load) for link in links]
    raw_load = raw_load_at(rates_bps)
    connected = together([link.per_cell(link.connected) for link in links])
    free = jnp.maximum(1.0 - load, 1.0 / jnp.maximum(connected, 1.0))
    volume_bps, waiting, felt = [], [], []
    for link, rate_bps in zip(links, rates_bps, strict=True):
        served = link.served
        throughput_bps = rate_bps * free[served.cell]
        served_bps = link.demand_bps / jnp.maximum(raw_load, 1.0)[served.cell]
        volume_bps.append(link.per_cell(served_bps))
        busy = served_bps / jnp.maximum(throughput_bps, 1.0)
        waiting.append(link.per_cell(busy))
        felt.append(Felt(throughput_bps, served.rsrp_dbm, link.sinr(load)))
    cells = network.cells
    radio = jax.tree.map(lambda leaf: leaf[cells.layer], cells.carriers)
    slept = was_awake & ~controls.awake
    energy_j = power_w(radio, load, controls.awake) * step_s
    energy_j = energy_j + jnp.where(slept, transition_j(radio), 0.0)
    counted = Counters(
        elapsed_s=step_s,
        prb_s=load * step_s,
        volume_bit=together(volume_bps) * step_s,
        active_s=together(waiting) * step_s,
        users_s=connected * step_s,
        energy_j=energy_j,
    )
    off = jnp.abs(jnp.minimum(raw_load, 1.0) - load).max()
    return Settled(load, off), counted, tuple(felt)


def user_factor(
    network: Network, users: Users, served: Served
) -> Float[Array, " user"]:
    """How much better than usual signal becomes bits, for each user."""
    return jnp.where(
        users.home == served.cell,
        network.rate_factor[served.cell],
        network.guest_factor[served.cell],
    )
