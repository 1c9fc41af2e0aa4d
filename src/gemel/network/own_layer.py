"""Which signal and which interference does every user hear on its own layer?"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.network.association import Served
from gemel.network.candidates import Candidates
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.energy import ALWAYS_ON_SYMBOLS
from gemel.network.link_rate import AbstractLinkRate
from gemel.units import mw_from_dbm


class OwnLayer(eqx.Module):
    """All that the fixed point needs, gathered once."""

    cell: Int[Array, "user k"]
    power_mw: Float[Array, "user k"]
    signal_mw: Float[Array, " user"]
    floor_mw: Float[Array, " user"]
    tail_mw: Float[Array, " user"]
    spill: Float[Array, " user"]
    width_hz: Float[Array, " user"]
    streams: Float[Array, " user"]
    demand_bps: Float[Array, " user"]
    connected: Float[Array, " user"]
    served: Served
    layer_of_cell: Int[Array, " cell"]
    awake: Float[Array, " cell"]
    link_rate: AbstractLinkRate
    layers: int = eqx.field(static=True)

    def per_cell(self, value: Float[Array, " user"]) -> Float[Array, " cell"]:
        return jax.ops.segment_sum(value, self.served.cell, self.awake.size)

    def activity(self, load: Float[Array, " cell"]) -> Float[Array, " cell"]:
        """Share of time and band in which a cell sends, broadcast included."""
        return self.awake * (ALWAYS_ON_SYMBOLS + (1.0 - ALWAYS_ON_SYMBOLS) * load)

    def sinr(self, load: Float[Array, " cell"]) -> Float[Array, " user"]:
        """Signal over interference and noise, as a ratio, before streams share it."""
        activity = self.activity(load)
        summed = jax.ops.segment_sum(activity, self.layer_of_cell, self.layers)
        count = jax.ops.segment_sum(
            jnp.ones_like(activity), self.layer_of_cell, self.layers
        )
        usual = (summed / jnp.maximum(count, 1.0))[self.served.layer]
        interference_mw = (activity[self.cell] * self.power_mw).sum(1)
        others_mw = interference_mw + usual * self.tail_mw
        return self.signal_mw / (self.floor_mw + self.spill * others_mw)

    def rate_bps(self, load: Float[Array, " cell"]) -> Float[Array, " user"]:
        """What a user would get of an empty cell."""
        sinr = self.sinr(load)
        return self.width_hz * self.link_rate.spectral_efficiency(sinr, self.streams)

    def blocks(self, rate_bps: Float[Array, " user"]) -> Float[Array, " cell"]:
        """Share of blocks that serving everything would take; may exceed one."""
        reached = rate_bps > 0.0
        share = jnp.where(
            reached, self.demand_bps / jnp.where(reached, rate_bps, 1.0), 0.0
        )
        return self.per_cell(share)

    def next_load(self, load: Float[Array, " cell"]) -> Float[Array, " cell"]:
        return jnp.minimum(self.blocks(self.rate_bps(load)), 1.0)


def own_layer(
    cells: Cells,
    candidates: Candidates,
    served: Served,
    controls: Controls,
    demand_bps: Float[Array, " user"],
    weight: Float[Array, " user"],
    factor: Float[Array, " user"] | float = 1.0,
) -> OwnLayer:
    """What every user hears on the layer that serves it.

    weight:  how many people one user stands for
    factor:  how much better than the cells' `link_rate` says signal becomes bits
    """
    carriers = cells.carriers
    layer = served.layer
    pick = layer[:, None, None]
    cell = jnp.take_along_axis(candidates.cell, pick, 1)[:, 0]
    gain_db = jnp.take_along_axis(candidates.gain_db, pick, 1)[:, 0]
    power_mw = mw_from_dbm(controls.power_dbm[cell] + gain_db)
    others_mw = jnp.where(cell == served.cell[:, None], 0.0, power_mw)
    signal_mw = mw_from_dbm(controls.power_dbm[served.cell] + served.gain_db)
    signal_mw = jnp.where(served.covered, signal_mw, 0.0)
    floor_mw = carriers.noise_mw[layer]
    within_reach = signal_mw > 0.1 * floor_mw
    demand_bps = jnp.where(within_reach, demand_bps, 0.0)
    overhead = carriers.downlink_share[layer] * (1.0 - ALWAYS_ON_SYMBOLS)
    return OwnLayer(
        cell=cell,
        power_mw=others_mw,
        signal_mw=signal_mw,
        floor_mw=floor_mw,
        tail_mw=jnp.take_along_axis(candidates.tail_mw, layer[:, None], 1)[:, 0],
        spill=carriers.spill[layer],
        width_hz=carriers.bandwidth_hz[layer] * overhead * factor,
        streams=carriers.streams[layer],
        demand_bps=demand_bps,
        connected=jnp.where(demand_bps > 0.0, weight, 0.0),
        served=served,
        layer_of_cell=cells.layer,
        awake=jnp.where(controls.awake, 1.0, 0.0),
        link_rate=cells.link_rate,
        layers=len(carriers.label),
    )
