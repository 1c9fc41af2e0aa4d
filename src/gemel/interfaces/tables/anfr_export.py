"""How does ANFR's official export become one row a support and operator?

The weekly export "Données sur les réseaux mobiles" (observatoire 2G, 3G, 4G, 5G) is a
CSV file parted by semicolons, in UTF-8 with a mark, of some 830,000 rows: one for each
station and system. We have not called the official servers ourselves. The 22 column
names, the three words of `statut`, the coordinates as "latitude, longitude" in one
quoted cell and the decimal commas in `sup_nm_haut` are as several independent public
readers of the export describe those of August to October 2026.
"""

import csv
import dataclasses
import io
from collections.abc import Iterable, Mapping, Sequence

from gemel.errors import InterfaceError
from gemel.interfaces.tables.reading import Table
from gemel.interfaces.tables.rows import Row

EXPORT_COLUMNS = (
    "adm_lb_nom",  # operator
    "sup_id",  # support
    "emr_lb_systeme",  # e.g. 5G NR 3500
    "nat_id",  # kind of support, an index into ANFR's table SUP_NATURE
    "sup_nm_haut",  # height of the support in metres, 0 if unknown
    "com_cd_insee",  # municipality; in Paris, the arrondissement
    "coordonnees",  # "latitude, longitude", WGS 84
    "statut",
)
SITE_COLUMNS = (
    "id_support",
    "operator",
    "lat",
    "lon",
    "support_height_m",
    "support_type",
    "insee",
    "tech",
)
PLANNED = "Projet approuvé"  # allowed and not on air; the other two words are on air
# The kinds of support that are no outdoor site, from ANFR's table SUP_NATURE.
INDOORS = {"8": "Intérieur galerie", "9": "Intérieur sous-terrain", "10": "Tunnel"}


@dataclasses.dataclass
class _Site:
    cells: tuple[str, ...]  # SITE_COLUMNS without tech
    systems: dict[str, bool] = dataclasses.field(default_factory=dict)  # → on air


def is_export(columns: Sequence[str]) -> bool:
    """Whether these are the columns of the official export."""
    return set(EXPORT_COLUMNS) <= set(columns)


def sites_of_export(table: Table) -> Table:
    """The same sites with the columns SITE_COLUMNS; row numbers count sites.

    InterfaceError: a position that is not "latitude, longitude".
    """
    records = (
        {name: row.text(name) or "" for name in EXPORT_COLUMNS} for row in table.rows
    )
    index = {name: at for at, name in enumerate(SITE_COLUMNS)}
    rows = tuple(
        Row(f"{table.path} (by support)", number, cells, index, decimal_comma=False)
        for number, cells in enumerate(_sites(records, str(table.path), ""), start=2)
    )
    return Table(table.path, SITE_COLUMNS, SITE_COLUMNS, ",", rows)


def write_sites(
    export: io.TextIOBase, sites: io.TextIOBase, department: str, source: str
) -> int:
    """Writes the sites of one department from an open export; returns their number.

    The export is read as a stream: it is far larger than what remains of it.

    department:  the first digits of `com_cd_insee`, e.g. "75" for Paris
    source:      where the export came from, for messages

    InterfaceError: it is not the export, or has no row of the department.
    """
    try:
        records = csv.DictReader(export, delimiter=";")
        columns = [name or "" for name in records.fieldnames or ()]
        if not is_export(columns):
            first = ";".join(columns)[:60]
            raise InterfaceError(
                f"{source} is not ANFR's export: it begins with {first!r}. Its address "
                "or format has changed; give a folder with the table by --data DIR."
            )
        count = 0
        out = csv.writer(sites, lineterminator="\n")
        out.writerow(SITE_COLUMNS)
        for cells in _sites(records, source, department):
            out.writerow(cells)
            count += 1
    except (UnicodeDecodeError, csv.Error) as error:
        raise InterfaceError(
            f"{source} is damaged: {str(error).splitlines()[0]}. Try again later, or "
            "give a folder with the table by --data DIR."
        ) from None
    if not count:
        raise InterfaceError(
            f"{source} has no site in department {department}: this week's export is "
            "incomplete. Try again later, or give a folder that has the table with "
            "--data DIR."
        )
    return count


def _sites(
    records: Iterable[Mapping[str, str]], source: str, department: str
) -> list[tuple[str, ...]]:
    sites: dict[tuple[str, str], _Site] = {}
    for number, record in enumerate(records, start=2):
        insee = record["com_cd_insee"] or ""
        if not insee.startswith(department):
            continue
        if None in record or None in record.values():
            raise InterfaceError(
                f"{source}, row {number} is cut short or too long. Try again later, or "
                "give a folder with the table by --data DIR."
            )
        key = (record["sup_id"], record["adm_lb_nom"])
        if key not in sites:
            latitude, longitude = _degrees(record["coordonnees"], source, number)
            sites[key] = _Site(
                (
                    *key,
                    latitude,
                    longitude,
                    (record["sup_nm_haut"] or "0").replace(",", "."),
                    INDOORS.get(record["nat_id"], f"nat_id {record['nat_id']}"),
                    insee,
                )
            )
        systems = sites[key].systems
        system = record["emr_lb_systeme"]
        # Stations share a support: a system is on air as soon as one of them is.
        systems[system] = systems.get(system, False) or record["statut"] != PLANNED
    return [
        (*site.cells, ";".join(_marked(site.systems)))
        for _, site in sorted(sites.items())
    ]


def _marked(systems: Mapping[str, bool]) -> list[str]:
    return [name if on_air else f"{name}*" for name, on_air in sorted(systems.items())]


def _degrees(said: str, source: str, number: int) -> tuple[str, str]:
    parts = [part.strip() for part in said.split(",")]
    if len(parts) != 2:
        raise InterfaceError(
            f"{source}, row {number}, column coordonnees: {said[:40]!r} is not "
            '"latitude, longitude". Correct or remove the row.'
        )
    return parts[0], parts[1]
