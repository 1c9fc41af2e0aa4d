"""What happens between somebody's sites table and an inventory?"""

import csv
import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gemel.errors import InterfaceError
from gemel.interfaces.tables.anfr import read_anfr
from gemel.interfaces.tables.anfr_export import EXPORT_COLUMNS
from gemel.interfaces.tables.reading import LARGEST_BYTES, read_table
from gemel.interfaces.tables.sites import read_sites
from gemel.world.planning import plan_inventory

PLAIN = "site,lat,lon\nA,48.85,2.35\nB,48.86,2.36\n"


def saved(folder: Path, content: str | bytes, name: str = "my.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def one_line(caught: pytest.ExceptionInfo, *parts: str) -> str:
    message = str(caught.value)
    assert "\n" not in message and "\r" not in message
    for part in parts:
        assert part in message, f"{part!r} is not in {message!r}"
    return message


SAME = {
    "plain": PLAIN.encode(),
    "with a mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "of Windows": PLAIN.replace("\n", "\r\n").encode(),
    "of an old Mac": PLAIN.replace("\n", "\r").encode(),
    "UTF-16": PLAIN.encode("utf-16"),
    "semicolons and decimal commas": (
        PLAIN.replace(",", ";").replace(".", ",").encode()
    ),
    "semicolons and decimal points": PLAIN.replace(",", ";").encode(),
    "tabulators": PLAIN.replace(",", "\t").replace(".", ",").encode(),
    "quoted": b'"site","lat","lon"\n"A","48.85","2.35"\n"B","48.86","2.36"\n',
    "other words": PLAIN.replace("site,lat,lon", "Site Name,LATITUDE,Lng").encode(),
    "no last line end": PLAIN.strip().encode(),
    "blank lines and columns": (
        b"\nsite,lat,lon,,\nA,48.85,2.35,,\n,,,,\nB,48.86,2.36\n"
    ),
    "spaces": b"site , lat,lon\n A,48.85 , 2.35\nB,48.86,2.36\n",
}


@pytest.mark.parametrize("kind", SAME)
def test_one_table_in_many_dialects_is_one_table(tmp_path, kind):
    plain = read_sites(saved(tmp_path, PLAIN, "plain.csv"))
    other = read_sites(saved(tmp_path, SAME[kind]))
    assert other.origin == plain.origin
    assert [(r.site, r.x_m, r.y_m) for r in other.rows] == [
        (r.site, r.x_m, r.y_m) for r in plain.rows
    ]


def test_a_table_in_latin_1_keeps_its_accents(tmp_path):
    path = saved(
        tmp_path, "site,lat,lon\nÉtoile,48.87,2.29\nB,48,2\n".encode("latin-1")
    )
    assert read_sites(path).rows[0].site == "Étoile"


def test_columns_of_any_name_can_be_given(tmp_path):
    path = saved(tmp_path, "wo,nord,ost\nA,48.85,2.35\nB,48.86,2.36\n")
    table = read_sites(path, {"site": "wo", "lat": "nord", "lon": "ost"})
    assert [row.site for row in table.rows] == ["A", "B"]


def test_every_column_arrives(tmp_path):
    path = saved(
        tmp_path,
        "site,cell,x_m,y_m,height_m,azimuth_deg,tilt_deg,power_dbm,carrier_ghz,"
        "bandwidth_mhz,antenna\nA,A1,0,0,30,-90,4,46,2.1,15,column_8\n"
        "A,A2,0,0,30,450,4,46,2.1,15,\n",
    )
    table = read_sites(path)
    first = table.rows[0]
    assert table.origin is None
    assert first.where == f"{path}, row 2"
    assert (first.name, first.site, first.height_m, first.tilt_deg) == (
        "A1",
        "A",
        30,
        4,
    )
    assert (first.power_dbm, first.carrier_ghz, first.bandwidth_mhz) == (46, 2.1, 15)
    assert [row.azimuth_deg for row in table.rows] == [270.0, 90.0]
    assert [row.antenna for row in table.rows] == ["column_8", None]


def test_map_grid_metres_count_from_the_middle(tmp_path):
    path = saved(tmp_path, "site,x_m,y_m\nA,452000.5,5411000\nB,453000.5,5411000\n")
    rows = read_sites(path).rows
    assert rows[1].x_m - rows[0].x_m == 1000.0
    assert all(abs(row.x_m) < 2e3 and abs(row.y_m) < 2e3 for row in rows)


def test_without_site_names_one_position_is_one_site(tmp_path):
    path = saved(tmp_path, "cell,lat,lon\na,48.1,2\nb,48.1,2\nc,48.2,2\n")
    assert [row.site for row in read_sites(path).rows] == ["a", "a", "c"]


# what → (content, what the message must name)
BAD = {
    "empty": ("", ["row 1", "is empty", "header row"]),
    "blank": (" \n\n", ["is empty"]),
    "header only": ("site,lat,lon\n", ["no rows", "Add rows"]),
    "no latitude": (
        "site,north,lon\nA,1,2\n",
        ["no column lat", "north", "--columns lat=Latitude"],
    ),
    "no position": ("site,height_m\nA,30\n", ["no column lat, lon", "height_m"]),
    "text for a number": (
        "site,lat,lon\nA,48,2\nB,north,2\n",
        ["row 3", "column lat", "'north'", "Write a finite number"],
    ),
    "not a number": ("site,lat,lon\nA,nan,2\n", ["row 2", "lat", "'nan'"]),
    "infinite": ("site,lat,lon\nA,48,inf\n", ["row 2", "lon", "'inf'"]),
    "too large a number": ("site,lat,lon\nA,48,1e999\n", ["row 2", "lon", "finite"]),
    "python's own numbers": ("site,lat,lon\nA,4_8,2\n", ["row 2", "'4_8'"]),
    "decimal comma": (
        'site,lat,lon\nA,"48,85",2\n',
        ["row 2", "column lat", "semicolons"],
    ),
    "ragged": ("site,lat,lon\nA,48\n", ["row 2 has 2 cells", "header 3", "separator"]),
    "too wide": ("site,lat,lon\nA,48,2,9\n", ["row 2 has 4 cells"]),
    "open quote": ('site,lat,lon\n"A,48,2\n', ["row 2", "Close every quote"]),
    "column twice": ("site,lat,lat\nA,48,2\n", ["row 1", "'lat'", "Rename one"]),
    "latitude 95": ("site,lat,lon\nA,95,2\n", ["row 2", "lat", "95", "-90 and 90"]),
    "longitude 200": ("site,lat,lon\nA,48,200\n", ["row 2", "lon", "200", "180"]),
    "null island": ("site,lat,lon\nA,48,2\nB,0,0\n", ["row 3", "open sea", "Fill in"]),
    "no position in a row": (
        "site,lat,lon\nA,48,2\nB,,2\n",
        ["row 3", "column lat", "is empty", "Fill it in"],
    ),
    "swapped": (
        "site,lat,lon\nA,48,2\nB,48.1,2\nC,48.2,2\nD,2,48\n",
        ["my.csv", "swapped", "2.0° N 48.0° E"],
    ),
    "no site name": ("site,lat,lon\n,48,2\n", ["row 2", "column site", "is empty"]),
    "cell twice": (
        "site,cell,lat,lon\nA,a,48,2\nB,a,48.1,2\n",
        ["row 3", "column cell", "'a'", "row 2", "its own"],
    ),
    "negative power": ("site,lat,lon,power_dbm\nA,48,2,-3\n", ["row 2", "power_dbm"]),
    "height 0": ("site,lat,lon,height_m\nA,48,2,0\n", ["row 2", "height_m", "above 0"]),
    "height 501": ("site,lat,lon,height_m\nA,48,2,501\n", ["row 2", "500 metres"]),
    "unknown antenna": (
        "site,lat,lon,antenna\nA,48,2,yagi\n",
        ["row 2", "antenna", "'yagi'", "column_10"],
    ),
    "tilt 91": ("site,lat,lon,tilt_deg\nA,48,2,91\n", ["row 2", "tilt_deg", "-90"]),
    "megahertz": (
        "site,lat,lon,carrier_ghz\nA,48,2,3500\n",
        ["row 2", "carrier_ghz", "3500", "3.5 for 3500 MHz"],
    ),
    "low carrier": ("site,lat,lon,carrier_ghz\nA,48,2,0.4\n", ["row 2", "0.4"]),
    "no bandwidth": (
        "site,lat,lon,bandwidth_mhz\nA,48,2,0\n",
        ["row 2", "bandwidth_mhz", "above 0"],
    ),
    "one cell": (
        "site,cell,lat,lon\nA,a,48,2\n",
        ["row 2", "at least 2", "Add rows"],
    ),
    "zeros": (b"site,lat\x00,lon\n", ["is not text", "saved as CSV"]),
    "an image": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ["is not text"]),
    "a spreadsheet": (b"PK\x03\x04rest", ["spreadsheet", "Save the sheet as CSV"]),
    "gzip": (b"\x1f\x8b\x08rest", ["gzip", "gunzip"]),
    "a web page": ("<!DOCTYPE html>\n<p>404</p>\n", ["no column lat"]),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_table_is_refused_in_one_line(tmp_path, what):
    content, parts = BAD[what]
    with pytest.raises(InterfaceError) as caught:
        read_sites(saved(tmp_path, content))
    one_line(caught, "my.csv", *parts)


def test_a_path_that_is_no_file_is_refused_in_one_line(tmp_path):
    inside_a_file = saved(tmp_path, PLAIN) / "deeper.csv"
    for path, part in (
        (tmp_path / "none.csv", "there is no file"),
        (tmp_path, "is a folder"),
        (inside_a_file, "cannot be read"),
    ):
        with pytest.raises(InterfaceError) as caught:
            read_sites(path)
        one_line(caught, str(path), part)


def test_a_file_too_large_for_a_table_is_refused(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)  # a hole: no disk is used
    with pytest.raises(InterfaceError) as caught:
        read_table(path)
    one_line(caught, "huge.csv", "MiB", "Cut it down")


def test_a_given_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InterfaceError) as caught:
        read_sites(saved(tmp_path, PLAIN), {"lat": "Breite"})
    one_line(caught, "no column Breite", "site, lat, lon")


