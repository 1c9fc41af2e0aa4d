"""What do all people of one drop measure?

A drop draws people, places and luck anew; drops are independent of each other.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from gemel.radio.small_scale.parameters import ClusterTable
from gemel.radio.small_scale.published import cluster_table
from gemel.radio.small_scale.rays import draw_rays
from gemel.radio.small_scale.spreads import Sight
from gemel.scenarios.calibration.cases import Case
from gemel.scenarios.calibration.crowd import Luck, User, draw_crowd, draw_luck
from gemel.scenarios.calibration.layout import Layout, layout_of
from gemel.scenarios.calibration.links import site_link
from gemel.scenarios.calibration.sectors import (
    Sectors,
    direct_gain_db,
    multipath_gains_db,
    sectors_of,
)
from gemel.scenarios.calibration.serving import Served, noise_dbm, served

# Keeps what is needed at a time within the cache; a ray is a lot more than a link.
USERS_AT_ONCE = 60
USERS_WITH_RAYS_AT_ONCE = 4


class Stage(eqx.Module):
    """What all drops of a case have in common.

    clusters:  of the environment; None where no rays are summed
    """

    layout: Layout
    sectors: Sectors
    clusters: ClusterTable | None


def stage_of(case: Case) -> Stage:
    """Sites, antennas and the table of clusters."""
    return Stage(
        layout=layout_of(case.place),
        sectors=sectors_of(case.port),
        clusters=cluster_table(case.environment) if case.multipath else None,
    )


@eqx.filter_jit
def one_drop(case: Case, stage: Stage, key: PRNGKeyArray) -> Served:
    """Every user of one drop; arrays of users."""
    layout, sectors = stage.layout, stage.sectors
    people, luck, beams = jax.random.split(key, 3)
    crowd = draw_crowd(case, layout, people)
    users, sites = crowd.height_m.shape[0], layout.sites_m.shape[0]
    cells = sites * sectors.faces.bearing_deg.shape[0]
    choices = sectors.weights.shape[0]
    other_beam = jax.random.randint(beams, (users, cells), 0, choices)

    def one_user(each: tuple[User, Luck, Int[Array, " cell"]]) -> Served:
        user, luck, other_beam = each

        def one_site(site_m: Float[Array, "2"], luck: Luck):
            return site_gain_db(case, stage, user, site_m, luck)

        gain_db = jax.vmap(one_site)(layout.sites_m, luck).reshape(cells, choices)
        noise = noise_dbm(case.bandwidth_mhz, case.noise_figure_db)
        return served(gain_db, other_beam, case.power_dbm, noise)

    everybody = crowd, draw_luck(users, sites, luck), other_beam
    at_once = USERS_AT_ONCE if stage.clusters is None else USERS_WITH_RAYS_AT_ONCE
    return jax.lax.map(one_user, everybody, batch_size=at_once)


def site_gain_db(
    case: Case,
    stage: Stage,
    user: User,
    site_m: Float[Array, "2"],
    luck: Luck,
) -> Float[Array, "sector beam"]:
    """From one site's sectors to one user, losses and antennas included, dB."""
    link = site_link(case, stage.layout.wrap, user, site_m, luck)
    shadowed_db = link.sigma_db * luck.normals[0] - link.loss_db
    if stage.clusters is None:
        return direct_gain_db(stage.sectors, link.offset_m) + shadowed_db
    sight = Sight.along(
        link.offset_m,
        jnp.asarray(case.place.base_height_m),
        jnp.asarray(case.carrier_ghz),
        link.line_of_sight,
        user.indoor,
    )
    rays = draw_rays(stage.clusters, sight, luck.normals, luck.rays)
    return multipath_gains_db(stage.sectors, rays) + shadowed_db
