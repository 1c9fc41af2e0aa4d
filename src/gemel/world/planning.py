"""What would a planner have chosen where the sites table is silent?"""

import logging
import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from gemel.errors import ScenarioError
from gemel.world.inventory import Inventory, Origin, PlannedCell, SiteRow
from gemel.world.sectors import azimuths_of, carrier_mhz, cells_of, names_of

logger = logging.getLogger("gemel.world.planning")

DEFAULT_HEIGHT_M = 25.0  # TR 38.901, table 7.2-1, UMa: height of the base station
AIM = 0.75  # of the way to the next site: the beam ends before the neighbour's begins
TILT_DEG = (2.0, 12.0)  # what remote tilt units of macro antennas commonly span
APART_M = 50.0  # closer sites share a roof and are no neighbours to aim between
LONE_SITE_M = 500.0  # TR 38.901, table 7.2-1, UMa: the distance between sites
BLOCK = 256  # sites whose distances to others are held in memory at once
FIRST_REACH_M = 2_000.0  # of the search for a neighbour; a city has one within

Positions = Float[np.ndarray, "site 2"]


def plan_inventory(
    rows: Sequence[SiteRow],
    origin: Origin | None,
    seed: int,
    log: logging.Logger = logger,
) -> Inventory:
    """Every number that the rows leave open, chosen by these rules of ours.

    cells      a row with neither name nor azimuth, alone at its site with its carrier
               (or with none), is a whole site: three sectors. A row without name
               and carrier stands for a 0.7 GHz and a 3.5 GHz cell, so that there is a
               layer that may sleep; a named one without carrier is at 3.5 GHz.
    name       SITE-MHZ-SECTOR, sectors counted from 1.
    azimuth    n sectors of a site and carrier lie 360/n degrees apart, turned by an
               angle drawn per site from `seed` and the site's name between 0 and 120
               degrees, the same for all its carriers. If only some are given, each
               other one goes into the middle of the widest gap.
    height     25 m.
    tilt       the beam meets the ground at 0.75 of the way to the nearest other site
               with that carrier (500 m if there is none; sites within 50 m are one
               roof), at least 2 and at most 12 degrees.
    power      49 dBm below 3 GHz, 53 dBm from there on.
    antenna    the usual one of the carrier's band, see `gemel.network.carriers`.
    bandwidth  10 MHz below 1 GHz, 20 MHz below 3 GHz, 80 MHz up to 6 GHz, else 400 MHz.

    How much was filled in goes to `log`. ScenarioError: no rows, a carrier that is no
    positive number, a cell named twice, or a single cell in all.
    """
    if not rows:
        raise ScenarioError("there are no sites to plan. Give a table with rows.")
    cells = cells_of(rows)
    groups: dict[tuple[str, int], list[int]] = {}
    for at, cell in enumerate(cells):
        groups.setdefault((cell.site, carrier_mhz(cell)), []).append(at)
    names = names_of(cells, groups)
    azimuths_deg = [0.0] * len(cells)
    for (site, _), members in groups.items():
        given = [cells[at].azimuth_deg for at in members]
        for at, angle_deg in zip(members, azimuths_of(given, site, seed), strict=True):
            azimuths_deg[at] = angle_deg
    neighbour_m = _neighbour_m(cells, groups)
    planned: list[PlannedCell] = []
    for at, cell in enumerate(cells):
        assert cell.carrier_ghz is not None
        height_m = DEFAULT_HEIGHT_M if cell.height_m is None else cell.height_m
        planned.append(
            PlannedCell(
                name=names[at],
                site=cell.site,
                x_m=cell.x_m,
                y_m=cell.y_m,
                height_m=height_m,
                azimuth_deg=azimuths_deg[at],
                tilt_deg=_or(cell.tilt_deg, _tilt(height_m, neighbour_m[at])),
                power_dbm=_or(cell.power_dbm, _power(cell.carrier_ghz)),
                carrier_ghz=cell.carrier_ghz,
                bandwidth_mhz=_or(cell.bandwidth_mhz, _bandwidth(cell.carrier_ghz)),
                antenna=cell.antenna,
            )
        )
    _tell(log, rows, cells)
    return Inventory(tuple(planned), origin)


def _neighbour_m(
    cells: Sequence[SiteRow], groups: dict[tuple[str, int], list[int]]
) -> list[float]:
    """Distance from each cell to the nearest other site with its carrier."""
    by_carrier: dict[int, list[list[int]]] = {}
    for (_, mhz), members in groups.items():
        by_carrier.setdefault(mhz, []).append(members)
    distance_m = [LONE_SITE_M] * len(cells)
    for sites in by_carrier.values():
        position_m = np.array(
            [(cells[members[0]].x_m, cells[members[0]].y_m) for members in sites]
        )
        for members, nearest_m in zip(sites, _nearest_m(position_m), strict=True):
            for at in members:
                distance_m[at] = nearest_m
    return distance_m


def _nearest_m(position_m: Positions) -> list[float]:
    """Distance of each site to the nearest one that is not on its roof.

    Sites are taken by strips from west to east, and looked for in ever wider strips
    around: memory and time grow far slower than the pairs of sites.
    """
    order = np.argsort(position_m[:, 0])
    sorted_m = position_m[order]
    east_m = sorted_m[:, 0]
    nearest_m = np.empty(len(position_m))
    for start in range(0, len(position_m), BLOCK):
        block_m = sorted_m[start : start + BLOCK]
        reach_m = FIRST_REACH_M
        while True:
            first = np.searchsorted(east_m, block_m[0, 0] - reach_m)
            last = np.searchsorted(east_m, block_m[-1, 0] + reach_m, side="right")
            step_m = block_m[:, None, :] - sorted_m[None, first:last, :]
            apart_m = np.hypot(step_m[..., 0], step_m[..., 1])
            others_m = np.where(apart_m < APART_M, np.inf, apart_m).min(axis=1)
            if np.all(others_m <= reach_m) or last - first == len(sorted_m):
                break
            reach_m *= 4.0
        nearest_m[order[start : start + BLOCK]] = others_m
    return np.where(np.isinf(nearest_m), LONE_SITE_M, nearest_m).tolist()


def _tilt(height_m: float, neighbour_m: float) -> float:
    aimed_deg = math.degrees(math.atan2(height_m, AIM * neighbour_m))
    return min(max(aimed_deg, TILT_DEG[0]), TILT_DEG[1])


def _power(carrier_ghz: float) -> float:
    return 49.0 if carrier_ghz < 3.0 else 53.0


def _bandwidth(carrier_ghz: float) -> float:
    if carrier_ghz < 1.0:
        return 10.0
    if carrier_ghz < 3.0:
        return 20.0
    return 80.0 if carrier_ghz <= 6.0 else 400.0


def _or(said: float | None, chosen: float) -> float:
    return chosen if said is None else said


def _tell(
    log: logging.Logger, rows: Sequence[SiteRow], cells: Sequence[SiteRow]
) -> None:
    missing = {
        word: sum(getattr(cell, field) is None for cell in cells)
        for word, field in (
            ("azimuth", "azimuth_deg"),
            ("height", "height_m"),
            ("tilt", "tilt_deg"),
            ("power", "power_dbm"),
            ("bandwidth", "bandwidth_mhz"),
        )
    }
    filled = ", ".join(f"{word} of {count}" for word, count in missing.items() if count)
    log.info(
        "%d rows make %d cells; chosen by rule: %s",
        len(rows),
        len(cells),
        filled or "nothing",
    )
