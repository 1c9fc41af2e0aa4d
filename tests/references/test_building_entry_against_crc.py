"""Is building entry loss that of the Communications Research Centre Canada?"""

import csv

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.radio.attenuation import BuildingEntry

COLUMNS = (
    "freqency (GHz)",  # as the file writes it
    "probability (%)",
    "building type",
    "elevation angle (deg)",
    "building entry loss (dB)",
)


@pytest.fixture(scope="module")
def rows(reference_dir):
    path = reference_dir / "p2109" / "p2109_validation_crc.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        found = [[float(row[n]) for n in COLUMNS] for row in csv.DictReader(lines)]
    assert len(found) > 1_000, f"{path.name} is not whole"
    return np.array(found).T


def losses_of(carrier_ghz, percent, building, elevation_deg):
    def one(carrier_ghz, percent, efficient, elevation_deg):
        entry = BuildingEntry(carrier_ghz, percent, efficient, elevation_deg)
        return entry.attenuation(), entry.valid()

    columns = (carrier_ghz, percent, building == 2.0, elevation_deg)
    loss_db, valid = jax.jit(jax.vmap(one))(*map(jnp.asarray, columns))
    return np.asarray(loss_db), np.asarray(valid)


def test_every_row_in_float64(rows):
    *inputs, theirs_db = rows
    with jax.enable_x64(True):
        ours_db, valid = losses_of(*inputs)
    assert valid.all()
    # The project promises 0.01 dB; probabilities of 1e-8 are printed with few digits.
    np.testing.assert_allclose(ours_db, theirs_db, atol=1e-6)


def test_every_probability_that_float32_knows(rows):
    *inputs, theirs_db = rows
    known = inputs[1].astype(np.float32) < 100.0  # 99.999999 % is 100 % to float32
    assert known.mean() > 0.9
    ours_db, valid = losses_of(*(column[known] for column in inputs))
    assert valid.all()
    np.testing.assert_allclose(ours_db, theirs_db[known], atol=1e-3)


def test_what_float32_rounds_to_certainty_is_not_valid(rows):
    *inputs, _ = rows
    lost = inputs[1].astype(np.float32) >= 100.0
    ours_db, valid = losses_of(*(column[lost] for column in inputs))
    assert lost.any() and not valid.any() and np.isfinite(ours_db).all()
