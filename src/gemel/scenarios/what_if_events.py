"""What may happen to a network that no knob does: a new site, a dead one, a crowd?

People type it as `x_m=100,y_m=-50,…`; here it is read and held against a network.
"""

import dataclasses
import math

from gemel.errors import ScenarioError
from gemel.world.inventory import Inventory, PlannedCell, SiteRow
from gemel.world.planning import plan_inventory

FARTHEST_M = 20_000.0  # from the nearest site there is: beyond, it is no part of this
MOST_SECTORS = 12
SITE_EXAMPLE = (
    "Give e.g. x_m=120,y_m=-80,height_m=25,azimuth_deg=0/120/240,carrier_ghz=3.5."
)
CROWD_EXAMPLE = "Give e.g. x_m=120,y_m=-80,radius_m=200,factor=5."
# What people may type -> least and largest value.
SITE_FIELDS = {
    "x_m": (-1e6, 1e6),
    "y_m": (-1e6, 1e6),
    "height_m": (1.5, 300.0),
    "tilt_deg": (-90.0, 90.0),
    "power_dbm": (0.0, 60.0),
}
CROWD_FIELDS = {
    "x_m": (-1e6, 1e6),
    "y_m": (-1e6, 1e6),
    "radius_m": (1.0, 50_000.0),
    "factor": (0.0, 1_000.0),
}


@dataclasses.dataclass(frozen=True)
class NewSite:
    """A site that somebody thinks of building; None is chosen by the planner's rules.

    text:  as it was typed, for messages
    """

    text: str
    x_m: float
    y_m: float
    azimuths_deg: tuple[float, ...]
    carrier_ghz: float
    height_m: float | None = None
    tilt_deg: float | None = None
    power_dbm: float | None = None


@dataclasses.dataclass(frozen=True)
class Gathering:
    """People within `radius_m` want `factor` times as much.

    text:  as it was typed, for messages
    """

    text: str
    x_m: float
    y_m: float
    radius_m: float
    factor: float


def read_new_site(text: str) -> NewSite:
    """`azimuth_deg=0/120/240` is three sectors. Raises ScenarioError."""
    what = f"new site {text!r}"
    said = _pairs(what, text, SITE_EXAMPLE)
    azimuths = said.pop("azimuth_deg", "0/120/240").split("/")
    if len(azimuths) > MOST_SECTORS:
        raise ScenarioError(
            f"{what} has {len(azimuths)} sectors; at most {MOST_SECTORS} can be."
        )
    _need(what, said, ("x_m", "y_m", "carrier_ghz"), SITE_EXAMPLE)
    known = SITE_FIELDS | {"carrier_ghz": (0.1, 1_000.0)}
    values = _numbers(what, said, known, SITE_EXAMPLE)
    turns = tuple(_number(what, "azimuth_deg", each, SITE_EXAMPLE) for each in azimuths)
    return NewSite(text=text, azimuths_deg=turns, **values)


def read_crowd(text: str) -> Gathering:
    """Raises ScenarioError."""
    what = f"crowd {text!r}"
    said = _pairs(what, text, CROWD_EXAMPLE)
    _need(what, said, tuple(CROWD_FIELDS), CROWD_EXAMPLE)
    return Gathering(text=text, **_numbers(what, said, CROWD_FIELDS, CROWD_EXAMPLE))


def with_sites(inventory: Inventory, sites: list[NewSite]) -> Inventory:
    """The same cells first, and those of the new sites after them, all named
    `new-1-…`, `new-2-…`. Raises ScenarioError for a carrier that nobody here has, or a
    place far from the network."""
    rows = [_row(cell) for cell in inventory.cells]
    taken = {cell.site for cell in inventory.cells}
    for number, site in enumerate(sites, start=1):
        carrier = _carrier(inventory, site)
        _refuse_far(inventory, site)
        name = f"new-{number}"
        if name in taken:
            raise ScenarioError(
                f"the network has a site called {name!r} already; no new one can be "
                "told from it. Rename that site."
            )
        rows += [
            SiteRow(
                name=f"{name}-{sector}",
                site=name,
                x_m=site.x_m,
                y_m=site.y_m,
                height_m=site.height_m,
                azimuth_deg=azimuth_deg,
                tilt_deg=site.tilt_deg,
                power_dbm=site.power_dbm,
                carrier_ghz=carrier.carrier_ghz,
                bandwidth_mhz=carrier.bandwidth_mhz,
                antenna=carrier.antenna,
                where=f"new site {number}",
            )
            for sector, azimuth_deg in enumerate(site.azimuths_deg, start=1)
        ]
    return plan_inventory(rows, inventory.origin, 0)


def cells_at(inventory: Inventory, site: str) -> list[int]:
    """The numbers of a site's cells. Raises ScenarioError for an unknown site."""
    found = [i for i, cell in enumerate(inventory.cells) if cell.site == site]
    if not found:
        sites = list(dict.fromkeys(cell.site for cell in inventory.cells))
        near = [name for name in sites if name[:1] == site[:1]] or sites
        raise ScenarioError(
            f"there is no site {site!r} to fail. Among the {len(sites)} there are "
            f"{', '.join(near[:5])}."
        )
    return found


def _row(cell: PlannedCell) -> SiteRow:
    fields = {f.name: getattr(cell, f.name) for f in dataclasses.fields(PlannedCell)}
    return SiteRow(**fields)


def _carrier(inventory: Inventory, site: NewSite) -> PlannedCell:
    """A cell that has the carrier which the new site wants."""
    for cell in inventory.cells:
        if math.isclose(cell.carrier_ghz, site.carrier_ghz, rel_tol=1e-3):
            return cell
    there = sorted({cell.carrier_ghz for cell in inventory.cells})
    raise ScenarioError(
        f"new site {site.text!r}: nobody here sends at {site.carrier_ghz:g} GHz. "
        f"Choose one of {', '.join(f'{ghz:g}' for ghz in there)}."
    )


def _refuse_far(inventory: Inventory, site: NewSite) -> None:
    away_m = min(
        math.hypot(cell.x_m - site.x_m, cell.y_m - site.y_m) for cell in inventory.cells
    )
    if away_m > FARTHEST_M:
        raise ScenarioError(
            f"new site {site.text!r} is {away_m / 1e3:,.0f} km from the nearest site. "
            "Give metres east and north of the network's origin."
        )


def _pairs(what: str, text: str, example: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value):
            raise ScenarioError(
                f"{what}: {part!r} is not of the form name=value. {example}"
            )
        if name in pairs:
            raise ScenarioError(f"{what} names {name} twice. {example}")
        pairs[name] = value
    return pairs


def _need(
    what: str, said: dict[str, str], names: tuple[str, ...], example: str
) -> None:
    if missing := [name for name in names if name not in said]:
        raise ScenarioError(f"{what} does not say {', '.join(missing)}. {example}")


def _numbers(
    what: str,
    said: dict[str, str],
    known: dict[str, tuple[float, float]],
    example: str,
) -> dict[str, float]:
    values = {}
    for name, text in said.items():
        if name not in known:
            raise ScenarioError(
                f"{what}: {name!r} is unknown; known: {', '.join(known)}. {example}"
            )
        low, high = known[name]
        values[name] = _number(what, name, text, example)
        if not low <= values[name] <= high:
            raise ScenarioError(
                f"{what}: {name} is {values[name]:g}; it goes from {low:g} to "
                f"{high:g}. Give a value between."
            )
    return values


def _number(what: str, name: str, text: str, example: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ScenarioError(f"{what}: {name}={text} is not a number. {example}")
    return value
