"""How much is lost between one user and one site, antennas left out?

3GPP TR 38.901, clauses 7.4.1 to 7.4.4. Behind an outer wall the shadows are those of
the O2I columns of table 7.5-6, whoever sees whom outside; line of sight is a matter of
the distance to the wall, path loss one of the whole distance.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.network.wrap_around import WrapAround
from gemel.radio.link import Link
from gemel.radio.penetration import (
    DEEPEST_M,
    building_entry_loss_db,
    car_loss_db,
    legacy_building_entry_loss_db,
)
from gemel.radio.propagation import PATH_LOSSES
from gemel.scenarios.calibration.cases import Case
from gemel.scenarios.calibration.crowd import Luck, User


class SiteLink(eqx.Module):
    """One user and one site.

    offset_m:       user minus antenna: east, north, up
    line_of_sight:  outside: to the wall of the house if the user is in one
    loss_db:        path, wall and car, without shadow and antennas
    sigma_db:       of the shadow
    """

    offset_m: Float[Array, "*link 3"]
    line_of_sight: Bool[Array, "*link"]
    loss_db: Float[Array, "*link"]
    sigma_db: Float[Array, "*link"]


def site_link(
    case: Case, wrap: WrapAround, user: User, site_m: Float[Array, "2"], luck: Luck
) -> SiteLink:
    """One user and one site, by the luck that they have with each other."""
    path_loss = PATH_LOSSES[case.environment]()
    level_m = wrap.offset_m(user.place_m, site_m)
    base_height_m = jnp.asarray(case.place.base_height_m)
    distance_2d_m = jnp.hypot(level_m[0], level_m[1])
    legacy = case.people.walls == "legacy"
    inside_m = jnp.where(
        user.indoor & legacy, DEEPEST_M * luck.depth, user.indoor_distance_m
    )
    sees = luck.sight < path_loss.line_of_sight_probability(
        jnp.maximum(distance_2d_m - inside_m, 0.0), user.height_m, base_height_m
    )
    ground_m = path_loss.effective_ground_m(distance_2d_m, user.height_m, luck.ground)
    link = Link(
        distance_2d_m=distance_2d_m,
        base_height_m=base_height_m,
        user_height_m=user.height_m,
        carrier_ghz=jnp.asarray(case.carrier_ghz),
        line_of_sight=sees,
        effective_ground_m=ground_m,
        indoor=user.indoor,
    )
    return SiteLink(
        offset_m=jnp.append(level_m, user.height_m - base_height_m),
        line_of_sight=sees,
        loss_db=path_loss.loss_db(link) + _wall_or_car_db(case, user, inside_m),
        sigma_db=path_loss.shadowing_sigma_db(link),
    )


def _wall_or_car_db(
    case: Case, user: User, inside_m: Float[Array, ""]
) -> Float[Array, ""]:
    if case.people.walls == "legacy":
        wall_db = legacy_building_entry_loss_db(inside_m)
    else:
        wall_db = building_entry_loss_db(
            jnp.asarray(case.carrier_ghz), user.high_loss, inside_m, user.deviation
        )
    car_db = car_loss_db(user.deviation) if case.people.in_cars else jnp.asarray(0.0)
    return jnp.where(user.indoor, wall_db, car_db)
