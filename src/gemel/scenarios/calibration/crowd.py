"""Who are the people of one drop, and what befalls their links?

Floors: 3GPP TR 36.873, table 6-1. Houses and cars: TR 38.901, clause 7.4.3.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key, PRNGKeyArray

from gemel.radio.penetration import indoor_distance_m
from gemel.radio.small_scale.parameters import ORDER
from gemel.scenarios.calibration.cases import Case
from gemel.scenarios.calibration.layout import Layout, draw_places_m

FEWEST_FLOORS, MOST_FLOORS = 4, 8
FLOOR_M = 3.0
ABOVE_FLOOR_M = 1.5


class User(eqx.Module):
    """One user; a crowd is one of these with a leading axis.

    place_m:            east and north
    indoor_distance_m:  from the outer wall; 0 outside
    high_loss:          of the house
    deviation:          standard normal, of the loss through wall or car
    """

    place_m: Float[Array, "*user 2"]
    height_m: Float[Array, "*user"]
    indoor: Bool[Array, "*user"]
    indoor_distance_m: Float[Array, "*user"]
    high_loss: Bool[Array, "*user"]
    deviation: Float[Array, "*user"]


class Luck(eqx.Module):
    """What a user and a site draw together; the site's three sectors share it.

    sight, ground, depth:  0..1: whether they see each other, on what the user's street
                           or roof lies, how deep inside the user is for this site
    normals:               standard normal: the shadow in sigmas, above zero where the
                           signal is stronger, and all that spreads rays
    rays:                  of which everything else about rays is drawn
    """

    sight: Float[Array, "*link"]
    ground: Float[Array, "*link"]
    depth: Float[Array, "*link"]
    normals: Float[Array, "*link 7"]
    rays: Key[Array, "*link"]


def draw_crowd(case: Case, layout: Layout, key: PRNGKeyArray) -> User:
    """Everybody of one drop; every array has a leading axis of users."""
    keys = jax.random.split(key, 8)
    people = case.people
    place_m = draw_places_m(case, layout, keys[0])
    users = (place_m.shape[0],)
    indoor = jax.random.uniform(keys[1], users) < people.indoor_share
    floors = jax.random.randint(keys[2], users, FEWEST_FLOORS, MOST_FLOORS + 1)
    lowest_is_0 = jnp.floor(jax.random.uniform(keys[3], users) * floors.astype(float))
    up_m = FLOOR_M * lowest_is_0 + ABOVE_FLOOR_M
    lives_up = indoor & people.on_floors
    rural = jnp.asarray(case.environment == "rma")
    inside_m = jax.vmap(indoor_distance_m, (0, 0, None))(
        jax.random.uniform(keys[4], users), jax.random.uniform(keys[5], users), rural
    )
    return User(
        place_m=place_m,
        height_m=jnp.where(lives_up, up_m, people.height_m),
        indoor=indoor,
        indoor_distance_m=jnp.where(indoor, inside_m, 0.0),
        high_loss=jax.random.bernoulli(keys[6], people.high_loss_share, users),
        deviation=jax.random.normal(keys[7], users),
    )


def draw_luck(users: int, sites: int, key: PRNGKeyArray) -> Luck:
    """Of every user with every site: arrays of users by sites."""
    sight, ground, depth, normals, rays = jax.random.split(key, 5)
    links = (users, sites)
    return Luck(
        sight=jax.random.uniform(sight, links),
        ground=jax.random.uniform(ground, links),
        depth=jax.random.uniform(depth, links),
        normals=jax.random.normal(normals, (*links, len(ORDER))),
        rays=jax.random.split(rays, links),
    )
