"""The textbook: rings of three-sector sites on a hexagonal grid, two carriers each."""

from pathlib import Path

import numpy as np

from gemel.errors import ScenarioError
from gemel.scenarios.plan import WorldPlan
from gemel.world.density import Density
from gemel.world.inventory import SiteRow
from gemel.world.planning import plan_inventory

AZIMUTHS_DEG = (30.0, 150.0, 270.0)  # TR 38.901 clause 7.8


def hexagons(
    seed: int,
    data: Path | None = None,
    rings: int = 2,
    inter_site_m: float = 500.0,
) -> WorldPlan:
    """19 sites by default, 700 MHz below and 3.5 GHz on top, UMa."""
    sites_m = hexagon_sites_m(rings, inter_site_m)
    rows = [
        SiteRow(
            name=f"H{number:02d}-{round(1_000 * ghz)}-{sector + 1}",
            site=f"H{number:02d}",
            x_m=float(x_m),
            y_m=float(y_m),
            height_m=25.0,
            azimuth_deg=azimuth_deg,
            carrier_ghz=ghz,
        )
        for number, (x_m, y_m) in enumerate(sites_m, start=1)
        for ghz in (0.7, 3.5)
        for sector, azimuth_deg in enumerate(AZIMUTHS_DEG)
    ]
    reach_m = float(np.abs(sites_m).max()) + inter_site_m / 2.0
    return WorldPlan(
        name="hexagons",
        inventory=plan_inventory(rows, None, seed),
        density=Density.uniform((-reach_m, reach_m), (-reach_m, reach_m)),
        notes=("A textbook layout; nothing of it is measured.",),
    )


def hexagon_sites_m(rings: int, inter_site_m: float) -> np.ndarray:
    """Site positions [site, 2]; neighbours at 30, 90, 150 … degrees. Raises
    ScenarioError for fewer than one ring or sites that are not apart."""
    if rings < 1 or inter_site_m <= 0:
        raise ScenarioError(
            f"{rings} rings of sites {inter_site_m} m apart cannot be. "
            "Give at least 1 ring and a distance in metres, e.g. 500."
        )
    axial = [
        (q, r)
        for q in range(-rings, rings + 1)
        for r in range(-rings, rings + 1)
        if abs(q + r) <= rings
    ]
    east_m = [inter_site_m * 0.75**0.5 * q for q, _ in axial]
    north_m = [inter_site_m * (r + 0.5 * q) for q, r in axial]
    return np.stack([east_m, north_m], 1)
