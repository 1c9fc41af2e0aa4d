"""Does clear air take what the validation workbook of ITU-R Study Group 3 says?"""

import csv

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.radio.attenuation import Gas

# The project promises 1e-3; float32 sums 79 lines to a few 1e-6 of it.
RELATIVE = 1e-5
PARTS = ("oxygen", "vapour", "whole")


def parts_of(carriers_ghz, dry_hpa, temperatures_k, vapours_g_m3):
    def one(*air):
        gas = Gas(*air)
        parts = gas.oxygen_db_per_km(), gas.vapour_db_per_km(), gas.attenuation()
        return *parts, gas.valid()

    columns = (carriers_ghz, dry_hpa, temperatures_k, vapours_g_m3)
    *parts, valid = jax.jit(jax.vmap(one))(*map(jnp.asarray, columns))
    assert bool(valid.all())
    return dict(zip(PARTS, map(np.asarray, parts), strict=True))


def columns_of(path, names):
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row[names[0]][0].isdigit()]
    assert rows, f"{path.name} has no numbers"
    return [np.array([float(row[name]) for row in rows]) for name in names]


@pytest.mark.parametrize("exact", [False, True], ids=["float32", "float64"])
def test_clear_air_is_that_of_the_workbook(reference_dir, exact):
    path = reference_dir / "itu" / "ITURP676-13_gamma.csv"
    names = ("f", "P", "T", "rho", "gamma0", "gammaw", "gamma")
    *air, oxygen, vapour, whole = columns_of(path, names)
    with jax.enable_x64(exact):
        ours = parts_of(*air)
    theirs = dict(zip(PARTS, (oxygen, vapour, whole), strict=True))
    for part in PARTS:
        # Sixteen digits are printed; float64 adds 79 numbers of mixed sign.
        within = 1e-13 if exact else RELATIVE
        np.testing.assert_allclose(ours[part], theirs[part], rtol=within, err_msg=part)


def test_peaks_and_windows_are_those_of_the_line_tables(reference_dir):
    path = reference_dir / "itu_p676_13_peaks.csv"
    names = ("f_GHz", "P_dry_hPa", "T_K", "rho_g_m3", "gamma_dB_km")
    *air, whole = columns_of(path, names)
    # Six decimals are printed, of values from 0.12 dB/km on.
    np.testing.assert_allclose(parts_of(*air)["whole"], whole, rtol=1e-5)


def test_published_points_of_the_absorption_curve():
    # Validation points of P.676-13 at 1013.25 hPa, 288.15 K, 7.5 g/m3 (Study Group 3,
    # as ITU-Rpy tests itself): 12, 20, 60, 90 and 130 GHz.
    carriers_ghz = np.array([12.0, 20.0, 60.0, 90.0, 130.0])
    whole = [0.018233662, 0.108930855, 14.778316637, 0.380843105, 0.793353788]
    same = np.ones(5)
    ours = parts_of(carriers_ghz, 1013.25 * same, 288.15 * same, 7.5 * same)
    np.testing.assert_allclose(ours["whole"], whole, rtol=RELATIVE)
