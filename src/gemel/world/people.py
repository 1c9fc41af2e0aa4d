"""Who is in the city: where, on which floor, how fast, behind which wall?

User heights, floors, walking speed and the distance behind the outer wall follow
3GPP TR 38.901: table 7.2-1 and clause 7.4.3.1. The shares of 80 % indoors and of users
behind high-loss walls follow tables 7.2-1 and 7.8-1, the speed of vehicles Report ITU-R
M.2412, evaluation configurations of Dense Urban-eMBB.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int

from gemel.errors import ScenarioError
from gemel.world.buildings import Buildings
from gemel.world.density import FLOOR_M, MOST_FLOORS, Density

KINDS = ("indoor", "pedestrian", "vehicle")
INDOOR, PEDESTRIAN, VEHICLE = range(3)

HAND_M = 1.5  # table 7.2-1, UT height h_UT = 3 (n_fl - 1) + 1.5
FEWEST_FLOORS = 4  # as above, N_fl from 4 to 8
DEEPEST_INDOORS_M = 25.0  # clause 7.4.3.1: the smaller of two uniform draws up to here
HIGH_LOSS_SHARE = 0.5  # table 7.8-1
SPEED_MPS = {INDOOR: 0.0, PEDESTRIAN: 3.0 / 3.6, VEHICLE: 30.0 / 3.6}


class People(eqx.Module):
    """Vehicles first, then pedestrians, then who is indoors: movers are one block.

    position_m:         east, north, and the device above the street
    kind:               index into KINDS
    high_loss:          the wall in between is of the high-loss class; never outdoors
    indoor_distance_m:  from the outer wall to the device; 0 outdoors
    """

    position_m: Float[Array, "user 3"]
    indoor: Bool[Array, " user"]
    kind: Int[Array, " user"]
    speed_mps: Float[Array, " user"]
    high_loss: Bool[Array, " user"]
    indoor_distance_m: Float[Array, " user"]

    @property
    def movers(self) -> int:
        """How many of the first users move."""
        return int(np.count_nonzero(np.asarray(self.kind) != INDOOR))


def draw_people(
    density: Density,
    count: int,
    rng: np.random.Generator,
    indoor_share: float = 0.8,
    vehicle_share: float = 0.05,
    buildings: Buildings | None = None,
) -> People:
    """So many people, drawn from a density.

    indoor_share, vehicle_share: of all people; the rest walk. Under a roof of
    `buildings` someone is on any of its floors up to the eighth; without buildings
    every house has 4 to 8 floors. Raises ScenarioError for shares that are none.
    """
    shares = (indoor_share, vehicle_share)
    # The last share may miss 1 by a rounding: 0.9 + 0.1 may be above it.
    if count < 1 or not (min(shares) >= 0 and sum(shares) <= 1 + 1e-9):
        raise ScenarioError(
            f"{count} people, of them {indoor_share} indoors and {vehicle_share} in "
            "vehicles, cannot be. Give at least 1 person and shares from 0 that add up "
            "to 1 at most."
        )
    indoors = round(count * indoor_share)
    vehicles = min(round(count * vehicle_share), count - indoors)
    kind = np.repeat(
        [VEHICLE, PEDESTRIAN, INDOOR], [vehicles, count - indoors - vehicles, indoors]
    )
    indoor = kind == INDOOR

    place_m = np.full((count, 3), HAND_M, np.float32)
    place_m[~indoor, :2] = density.draw(density.outdoor_weight, count - indoors, rng)
    place_m[indoor, :2] = density.draw(density.indoor_weight, indoors, rng)
    floors = rng.integers(FEWEST_FLOORS, MOST_FLOORS + 1, indoors)
    if buildings is not None:
        floors = _floors_of(buildings, place_m[indoor])
    floor = rng.integers(1, floors + 1)
    place_m[indoor, 2] = FLOOR_M * (floor - 1) + HAND_M

    behind_m = DEEPEST_INDOORS_M * rng.random((2, count)).min(axis=0)
    high_loss = indoor & (rng.random(count) < HIGH_LOSS_SHARE)
    return People(
        position_m=jnp.asarray(place_m),
        indoor=jnp.asarray(indoor),
        kind=jnp.asarray(kind.astype(np.int32)),
        speed_mps=jnp.asarray(
            np.array([SPEED_MPS[each] for each in range(len(KINDS))], np.float32)[kind]
        ),
        high_loss=jnp.asarray(high_loss),
        indoor_distance_m=jnp.asarray(
            np.where(indoor, behind_m, 0.0).astype(np.float32)
        ),
    )


def draw_places(
    density: Density, count: int, rng: np.random.Generator
) -> Float32[np.ndarray, "place 3"]:
    """Where someone in the street may be heading for, at the height of a device."""
    place_m = np.full((count, 3), HAND_M, np.float32)
    place_m[:, :2] = density.draw(density.outdoor_weight, count, rng)
    return place_m


def _floors_of(
    buildings: Buildings, place_m: Float32[np.ndarray, "user 3"]
) -> Int[np.ndarray, " user"]:
    """Floors under the roof here, 1 at least; towers count for MOST_FLOORS."""
    east_m, north_m = jnp.asarray(place_m[:, 0]), jnp.asarray(place_m[:, 1])
    roof_m = np.asarray(jax.vmap(buildings.height_at)(east_m, north_m))
    return np.clip(roof_m // FLOOR_M, 1, MOST_FLOORS).astype(np.int64)
