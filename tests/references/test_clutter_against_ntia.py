"""Is clutter loss that of the reference implementation of NTIA?"""

import csv

import pytest

from gemel.radio.attenuation import (
    SURROUNDINGS,
    SlantClutter,
    TerminalClutter,
    TerrestrialClutter,
)

ROUNDED_DB = 0.05 + 1e-4  # the files print one decimal; the rest is float32
NAMES = tuple(SURROUNDINGS)  # table 3 and the files count them in one order, from 1


def terminal(row):
    over_edge, _ = SURROUNDINGS[NAMES[int(row["clutter_type"]) - 1]]
    return TerminalClutter(
        float(row["f__ghz"]),
        float(row["h__meter"]),
        over_edge,
        float(row["R__meter"]),
        float(row["w_s__meter"]),
    )


def terrestrial(row):
    numbers = (float(row[name]) for name in ("f__ghz", "d__km", "p"))
    return TerrestrialClutter(*numbers)


def slant(row):
    numbers = (float(row[name]) for name in ("f__ghz", "theta_deg", "p"))
    return SlantClutter(*numbers)


FILES = {
    "HeightGainTerminalCorrectionModelTestData.csv": (terminal, "A_h__db"),
    "TerrestrialStatisticalModelTestData.csv": (terrestrial, "L_ctt__db"),
    "AeronauticalStatisticalModelTestData.csv": (slant, "L_ces__db"),
}


@pytest.mark.parametrize("file", FILES)
def test_every_row_is_met_or_refused_with_them(reference_dir, file):
    made, column = FILES[file]
    with (reference_dir / "p2108" / file).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    refused = [row for row in rows if row["rtn"] != "0"]
    assert refused and len(refused) < len(rows)
    for row in rows:
        clutter = made(row)
        assert bool(clutter.valid()) == (row["rtn"] == "0"), row
        if row["rtn"] == "0":
            theirs_db = float(row[column])
            assert abs(float(clutter.attenuation()) - theirs_db) <= ROUNDED_DB, row


def test_representative_heights_are_those_of_ntia():
    # NTIA's enumeration RepresentativeClutterHeight, metres.
    assert {name: height_m for name, (_, height_m) in SURROUNDINGS.items()} == {
        "water-sea": 10.0,
        "open-rural": 10.0,
        "suburban": 10.0,
        "urban": 15.0,
        "trees-forest": 15.0,
        "dense-urban": 20.0,
    }