def test_a_given_column_does_not_shadow_another(tmp_path):
    path = saved(tmp_path, "site,lat,lon,wgs_lat\nA,1,2,48\n")
    with pytest.raises(InterfaceError) as caught:
        read_sites(path, {"lat": "wgs_lat"})
    one_line(caught, "two columns lat", "Rename")


# ---- the French register -----------------------------------------------------------

REGISTER = (
    "id_support,operator,lat,lon,support_height_m,support_type,insee,tech\n"
    "1,FREE MOBILE,48.85,2.35,0.0,Immeuble,75101,5G NR 3500;5G NR 700*;LTE 700\n"
    "2,FREE MOBILE,48.86,2.35,30.0,Tunnel,75101,5G NR 3500\n"
    "3,FREE MOBILE,48.86,2.36,30.0,Intérieur galerie,75101,5G NR 3500\n"
    "4,FREE MOBILE,48.86,2.37,30.0,Immeuble,75101,LTE 1800\n"
    "5,SFR,48.87,2.37,31.5,Immeuble,75101,5G NR 2100\n"
)


def test_the_register_gives_sectors_carriers_and_neighbours(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "gemel.interfaces.tables.anfr"):
        table = read_anfr(saved(tmp_path, REGISTER), "Free Mobile")
    names = [row.name for row in table.rows]
    assert names == [
        "1-700-1",
        "1-700-2",
        "1-700-3",
        "1-3500-1",
        "1-3500-2",
        "1-3500-3",
    ]
    assert {row.height_m for row in table.rows} == {None}
    assert [row.bandwidth_mhz for row in table.rows] == [10.0] * 3 + [70.0] * 3
    assert table.neighbourhood_m.shape == (3, 2)  # supports 1, 4 and 5
    assert "left out 2 indoor or underground and 1 without 5G" in caplog.text


