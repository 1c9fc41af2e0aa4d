"""Where are people likely to be, under a roof and in the street?"""

import dataclasses

import numpy as np
from jaxtyping import Float

from gemel.errors import ScenarioError
from gemel.world.buildings import INDOOR_ABOVE_M, Buildings

FLOOR_M = 3.0  # TR 38.901 table 7.2-1
MOST_FLOORS = 8  # as above; UMa path loss holds up to 22.5 m, a device on this floor
STREET_REACH_M = 75.0  # a street is as busy as the buildings this near make it
MOST_PIXELS = 20_000_000  # 160 MB a raster
# Positions become float32, whose steps reach 1 mm at 10 km: nobody stands so near the
# edge of a pixel that rounding takes them through the wall.
EDGE_SHARE = 0.01


@dataclasses.dataclass(frozen=True, eq=False)
class Density:
    """How likely each pixel is to hold someone; weights need not add up to one.

    x0_m, y0_m:      south-west corner of pixel [0, 0]
    step_m:          side of a pixel
    indoor_weight:   of people under a roof; row 0 is the southernmost
    outdoor_weight:  of people in the street
    """

    x0_m: float
    y0_m: float
    step_m: float
    indoor_weight: Float[np.ndarray, "row column"]
    outdoor_weight: Float[np.ndarray, "row column"]

    def __post_init__(self):
        for name in ("indoor_weight", "outdoor_weight"):
            weight = getattr(self, name)
            if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.any()):
                raise ScenarioError(
                    f"{name} holds a negative or unknown weight, or nothing but zeros; "
                    "nobody could be placed. Give at least one pixel a positive weight."
                )

    @classmethod
    def from_building_volume(cls, buildings: Buildings) -> "Density":
        """Indoors as much as there is volume, outdoors as much as there is nearby.

        Nearby is within 75 m to the east, west, north and south. Volume above the
        eighth floor counts for nothing: nobody is placed there, and what is that high
        is more often a steeple than a dwelling. Raises ScenarioError where there are no
        buildings or no streets.
        """
        height_m = np.asarray(buildings.height_m, np.float64)
        highest_m = MOST_FLOORS * FLOOR_M
        built = height_m > INDOOR_ABOVE_M
        volume = np.where(built, np.minimum(height_m, highest_m), 0.0)
        reach = max(1, round(STREET_REACH_M / buildings.step_m))
        street = np.where(built, 0.0, _sum_around(volume, reach))
        return cls(buildings.x0_m, buildings.y0_m, buildings.step_m, volume, street)

    @classmethod
    def around_sites(
        cls,
        x_m: Float[np.ndarray, " site"],
        y_m: Float[np.ndarray, " site"],
        sigma_m: float = 300.0,
        uniform_share: float = 0.3,
        step_m: float = 50.0,
        margin_m: float = 600.0,
    ) -> "Density":
        """For a city without buildings: operators build where people are.

        A Gaussian of sigma_m around every site, and uniform_share of all people spread
        evenly; nobody farther than margin_m, give or take a pixel, from a site. Several
        cells at one place count as one site. Raises ScenarioError for no sites, a share
        outside 0..1, or an area of too many pixels.
        """
        if x_m.size == 0 or not 0.0 <= uniform_share <= 1.0:
            raise ScenarioError(
                f"{x_m.size} sites and a uniform_share of {uniform_share} place "
                "nobody. Give at least one site and a share from 0 to 1."
            )
        site_m = np.unique(np.stack([x_m, y_m], axis=1).astype(np.float64), axis=0)
        x0_m, y0_m = (float(low) for low in site_m.min(axis=0) - margin_m)
        columns, rows = (
            int(side)
            for side in np.ceil((np.ptp(site_m, axis=0) + 2 * margin_m) / step_m)
        )
        _refuse_too_many(rows, columns, step_m)
        east_m = x0_m + (np.arange(columns) + 0.5) * step_m
        north_m = y0_m + (np.arange(rows) + 0.5) * step_m
        # A Gaussian is one factor to the east times one to the north.
        near_east = np.exp(-0.5 * ((east_m - site_m[:, :1]) / sigma_m) ** 2)
        near_north = np.exp(-0.5 * ((north_m - site_m[:, 1:]) / sigma_m) ** 2)
        near = near_north.T @ near_east

        served = np.zeros((rows, columns), bool)
        for x, y in site_m:
            west, east = np.searchsorted(east_m, [x - margin_m, x + margin_m])
            south, north = np.searchsorted(north_m, [y - margin_m, y + margin_m])
            squared_m2 = (east_m[west:east] - x) ** 2 + (
                north_m[south:north, None] - y
            ) ** 2
            served[south:north, west:east] |= squared_m2 <= margin_m**2
        near = np.where(served, near, 0.0)
        weight = (1 - uniform_share) * near / near.sum()
        weight += uniform_share * served / served.sum()
        return cls(x0_m, y0_m, step_m, weight, weight)

    @classmethod
    def uniform(
        cls,
        x_range_m: tuple[float, float],
        y_range_m: tuple[float, float],
        step_m: float = 10.0,
    ) -> "Density":
        """Everywhere alike in the whole pixels that fit, centred, between the limits.

        Raises ScenarioError when not one pixel fits, or too many do.
        """
        width_m, depth_m = x_range_m[1] - x_range_m[0], y_range_m[1] - y_range_m[0]
        if not min(width_m, depth_m) >= step_m > 0:
            raise ScenarioError(
                f"an area of {width_m} m by {depth_m} m holds no pixel of {step_m} m. "
                "Give the lower limit first, or a smaller step_m."
            )
        columns, rows = int(width_m / step_m), int(depth_m / step_m)
        _refuse_too_many(rows, columns, step_m)
        x0_m = x_range_m[0] + (width_m - columns * step_m) / 2
        y0_m = y_range_m[0] + (depth_m - rows * step_m) / 2
        weight = np.ones((rows, columns))
        return cls(x0_m, y0_m, step_m, weight, weight)

    def draw(
        self,
        weight: Float[np.ndarray, "row column"],
        count: int,
        rng: np.random.Generator,
    ) -> Float[np.ndarray, "user 2"]:
        """Places (east, north) in metres, by the weight of their pixel, else evenly."""
        heap = np.cumsum(weight.ravel())
        # The side makes a pixel of no weight impossible to hit.
        pixel = np.searchsorted(heap, rng.random(count) * heap[-1], side="right")
        row, column = np.divmod(pixel, weight.shape[1])
        within = EDGE_SHARE + (1 - 2 * EDGE_SHARE) * rng.random((count, 2))
        corner_m = np.array([self.x0_m, self.y0_m])
        return corner_m + (np.stack([column, row], axis=1) + within) * self.step_m


def _sum_around(
    value: Float[np.ndarray, "row column"], reach: int
) -> Float[np.ndarray, "row column"]:
    """Sum over the square that reaches so many pixels each way."""
    side = 2 * reach + 1
    total = np.pad(value, ((reach + 1, reach), (reach + 1, reach)))
    total = total.cumsum(axis=0).cumsum(axis=1)
    around = total[side:] - total[:-side]
    # Differences of long sums: what should be zero may come out just below.
    return np.maximum(around[:, side:] - around[:, :-side], 0.0)


def _refuse_too_many(rows: int, columns: int, step_m: float):
    if rows * columns > MOST_PIXELS:
        raise ScenarioError(
            f"{rows} by {columns} pixels of {step_m} m are more than {MOST_PIXELS}. "
            "Give a larger step_m."
        )
