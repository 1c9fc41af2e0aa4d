"""Does rain take what the validation workbook of ITU-R Study Group 3 says?"""

import csv

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.radio.attenuation import Rain


@pytest.mark.parametrize("exact", [False, True], ids=["float32", "float64"])
def test_k_alpha_and_rain_are_those_of_the_workbook(reference_dir, exact):
    path = reference_dir / "itu" / "ITURP838-3_rain_specific_attenuation.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["f"][0].isdigit()]
    assert rows, f"{path.name} has no numbers"

    def one(carrier_ghz, rain_mm_h, elevation_deg, tilt_deg):
        rain = Rain(carrier_ghz, rain_mm_h, elevation_deg, tilt_deg)
        return *rain.coefficients(), rain.attenuation(), rain.valid()

    with jax.enable_x64(exact):
        said = [jnp.array([float(row[n]) for row in rows]) for n in ("f", "R", "el")]
        tilt_deg = jnp.array([float(row["tau"]) for row in rows])
        *ours, valid = jax.jit(jax.vmap(one))(*said, tilt_deg)
        assert bool(valid.all())
        # The project promises 1e-3. Eight decimals are printed, of a k from 0.04 on;
        # float32 adds a dozen bells of up to 48.
        within = 2e-7 if exact else 1e-5
        for name, value in zip(("k", "alpha", "gamma_r"), ours, strict=True):
            theirs = [float(row[name]) for row in rows]
            np.testing.assert_allclose(value, theirs, rtol=within, err_msg=name)


# P.838-3 repeats its formulas at chosen carriers: table 5, rows 1, 10 and 100 GHz;
# kH, alphaH, kV, alphaV as printed there.
TABLE_5 = {
    1.0: (0.0000259, 0.9691, 0.0000308, 0.8592),
    10.0: (0.01217, 1.2571, 0.01129, 1.2156),
    100.0: (1.3671, 0.6815, 1.3680, 0.6765),
}


@pytest.mark.parametrize("carrier_ghz", TABLE_5)
def test_coefficients_are_those_of_table_5(carrier_ghz):
    k_h, alpha_h, k_v, alpha_v = TABLE_5[carrier_ghz]
    for tilt_deg, k, alpha in ((0.0, k_h, alpha_h), (90.0, k_v, alpha_v)):
        ours = Rain(carrier_ghz, 10.0, 0.0, tilt_deg).coefficients()
        # Four digits are printed of each, three of the smallest k.
        np.testing.assert_allclose(ours, (k, alpha), rtol=2e-3)
