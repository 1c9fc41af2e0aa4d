"""Do we get what the companies of 3GPP got for their calibration cases?

TR 38.901, clause 7.8.1, with the numbers of R1-165974, and RP-180524 for the IMT-2020
self-evaluation. Percentiles of some ten thousand users: their sampling error is a
fraction of the companies' range, and a seed is fixed.
"""

import csv

import numpy as np
import pytest

from gemel.scenarios.calibration.cases import CASES
from gemel.scenarios.calibration.outcome import calibrate
from gemel.scenarios.calibration.references import (
    DRAWN_PERCENTILES,
    METRICS,
    PERCENTILES,
    band_of,
    references_of,
)

LARGE_SCALE = "tr38901_phase1_largescale_R1-165974_stats.csv"
OFFICE = "tr38901_inh_open_6GHz.csv"
IMT_2020 = "rp180524_imt2020_calibration_percentiles.csv"
OFFICE_DB = 1.5  # as a lone curve is compared, at 10, 50 and 90 %
NAMES = {
    "coupling_loss": "coupling_gain_db",
    "geometry_sir": "geometry_sir_db",
    "geometry_sinr": "geometry_sinr_db",
    "coupling_gain_dB": "coupling_gain_db",
    "geometry_dB": "geometry_sinr_db",
}
IN_FILE = ("uma-6ghz", "uma-30ghz", "umi-6ghz")


def rows_of(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def companies(case, reference_dir):
    """(metric, percentile) -> lowest, mean, highest, dB."""
    if case.startswith("imt2020"):
        return {
            (NAMES[row["metric"]], int(row["percentile"])): tuple(
                float(row[column]) for column in ("min", "mean", "max")
            )
            for row in rows_of(reference_dir / IMT_2020)
        }
    scenario, carrier = case.split("-")
    return {
        (NAMES[row["metric"]], round(float(row["percentile"]))): tuple(
            float(row[f"{column}_dB"]) for column in ("min", "mean", "max")
        )
        for row in rows_of(reference_dir / LARGE_SCALE)
        if row["scenario"].lower() == scenario and row["freq"].lower() == carrier
    }


def outside(case, theirs, drops=None):
    """What of ours is outside theirs, in words; wants something to compare."""
    ours = calibrate(case, drops, seed=1)
    held, missed = 0, []
    for metric in METRICS:
        for percentile, value_db in ours.percentiles_db(metric).items():
            if (metric, percentile) in theirs:
                low_db, mean_db, high_db = theirs[metric, percentile]
                held += 1
                if not low_db <= value_db <= high_db:
                    missed.append(
                        f"{metric} {percentile} %: {value_db:.2f}, "
                        f"{low_db} to {high_db}, mean {mean_db}"
                    )
    assert held >= 10
    return missed


def test_the_street_canyon_is_theirs(reference_dir):
    theirs = companies("umi-6ghz", reference_dir)
    assert not outside("umi-6ghz", theirs, drops=60)


# The 10th percentile of the SIR is 0.05 dB below the highest company's: only hundreds
# of thousands of users tell.
@pytest.mark.slow
@pytest.mark.parametrize("case", IN_FILE)
def test_the_large_scale_is_theirs(case, reference_dir):
    assert not outside(case, companies(case, reference_dir))


# Our median gain is 0.2 dB below the highest company's: twice the usual drops.
@pytest.mark.slow
def test_the_country_is_theirs(reference_dir):
    case = "imt2020-rural-700mhz-a"
    assert not outside(case, companies(case, reference_dir), drops=60)


def test_the_open_office_is_theirs(reference_dir):
    curves = {
        "phase1_path_gain_dB(coupling loss, negative)": "coupling_gain_db",
        "phase1_geometry_sir_dB": "geometry_sir_db",
    }
    ours = calibrate("inh-open-6ghz", 100, seed=1)
    compared = 0
    for row in rows_of(reference_dir / OFFICE):
        metric, percentile = curves[row["quantity"]], int(row["percentile"])
        if percentile in (10, 50, 90):
            ours_db = ours.percentiles_db(metric)[percentile]
            assert ours_db == pytest.approx(float(row["value"]), abs=OFFICE_DB), row
            compared += 1
    assert compared == 6


@pytest.mark.parametrize("case", [*IN_FILE, "imt2020-rural-700mhz-a"])
def test_the_ranges_we_print_are_theirs(case, reference_dir):
    theirs = companies(case, reference_dir)
    ours = references_of(case)
    assert set(ours) == {metric for metric, _ in theirs}
    for metric, ranges in ours.items():
        assert set(ranges) == set(PERCENTILES)
        for percentile, held in ranges.items():
            published = theirs[metric, percentile]
            assert (held.low_db, held.mean_db, held.high_db) == published
        band = band_of(case, metric)
        assert tuple(band) == DRAWN_PERCENTILES
        for percentile, (low_db, high_db) in band.items():
            assert (low_db, high_db) == theirs[metric, percentile][::2]


def test_no_range_stands_for_a_case_that_published_none():
    published = {*IN_FILE, "inh-open-6ghz", "imt2020-rural-700mhz-a"}
    assert {case for case in CASES if references_of(case)} == published
    assert np.all([not band_of(case, METRICS[0]) for case in set(CASES) - published])