BAD_REGISTER = {
    "unknown operator": ("TELEFONICA", REGISTER, ["FREE MOBILE, SFR", "Choose"]),
    "no 5G": ("ORANGE", REGISTER + "6,ORANGE,48,2,9,Mât,75101,LTE 700\n", ["ORANGE"]),
    "no tech": ("SFR", REGISTER.replace(",tech", ",technik"), ["no column tech"]),
    "latitude 95": ("SFR", REGISTER.replace("48.87", "95"), ["row 6", "lat", "95"]),
    "600 metres": ("SFR", REGISTER.replace("31.5", "600"), ["row 6", "500 metres"]),
    "support twice": (
        "SFR",
        REGISTER + "5,SFR,48.87,2.37,31.5,Immeuble,75101,5G NR 2100\n",
        ["row 7", "2100 MHz of support 5", "row 6"],
    ),
    "all underground": (
        "SFR",
        REGISTER.replace("Immeuble", "Tunnel"),
        ["no outdoor site"],
    ),
}


@pytest.mark.parametrize("what", BAD_REGISTER)
def test_a_bad_register_is_refused_in_one_line(tmp_path, what):
    operator, content, parts = BAD_REGISTER[what]
    with pytest.raises(InterfaceError) as caught:
        read_anfr(saved(tmp_path, content), operator)
    one_line(caught, "my.csv", *parts)


