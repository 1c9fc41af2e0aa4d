"""Which 5G cells does an operator have, by the French register of mobile sites?

The register is kept by ANFR (Agence nationale des fréquences) and published under the
Licence Ouverte 2.0. It gives each support's position, height and kind and each
operator's systems, and neither azimuth nor tilt.
"""

import logging
import re
from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.maps.coordinates import local_m, origin_between
from gemel.interfaces.tables.anfr_export import is_export, sites_of_export
from gemel.interfaces.tables.reading import Table, read_table
from gemel.interfaces.tables.rows import Row
from gemel.interfaces.tables.sites import SiteTable, bounded, degrees_of
from gemel.world.inventory import SiteRow
from gemel.world.sectors import SECTORS

logger = logging.getLogger("gemel.interfaces.tables.anfr")

ATTRIBUTION = (
    "Mobile sites: ANFR, Données sur les réseaux mobiles (observatoire 2G/3G/4G/5G), "
    "Licence Ouverte 2.0"
)
NEEDED = ("id_support", "operator", "lat", "lon", "support_height_m", "tech")
NR_MHZ = re.compile(r"5G NR (\d+)\*?")  # * = declared, not yet on air
UNDER_ROOFS = ("intérieur", "tunnel")  # how those kinds of support begin

# What Free Mobile may use of each band, one direction of a pair: Arcep's awards of
# 2015 (700 MHz), 2020 (3.5 GHz) and the new share of 2.1 GHz from 2021 (14.8 MHz, an
# NR carrier of 15).
BANDWIDTH_MHZ = {("FREE MOBILE", 700): 10.0}
BANDWIDTH_MHZ |= {("FREE MOBILE", 2100): 15.0, ("FREE MOBILE", 3500): 70.0}


def read_anfr(path: Path | str, operator: str) -> SiteTable:
    """The operator's outdoor 5G sites, three sectors for each carrier of a site.

    path:      a table with the columns NEEDED and `support_type`, one row a support
               and operator, `tech` parted by semicolons; or the official export
    operator:  as the register writes it, in any case, e.g. "FREE MOBILE"

    Declared carriers (marked *) count like those on air: the twin plans the network
    that is about to be. Galleries, undergrounds and tunnels are left out and counted
    in the log. A height of 0 means unknown. Cells are called SUPPORT-MHZ-SECTOR.
    `neighbourhood_m` has the outdoor sites of all operators, one a support and
    operator, and the origin is in their middle: the same for every operator.

    InterfaceError: as `read_table`, an unknown operator, or none of its sites has 5G
    outdoors.
    """
    table = read_table(path)
    if is_export(table.columns):
        table = sites_of_export(table)
    table.need(*NEEDED)
    wanted = _operator(table, operator)
    outdoor = [row for row in table.rows if not _under_roof(row)]
    if not outdoor:
        raise InterfaceError(f"{path} has no outdoor site. Give a table of masts.")
    degrees = np.array([degrees_of(row) for row in outdoor])
    origin = origin_between(degrees[:, 0], degrees[:, 1])
    try:
        position_m = local_m(origin, degrees[:, 0], degrees[:, 1])
    except InterfaceError as error:
        raise InterfaceError(f"{path}: {error}") from None
    rows: list[SiteRow] = []
    taken: dict[tuple[str, int], int] = {}
    for row, (x_m, y_m) in zip(outdoor, position_m.tolist(), strict=True):
        if row.needed("operator") == wanted:
            rows.extend(_sectors(row, wanted, x_m, y_m, taken))
    if not rows:
        raise InterfaceError(
            f"{path} has no outdoor 5G site of {wanted}. Give another operator or file."
        )
    own = sum(row.text("operator") == wanted for row in table.rows)
    own_outdoor = sum(row.text("operator") == wanted for row in outdoor)
    logger.info(
        "%s: %d rows of %s; left out %d indoor or underground and %d without 5G",
        path,
        own,
        wanted,
        own - own_outdoor,
        own_outdoor - len({row.site for row in rows}),
    )
    return SiteTable(tuple(rows), origin, position_m)


def _operator(table: Table, operator: str) -> str:
    known = sorted({row.needed("operator") for row in table.rows})
    for name in known:
        if name.casefold() == operator.strip().casefold():
            return name
    raise InterfaceError(
        f"{table.path} has no operator {operator!r}; it has {', '.join(known[:20])}. "
        "Choose one of them."
    )


def _under_roof(row: Row) -> bool:
    return (row.text("support_type") or "").casefold().startswith(UNDER_ROOFS)


def _sectors(
    row: Row, operator: str, x_m: float, y_m: float, taken: dict[tuple[str, int], int]
) -> list[SiteRow]:
    support = row.needed("id_support")
    found = (
        NR_MHZ.fullmatch(part.strip()) for part in (row.text("tech") or "").split(";")
    )
    height_m = bounded(row, "support_height_m") or None  # 0 stands for unknown
    sectors: list[SiteRow] = []
    for mhz in sorted({int(match[1]) for match in found if match}):
        if (support, mhz) in taken:
            first = taken[support, mhz]
            raise row.refusal(
                "tech",
                f"{mhz} MHz of support {support} is also in row {first}. Remove one.",
            )
        taken[support, mhz] = row.number
        sectors += [
            SiteRow(
                name=f"{support}-{mhz}-{sector}",
                site=support,
                x_m=x_m,
                y_m=y_m,
                height_m=height_m,
                carrier_ghz=mhz / 1e3,
                bandwidth_mhz=BANDWIDTH_MHZ.get((operator, mhz)),
                where=row.where,
            )
            for sector in range(1, SECTORS + 1)
        ]
    return sectors
