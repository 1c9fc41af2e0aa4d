"""On which roofs would an operator put sites, in a city whose true sites nobody knows?

The buildings are real; the sites are not: operators do not publish theirs, and these
are a plausible plan and no more. It is greedy. A hexagonal lattice, turned and shifted
by the seed, is laid over the city; each of its points takes the highest suitable roof
nearby. Every one of these sites carries 3.5 GHz for capacity, every third one 2.1 GHz
too, and those nearest to the points of a second, wider lattice 700 MHz for coverage;
where that lattice leaves a gap, the site farthest away does as well.
"""

import numpy as np
from jaxtyping import Bool, Float

from gemel.errors import ScenarioError
from gemel.world.buildings import Buildings
from gemel.world.inventory import SiteRow

CAPACITY_GHZ, MID_GHZ, COVERAGE_GHZ = 3.5, 2.1, 0.7
SECTORS = 3
MAST_M = 3.0  # antenna above the roof
LOWEST_ROOF_M, HIGHEST_ROOF_M = 10.0, 45.0  # lower sees nothing, higher is a steeple
STEEPEST_M = 3.0  # a roof that falls more to a neighbouring pixel holds no mast
NEARBY = 0.4  # share of the spacing that a site may be off its lattice point
TOO_CLOSE = 0.6  # share of the spacing that two sites keep from each other
GAP = 0.8  # share of the spacing that a site may be from the next coverage site


def plan_roof_sites(
    buildings: Buildings,
    seed: int,
    coverage_spacing_m: float = 500.0,
    capacity_spacing_m: float = 220.0,
    mid_every: int = 3,
    letter: str = "M",
) -> list[SiteRow]:
    """One row for each sector and carrier of sites on the roofs of a city.

    Sites are called M01, M02 … from south to north, cells M01-700-1 (MHz, sector).
    Azimuth, tilt, power and bandwidth are left to whoever completes the inventory.
    mid_every: one in so many sites has 2.1 GHz too.
    Raises ScenarioError for spacings that are none, or when no roof will do.
    """
    if not 0 < capacity_spacing_m <= coverage_spacing_m or mid_every < 1:
        raise ScenarioError(
            f"sites every {capacity_spacing_m} m, coverage every {coverage_spacing_m} "
            f"m and 2.1 GHz on one in {mid_every} cannot be planned. Give metres above "
            "zero, no wider for capacity than for coverage, and 1 or more."
        )
    rng = np.random.default_rng(seed)
    height_m = np.asarray(buildings.height_m)
    row, column = np.nonzero(_suitable(height_m))
    roof_m = height_m[row, column]
    corner_m = np.array([buildings.x0_m, buildings.y0_m])
    at_m = corner_m + (np.stack([column, row], axis=1) + 0.5) * buildings.step_m
    if len(at_m) == 0:
        raise ScenarioError(
            f"none of the roofs between {LOWEST_ROOF_M} m and {HIGHEST_ROOF_M} m is "
            "flat enough for a mast. Give other buildings, or a sites table instead."
        )

    turn_rad = rng.uniform(0.0, np.pi / 3)  # a hexagonal lattice repeats after 60°
    lattice_m = _lattice_m(at_m, capacity_spacing_m, turn_rad, rng)
    chosen = _take_each(lattice_m, at_m, capacity_spacing_m, -roof_m)
    chosen = sorted(chosen, key=lambda index: at_m[index, 1])
    site_m, roof_m = at_m[chosen], roof_m[chosen]

    wide_m = _lattice_m(site_m, coverage_spacing_m, turn_rad, rng)
    coverage = _take_each(wide_m, site_m, coverage_spacing_m, None)
    coverage = _without_gaps(coverage, site_m, coverage_spacing_m)

    rows = []
    for index, (x_m, y_m) in enumerate(site_m):
        site = f"{letter}{index + 1:02d}"
        carriers_ghz = [CAPACITY_GHZ]
        if index % mid_every == 0:
            carriers_ghz.append(MID_GHZ)
        if index in coverage:
            carriers_ghz.append(COVERAGE_GHZ)
        rows += [
            SiteRow(
                name=f"{site}-{round(carrier_ghz * 1e3)}-{sector}",
                site=site,
                x_m=float(x_m),
                y_m=float(y_m),
                height_m=float(roof_m[index]) + MAST_M,
                carrier_ghz=carrier_ghz,
                where=f"planned roof site {site}",
            )
            for carrier_ghz in sorted(carriers_ghz)
            for sector in range(1, SECTORS + 1)
        ]
    return rows


