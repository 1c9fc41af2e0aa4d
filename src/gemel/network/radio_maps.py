"""What does a radio map, traced or measured, say arrives here from that mast?

A map answers where it was drawn and rays reached; elsewhere it says so, and whoever
asked falls back on a path loss. It holds what isotropic antennas would hear: antenna
patterns and walls are applied to it as to any other way between mast and user, as if
all came along the straight line.
"""

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int

from gemel.errors import ScenarioError
from gemel.network.cells import Cells

REACH_M = 4.5  # so far above the highest and below the lowest level a map still speaks
SAME_PLACE_M = 0.05  # positions went through float32 on the way here
SAME_CARRIER = 1e-4


@dataclasses.dataclass(frozen=True)
class Grid:
    """Where maps were drawn: pixels on the ground, at one or more heights.

    x0_m, y0_m:  south-west corner of pixel [0, 0]
    step_m:      side of a pixel
    level_m:     heights above the street, the lowest first
    """

    x0_m: float
    y0_m: float
    step_m: float
    rows: int
    columns: int
    level_m: tuple[float, ...] = (1.5,)

    def __post_init__(self):
        rising = list(self.level_m) == sorted(set(self.level_m)) and self.level_m
        if not (self.step_m > 0 and min(self.rows, self.columns) >= 2 and rising):
            raise ScenarioError(
                f"{self} is no grid. Give a step above zero, two rows and two columns "
                "or more, and heights that rise."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Levels, rows, columns; row 0 is the southernmost."""
        return len(self.level_m), self.rows, self.columns


@dataclasses.dataclass(frozen=True, eq=False)
class SiteMap:
    """One map: what arrives from one antenna place on one carrier.

    gain_db:  between isotropic antennas; means nothing where not `present`
    """

    x_m: float
    y_m: float
    height_m: float
    carrier_ghz: float
    gain_db: Float32[np.ndarray, "level row column"]
    present: Bool[np.ndarray, "level row column"]


class RadioMaps(eqx.Module):
    """The maps of a network.

    number:  of each head's map, -1 where it has none
    """

    map_db: Float[Array, "map level row column"]
    present: Bool[Array, "map level row column"]
    level_m: Float[Array, " level"]
    number: Int[Array, " head"]
    x0_m: float
    y0_m: float
    step_m: float

    def gain_db(
        self, user_m: Float[Array, "3"], head: Int[Array, ""]
    ) -> tuple[Float[Array, ""], Bool[Array, ""]]:
        """Path gain at a user, and whether the map knows it.

        Linear, in decibels, between the pixels and levels around that rays reached. The
        map knows it if they reached the nearest of those.
        """
        _, levels, rows, columns = self.map_db.shape
        column = (user_m[0] - self.x0_m) / self.step_m - 0.5
        row = (user_m[1] - self.y0_m) / self.step_m - 0.5
        level = self._level(user_m[2])
        below_low, above_high = self.level_m[0] - REACH_M, self.level_m[-1] + REACH_M
        inside = (-0.5 <= column) & (column < columns - 0.5)
        inside &= (-0.5 <= row) & (row < rows - 0.5)
        height_m = user_m[2].astype(self.level_m.dtype)
        inside &= (below_low <= height_m) & (height_m <= above_high)

        first, shares = zip(
            *(
                _around(*axis)
                for axis in ((level, levels), (row, rows), (column, columns))
            ),
            strict=True,
        )
        number = self.number[head]
        start = (jnp.maximum(number, 0), *first)
        size = (1, *(share.shape[0] for share in shares))
        map_db = jax.lax.dynamic_slice(self.map_db, start, size)[0]
        reached = jax.lax.dynamic_slice(self.present, start, size)[0]
        weight = jnp.einsum("i,j,k->ijk", *shares)
        known = jnp.where(reached, weight, 0.0)
        total = jnp.maximum(known.sum(), 1e-3)  # the nearest alone has an eighth
        gain_db = (known * map_db.astype(weight.dtype)).sum() / total
        nearest = reached.reshape(-1)[jnp.argmax(weight)]
        return gain_db, inside & nearest & (number >= 0)

    def _level(self, height_m: Float[Array, ""]) -> Float[Array, ""]:
        """The height in levels, as a column is a place in pixels."""
        number = jnp.arange(self.level_m.size, dtype=height_m.dtype)
        return jnp.interp(height_m, self.level_m.astype(height_m.dtype), number)


def _around(
    at: Float[Array, ""], count: int
) -> tuple[Int[Array, ""], Float[Array, " near"]]:
    """The first of the two pixels around a place on one axis, and the share of each.

    Beyond the middle of the outermost pixel that one has it all; where the axis is one
    pixel long, there is no second.
    """
    if count == 1:
        return jnp.asarray(0, jnp.int32), jnp.ones(1, at.dtype)
    first = jnp.clip(jnp.floor(at), 0, count - 2)
    share = jnp.clip(at - first, 0.0, 1.0)
    return first.astype(jnp.int32), jnp.stack([1.0 - share, share])


def radio_maps_of(cells: Cells, grid: Grid, maps: Sequence[SiteMap]) -> RadioMaps:
    """Every head finds the map of its place and carrier.

    ScenarioError: a map of another shape than the grid, or one that no head is at.
    """
    head_m = np.asarray(cells.head_m, np.float64)
    head_ghz = np.asarray(cells.carriers.carrier_ghz)[np.asarray(cells.head_layer)]
    number = np.full(len(head_m), -1, np.int32)
    for index, one in enumerate(maps):
        at_m = np.array([one.x_m, one.y_m, one.height_m])
        mine = (np.abs(head_m - at_m) <= SAME_PLACE_M).all(axis=1)
        mine &= np.abs(head_ghz / one.carrier_ghz - 1.0) <= SAME_CARRIER
        if not mine.any() or one.gain_db.shape != grid.shape:
            raise ScenarioError(
                f"a radio map of {one.gain_db.shape} pixels for "
                f"{one.carrier_ghz:g} GHz at {at_m.round(1).tolist()} fits no antenna "
                f"of the network on a grid of {grid.shape}. Draw it again for this "
                "inventory."
            )
        number[mine] = index
    blank = np.zeros((1, *grid.shape))  # nobody's, so that there is one to look into
    stacked_db = np.stack([one.gain_db for one in maps]) if maps else blank
    present = np.stack([one.present for one in maps]) if maps else blank
    return RadioMaps(
        map_db=jnp.asarray(np.where(present, stacked_db, 0.0), jnp.float32),
        present=jnp.asarray(present, bool),
        level_m=jnp.asarray(grid.level_m, jnp.float32),
        number=jnp.asarray(number),
        x0_m=grid.x0_m,
        y0_m=grid.y0_m,
        step_m=grid.step_m,
    )
