"""What arrives over the way between one mast and one user, whatever the antenna?

Path loss, line of sight, shadow and air in one number. Cells that share a mast and a
layer (a head) share it.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.network.bins import Bins
from gemel.network.cells import Cells
from gemel.network.line_of_sight import AbstractLineOfSight
from gemel.network.radio_maps import RadioMaps
from gemel.network.wrap_around import WrapAround
from gemel.radio.link import Link
from gemel.radio.propagation.base import STREET_M, AbstractPathLoss
from gemel.radio.shadowing import CorrelatedField

LOS_STREAM, NLOS_STREAM = 0, 1  # the line of sight has stream 2
GROUND_STREAM = 3
GROUND_CORRELATION_M = 50.0  # ours: as far as one must go to see the mast anew


class Propagation(eqx.Module):
    """Everything between an antenna port and a user that no control changes.

    shadow:         None where there is none
    k:              how many candidates a user keeps of every layer
    between_sites:  how much the shadows of two sites correlate at one place, 0..1
    maps:           radio maps, which go before `path_loss` where they know the place
    wrap_around:    for textbook grids: of every mast only its nearest copy is heard
    """

    path_loss: AbstractPathLoss
    line_of_sight: AbstractLineOfSight
    shadow: CorrelatedField | None
    bins: Bins
    k: int = eqx.field(static=True)
    between_sites: float = eqx.field(default=0.0, static=True)
    maps: RadioMaps | None = None
    wrap_around: WrapAround | None = None


class Carrier(eqx.Module):
    """What the way must know of a layer: one entry of `Carriers`."""

    carrier_ghz: Float[Array, ""]
    air_db_per_km: Float[Array, ""]


def carrier_of(cells: Cells, layer: Int[Array, ""]) -> Carrier:
    """Looked up once a layer, not once a link."""
    carriers = cells.carriers
    return Carrier(carriers.carrier_ghz[layer], carriers.air_db_per_km[layer])


class Mast(eqx.Module):
    """What the way must know of a head.

    head:  its number, by which radio maps know it
    site:  whose shadow it casts
    """

    head: Int[Array, ""]
    site: Int[Array, ""]
    position_m: Float[Array, "3"]


def mast_heard(propagation: Propagation, mast: Mast, user_m: Float[Array, "3"]) -> Mast:
    """The mast where this user hears it: its nearest copy if the world is wrapped."""
    if propagation.wrap_around is None:
        return mast
    at_m = mast.position_m
    offset_m = propagation.wrap_around.offset_m(user_m[:2], at_m[:2])
    copy_m = jnp.append(user_m[:2] - offset_m, at_m[2])
    return Mast(mast.head, mast.site, copy_m)


def way_gain_db(
    propagation: Propagation,
    carrier: Carrier,
    user_m: Float[Array, "3"],
    indoor: Bool[Array, ""],
    mast: Mast,
) -> Float[Array, ""]:
    """Gain of the path, shadow included, antenna and walls not; one user, one head.

    mast:  where the user hears it
    """
    by_chance_db = _by_path_loss_db(propagation, carrier, user_m, indoor, mast)
    if propagation.maps is None:
        return by_chance_db
    map_db, known = propagation.maps.gain_db(user_m, mast.head)
    return jnp.where(known, map_db, by_chance_db)


def _by_path_loss_db(
    propagation: Propagation,
    carrier: Carrier,
    user_m: Float[Array, "3"],
    indoor: Bool[Array, ""],
    mast: Mast,
) -> Float[Array, ""]:
    path_loss, head_m = propagation.path_loss, mast.position_m
    carrier_ghz = carrier.carrier_ghz
    hidden = Link.between(user_m, head_m, carrier_ghz, jnp.asarray(False))
    away_m = hidden.distance_2d_m
    probability = path_loss.line_of_sight_probability(away_m, user_m[2], head_m[2])
    sees = propagation.line_of_sight.sees(
        user_m, indoor, head_m, mast.site, probability
    )
    ground_m = _ground_m(propagation, user_m, mast.site, away_m)
    link = Link.between(user_m, head_m, carrier_ghz, sees, ground_m, indoor)
    gain_db = -path_loss.loss_db(link)
    gain_db -= carrier.air_db_per_km * (1e-3 * link.distance_3d_m)
    if propagation.shadow is None:
        return gain_db
    # One look-up serves both states: the stream is an offset, so choose it first.
    shadow = propagation.shadow.value(
        user_m[0],
        user_m[1],
        mast.site,
        path_loss.correlation_m(sees, indoor),
        jnp.where(sees, LOS_STREAM, NLOS_STREAM),
        propagation.between_sites,
    )
    return gain_db + path_loss.shadowing_sigma_db(link) * shadow


def _ground_m(
    propagation: Propagation,
    user_m: Float[Array, "3"],
    site: Int[Array, ""],
    away_m: Float[Array, ""],
) -> Float[Array, ""] | float:
    """The effective ground, drawn once for a place and a site."""
    path_loss, field = propagation.path_loss, propagation.shadow
    if field is None:
        return STREET_M
    correlation_m = jnp.asarray(GROUND_CORRELATION_M)
    drawn = field.uniform(user_m[0], user_m[1], site, correlation_m, GROUND_STREAM)
    return path_loss.effective_ground_m(away_m, user_m[2], drawn)