def test_the_official_export_says_the_same_as_the_register(tmp_path):
    stations = (
        ("FREE MOBILE", "1", "5G NR 3500", "38", "0", "48.85, 2.35", "En service"),
        ("FREE MOBILE", "1", "5G NR 700", "38", "0", "48.85, 2.35", "Projet approuvé"),
        ("FREE MOBILE", "2", "5G NR 3500", "10", "30", "48.86, 2.35", "En service"),
        ("SFR", "5", "5G NR 2100", "38", "31,5", "48.87, 2.37", "En service"),
    )
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(EXPORT_COLUMNS)
        for operator, support, system, kind, height, place, status in stations:
            out.writerow(
                [operator, support, system, kind, height, "75101", place, status]
            )
    free, sfr = read_anfr(path, "FREE MOBILE"), read_anfr(path, "SFR")
    assert {row.name for row in free.rows} == {
        f"1-{mhz}-{sector}" for mhz in (700, 3500) for sector in (1, 2, 3)
    }
    assert [row.height_m for row in sfr.rows] == [31.5] * 3


def test_paris_has_the_sites_that_were_counted_by_hand(data_dir):
    path = data_dir / "paris" / "paris_sites.csv"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    table = read_anfr(path, "FREE MOBILE")
    carriers: dict[str, set[float]] = {}
    for row in table.rows:
        assert row.carrier_ghz is not None
        carriers.setdefault(row.site, set()).add(row.carrier_ghz)
    mixes = Counter(tuple(sorted(mix)) for mix in carriers.values())
    # Counted with grep and awk in the table itself.
    assert len(table.rows) == 954
    assert mixes == {
        (3.5,): 117,
        (0.7, 3.5): 65,
        (2.1,): 39,
        (0.7,): 21,
        (0.7, 2.1, 3.5): 3,
        (2.1, 3.5): 1,
    }
    assert table.neighbourhood_m.shape == (1523, 2)
    inventory = plan_inventory(table.rows, table.origin, seed=0)
    assert len(inventory.cells) == 954
    # Paris with its two woods is about 18 by 10 km; sites need not stand at the very
    # edge, so a fifth either way still tells it from another town or from feet.
    assert np.ptp(table.neighbourhood_m, axis=0) == pytest.approx([18e3, 10e3], rel=0.2)
