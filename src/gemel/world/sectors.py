"""Which cells does a site have, what are they called, and where do they point?"""

import dataclasses
import math
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from gemel.errors import ScenarioError
from gemel.world.inventory import SiteRow

SECTORS = 3
DEFAULT_CARRIERS_GHZ = (0.7, 3.5)  # one to cover, one to carry; the second may sleep
LONE_CARRIER_GHZ = 3.5  # of a named cell, which cannot be two


def cells_of(rows: Sequence[SiteRow]) -> tuple[SiteRow, ...]:
    """One row a cell, each with a carrier: whole sites become sectors and carriers.

    ScenarioError: a carrier that is no positive number.
    """
    mates: dict[tuple[str, int | None], int] = {}
    for row in rows:
        key = (row.site, None if row.carrier_ghz is None else carrier_mhz(row))
        mates[key] = mates.get(key, 0) + 1
    cells: list[SiteRow] = []
    for row in rows:
        key = (row.site, None if row.carrier_ghz is None else carrier_mhz(row))
        whole = row.name is None and row.azimuth_deg is None and mates[key] == 1
        carriers_ghz = (row.carrier_ghz,)
        if row.carrier_ghz is None:
            named = row.name is not None
            carriers_ghz = (LONE_CARRIER_GHZ,) if named else DEFAULT_CARRIERS_GHZ
        for carrier_ghz in carriers_ghz:
            cell = dataclasses.replace(row, carrier_ghz=carrier_ghz)
            cells.extend([cell] * (SECTORS if whole else 1))
    return tuple(cells)


def carrier_mhz(row: SiteRow) -> int:
    """The carrier as names write it; ScenarioError if it is no positive number."""
    carrier_ghz = row.carrier_ghz
    if carrier_ghz is None or not 0.0 < carrier_ghz < math.inf:
        raise ScenarioError(
            f"{row.where or row.site}: the carrier is {carrier_ghz} GHz. "
            "Give a positive number, e.g. 3.5."
        )
    return round(carrier_ghz * 1e3)


def names_of(
    cells: Sequence[SiteRow], groups: Mapping[tuple[str, int], list[int]]
) -> list[str]:
    """Every cell's name; ScenarioError if two have the same.

    groups:  (site, MHz) → places in `cells`
    """
    names = [cell.name or "" for cell in cells]
    for (site, mhz), members in groups.items():
        for sector, at in enumerate(members, start=1):
            names[at] = names[at] or f"{site}-{mhz}-{sector}"
    owner: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=True):
        if name in owner:
            raise ScenarioError(
                f"two cells are called {name!r}: {owner[name] or cell.site} and "
                f"{cell.where or cell.site}. Give every cell its own name."
            )
        owner[name] = cell.where
    return names


def azimuths_of(given: list[float | None], site: str, seed: int) -> list[float]:
    """Degrees from north of the cells of one site and carrier; `given` ones stay."""
    known = sorted(angle % 360.0 for angle in given if angle is not None)
    missing = len(given) - len(known)
    if not known:
        # Drawn from the name, not from the row's place: a new site turns no other.
        luck = np.random.default_rng([seed % 2**32, zlib.crc32(site.encode())])
        turn_deg = float(luck.uniform(0.0, 360.0 / SECTORS))
        new = [(turn_deg + 360.0 * k / missing) % 360.0 for k in range(missing)]
    else:
        new = []
        for _ in range(missing):
            after = [*known[1:], known[0] + 360.0]
            gaps = [end - start for start, end in zip(known, after, strict=True)]
            widest = int(np.argmax(gaps))
            new.append((known[widest] + gaps[widest] / 2.0) % 360.0)
            known = sorted([*known, new[-1]])
    fresh = iter(new)
    return [next(fresh) if angle is None else angle % 360.0 for angle in given]
