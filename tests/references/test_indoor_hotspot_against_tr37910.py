"""Is an indoor hotspot as efficient as 3GPP found in its evaluation for IMT-2020?

TR 37.910, indoor hotspot, downlink: mean per transmission point and 5th percentile
user. Every row shall be met within 15 %. Fitted was one number, to the rows "12TRxP FDD
Type II" of model A; all the others are judged.
"""

import csv
import dataclasses

import numpy as np
import pytest

from gemel.scenarios.indoor_hotspot import (
    REJECTION_DB,
    IndoorHotspot,
    indoor_hotspot,
)

TOLERANCE = 0.15  # what the companies' own results differ by
SEED = 1
DROPS = {1: 30, 3: 10}  # 3,600 users each: the mean scatters by 1 %, the 5th by 3 %
SCHEMES = ("Type II", "reciprocity")  # of 32x4; Type I and 32x8 are not judged


@pytest.fixture(scope="module")
def rows(reference_dir):
    file = reference_dir / "tr37910_imt2020_spectral_efficiency.csv"
    with file.open(newline="") as lines:
        return [
            row
            for row in csv.DictReader(lines)
            if "DL" in row["duplex_dir"]
            and "32x4" in row["scheme(gNB M,N,P,Mg,Ng;Mp,Np)"]
            and any(s in row["scheme(gNB M,N,P,Mg,Ng;Mp,Np)"] for s in SCHEMES)
        ]


def cases(row) -> list[tuple[IndoorHotspot, float]]:
    """One a bandwidth, with what TR 37.910 has."""
    pattern = row["duplex_dir"].split()[-1]
    return [
        (
            IndoorHotspot(
                sectors=3 if "36TRxP" in row["environment"] else 1,
                model=row["channel_model"],
                letters="D" if pattern == "DL" else pattern,
                subcarrier_khz=int(row["SCS_kHz"]),
                bandwidth_mhz=float(mhz),
            ),
            float(value),
        )
        for mhz, value in zip(
            row["bw_MHz"].split("/"),
            (row[f"value_bw{i}"] for i in (1, 2, 3)),
            strict=False,
        )
        if value
    ]


def relative_errors(chosen, rejection_db=REJECTION_DB) -> dict[str, float]:
    errors = {}
    for row in chosen:
        for case, expected in cases(row):
            case = dataclasses.replace(case, rejection_db=rejection_db)
            found = indoor_hotspot(case, DROPS[case.sectors], SEED)
            fifth = row["metric"].startswith("5th")
            got = found.fifth_bps_per_hz if fifth else found.mean_bps_per_hz
            name = f"{row['environment']} {row['duplex_dir']} {row['channel_model']}"
            kind = "5th" if fifth else "mean"
            errors[f"{name} {case.bandwidth_mhz:g} MHz {kind}"] = got / expected - 1.0
    return errors


def judge(chosen) -> None:
    assert chosen, "the table has no such row"
    errors = relative_errors(chosen)
    print("\n".join(f"{100 * off:+6.1f} %  {name}" for name, off in errors.items()))
    assert all(abs(off) <= TOLERANCE for off in errors.values()), errors


def fitted(row) -> bool:
    return (
        "12TRxP" in row["environment"]
        and row["duplex_dir"] == "FDD DL"
        and row["channel_model"] == "A"
    )


def test_rejection_is_the_one_that_fits_best(rows):
    tried_db = np.arange(0.0, 3.1, 0.5)
    squares = [
        sum(off**2 for off in relative_errors(filter(fitted, rows), db).values())
        for db in tried_db
    ]
    assert tried_db[np.argmin(squares)] == REJECTION_DB, squares


def test_rows_of_twelve_points_and_model_a(rows):
    judge(
        [r for r in rows if "12TRxP" in r["environment"] and r["channel_model"] == "A"]
    )


@pytest.mark.slow
def test_every_other_row(rows):
    judge(
        [r for r in rows if "36TRxP" in r["environment"] or r["channel_model"] == "B"]
    )
