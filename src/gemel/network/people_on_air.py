"""How do people become users: walls around them, candidates in their phones?"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.network.candidates import Places
from gemel.network.carriers import Carriers
from gemel.radio.penetration import building_entry_loss_db, car_loss_db
from gemel.world.people import VEHICLE, People


def places_of(people: People, carriers: Carriers, rng: np.random.Generator) -> Places:
    """Where people are for radio; each draws one deviation for the wall or the car."""
    deviation = jnp.asarray(rng.normal(size=people.kind.size), jnp.float32)

    def one(carrier_ghz, indoor, vehicle, high_loss, indoor_distance_m, deviation):
        wall_db = building_entry_loss_db(
            carrier_ghz, high_loss, indoor_distance_m, deviation
        )
        car_db = jnp.maximum(car_loss_db(deviation), 0.0)
        return jnp.where(indoor, wall_db, jnp.where(vehicle, car_db, 0.0))

    each_layer = jax.vmap(one, (0, None, None, None, None, None))
    penetration_db: Float[Array, "user layer"] = jax.vmap(
        each_layer, (None, 0, 0, 0, 0, 0)
    )(
        carriers.carrier_ghz,
        people.indoor,
        people.kind == VEHICLE,
        people.high_loss,
        people.indoor_distance_m,
        deviation,
    )
    return Places(people.position_m, people.indoor, penetration_db)
