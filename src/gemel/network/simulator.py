"""What happens in one step of network life, at the tempo of flows?

Users move, candidates follow, each user finds its cell, loads settle, and what was
served, drawn and felt is counted. Pure: nothing is kept between calls but the state.
"""

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
from gemel.network.own_layer import own_layer
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
    cells, users = network.cells, state.users
    link = own_layer(
        cells,
        users.candidates,
        served,
        controls,
        users.demand_bps,
        users.weight,
        _factor(network, users, served),
    )
    load = settle_load(link.next_load, state.load, residual)
    rate_bps = link.rate_bps(load)
    raw_load, connected = link.blocks(rate_bps), link.per_cell(link.connected)
    free = jnp.maximum(1.0 - load, 1.0 / jnp.maximum(connected, 1.0))
    throughput_bps = rate_bps * free[served.cell]
    served_bps = link.demand_bps / jnp.maximum(raw_load, 1.0)[served.cell]
    waiting = served_bps / jnp.maximum(throughput_bps, 1.0)
    radio = jax.tree.map(lambda leaf: leaf[cells.layer], cells.carriers)
    slept = state.awake & ~controls.awake
    energy_j = power_w(radio, load, controls.awake) * step_s
    energy_j = energy_j + jnp.where(slept, transition_j(radio), 0.0)
    counted = Counters(
        elapsed_s=step_s,
        prb_s=load * step_s,
        volume_bit=link.per_cell(served_bps) * step_s,
        active_s=link.per_cell(waiting) * step_s,
        users_s=connected * step_s,
        energy_j=energy_j,
    )
    after = State(users, served.cell, load, controls.awake)
    return after, counted, Felt(throughput_bps, served.rsrp_dbm, link.sinr(load))


def _factor(network: Network, users: Users, served: Served) -> Float[Array, " user"]:
    """How much better than usual signal becomes bits, for each user."""
    return jnp.where(
        users.home == served.cell,
        network.rate_factor[served.cell],
        network.guest_factor[served.cell],
    )