def _suitable(
    height_m: Float[np.ndarray, "row column"],
) -> Bool[np.ndarray, "row column"]:
    """High enough, no steeple, and about as high as all eight neighbours."""
    rows, columns = height_m.shape
    padded_m = np.pad(height_m, 1)
    lowest_m = np.min(
        [
            padded_m[down : down + rows, right : right + columns]
            for down in range(3)
            for right in range(3)
        ],
        axis=0,
    )
    fits = (height_m >= LOWEST_ROOF_M) & (height_m <= HIGHEST_ROOF_M)
    return fits & (height_m - lowest_m <= STEEPEST_M)


def _lattice_m(
    around_m: Float[np.ndarray, "site 2"],
    spacing_m: float,
    turn_rad: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, "point 2"]:
    """A hexagonal lattice over these places, with a shift by chance, from the south."""
    middle_m = (around_m.min(axis=0) + around_m.max(axis=0)) / 2
    reach_m = np.hypot(*np.ptp(around_m, axis=0)) / 2 + spacing_m
    steps = int(np.ceil(reach_m / (spacing_m * np.sqrt(0.75))))
    i, j = np.mgrid[-steps : steps + 1, -steps : steps + 1].reshape(2, -1)
    shift_i, shift_j = rng.uniform(-0.5, 0.5, 2)
    east_m = (i + shift_i + 0.5 * (j % 2)) * spacing_m
    north_m = (j + shift_j) * spacing_m * np.sqrt(0.75)
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    turned_m = np.stack([cos * east_m - sin * north_m, sin * east_m + cos * north_m], 1)
    lattice_m = middle_m + turned_m
    return lattice_m[np.argsort(lattice_m[:, 1], kind="stable")]


def _take_each(
    lattice_m: Float[np.ndarray, "point 2"],
    at_m: Float[np.ndarray, "site 2"],
    spacing_m: float,
    cost: Float[np.ndarray, " site"] | None,
) -> list[int]:
    """For each lattice point the cheapest place nearby, the nearest of equals."""
    taken: list[int] = []
    free = np.ones(len(at_m), bool)
    for point_m in lattice_m:
        away_m = np.hypot(*(at_m - point_m).T)
        nearby = np.flatnonzero(free & (away_m <= NEARBY * spacing_m))
        if nearby.size == 0:
            continue
        by = (away_m[nearby],) if cost is None else (away_m[nearby], cost[nearby])
        best = int(nearby[np.lexsort(by)[0]])
        taken.append(best)
        free &= np.hypot(*(at_m - at_m[best]).T) >= TOO_CLOSE * spacing_m
    return taken


def _without_gaps(
    coverage: list[int], site_m: Float[np.ndarray, "site 2"], spacing_m: float
) -> list[int]:
    """Coverage sites, and more of them until no site is far from all of them."""
    covering = list(coverage)
    away_m = np.full(len(site_m), np.inf)
    for index in covering:
        away_m = np.minimum(away_m, np.hypot(*(site_m - site_m[index]).T))
    while away_m.max() > GAP * spacing_m:
        covering.append(int(away_m.argmax()))
        away_m = np.minimum(away_m, np.hypot(*(site_m - site_m[covering[-1]]).T))
    return covering
