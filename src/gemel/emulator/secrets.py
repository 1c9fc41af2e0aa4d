"""What is true of the network that no inventory says?"""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.errors import ScenarioError
from gemel.network.cells import Cells


@dataclasses.dataclass(frozen=True)
class Secrets:
    """How far truth strays from the inventory; standard deviations.

    azimuth_deg, tilt_deg: of every head's mounting
    position_m:            of every site, to the east and to the north
    gain_db:               of every cell: cables, connectors, ageing amplifiers
    hot_spot:              of the natural logarithm of demand from one user to the next
    district:              of the natural logarithm of demand from one site's
                           surroundings to the next, all day long
    mood:                  the same, wandering over hours
    peak_shift_h:          of the busy hour from one site's surroundings to the next
    minute:                of the natural logarithm of demand from minute to minute
    """

    azimuth_deg: float = 6.0
    tilt_deg: float = 1.0
    gain_db: float = 1.5
    hot_spot: float = 0.5
    district: float = 0.25
    mood: float = 0.12
    peak_shift_h: float = 0.75
    minute: float = 0.15
    position_m: float = 0.0

    def __post_init__(self):
        for name, value in dataclasses.asdict(self).items():
            if not value >= 0:  # NaN is no standard deviation either
                raise ScenarioError(
                    f"{name} of the secrets is {value}; a standard deviation is not "
                    "negative. Give 0 or more."
                )


# An inventory as it is found in the field: addresses are not masts.
FIELD_SECRETS = Secrets(position_m=10.0)


def true_cells(cells: Cells, secrets: Secrets, rng: np.random.Generator) -> Cells:
    """The cells as they really hang; sectors of one head share the rigger's error, and
    all that hangs at one site stands where the site really is."""
    away_m = _away_m(cells, secrets, rng)
    heads = cells.head_cell.shape[0]
    turn_deg = np.zeros(len(cells.name))
    lean_deg = np.zeros(len(cells.name))
    sectors = np.asarray(cells.head_cell)
    for column in sectors.T:
        there = column >= 0
        turn_deg[column[there]] = rng.normal(0, secrets.azimuth_deg, heads)[there]
        lean_deg[column[there]] = rng.normal(0, secrets.tilt_deg, heads)[there]
    gain_db = rng.normal(0, secrets.gain_db, len(cells.name))
    return eqx.tree_at(
        lambda c: (
            c.azimuth_deg,
            c.mount_tilt_deg,
            c.gain_error_db,
            c.position_m,
            c.head_m,
        ),
        cells,
        (
            cells.azimuth_deg + jnp.asarray(turn_deg, jnp.float32),
            cells.mount_tilt_deg + jnp.asarray(lean_deg, jnp.float32),
            cells.gain_error_db + jnp.asarray(gain_db, jnp.float32),
            cells.position_m + away_m[np.asarray(cells.site)],
            cells.head_m + away_m[np.asarray(cells.head_site)],
        ),
    )


def _away_m(
    cells: Cells, secrets: Secrets, rng: np.random.Generator
) -> Float[Array, "site 3"]:
    """From where the inventory puts each site to where it is."""
    # A stream of its own: other secrets and all people stay as they were.
    east_north_m = rng.spawn(1)[0].normal(0, secrets.position_m, (cells.sites, 2))
    level_m = np.zeros((cells.sites, 1))
    return jnp.asarray(np.concatenate([east_north_m, level_m], 1), jnp.float32)
