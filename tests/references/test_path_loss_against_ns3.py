"""Do our median losses agree with the test vectors of ns-3 at 5 GHz?"""

import csv

import jax.numpy as jnp
import pytest

from gemel.radio.link import Link
from gemel.radio.propagation import PATH_LOSSES

# Its vectors know no factories; offices differ in line of sight only.
NS3_NAMES = {"uma": "Uma", "umi": "Umi", "rma": "Rma"}
NS3_NAMES |= dict.fromkeys(("inh", "inh-open", "inh-mixed"), "IndoorOffice")
# The vectors allow themselves 0.05 dB; four decimals and float32 leave this.
ROUNDING_DB = 1e-3


def link_of(row: dict[str, str]) -> Link:
    return Link(
        distance_2d_m=jnp.asarray(float(row["d2D_m"])),
        base_height_m=jnp.asarray(float(row["h_BS_m"])),
        user_height_m=jnp.asarray(float(row["h_UT_m"])),
        carrier_ghz=jnp.asarray(float(row["fc_Hz"]) / 1e9),
        line_of_sight=jnp.asarray(row["los"] == "true"),
    )


@pytest.mark.parametrize("name", NS3_NAMES)
def test_loss_is_that_of_ns3(name, reference_dir):
    table = reference_dir / "ns3_tr38901_pathloss_vectors.csv"
    with table.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["model"] == NS3_NAMES[name]]
    assert rows, f"{table.name} has no row {NS3_NAMES[name]}"
    path_loss = PATH_LOSSES[name]()
    for row in rows:
        link = link_of(row)
        assert bool(path_loss.valid(link)), row
        assert float(path_loss.loss_db(link)) == pytest.approx(
            float(row["pathloss_dB"]), abs=ROUNDING_DB
        ), row


# No vector of a macrocell lies beyond the breakpoint; these follow by hand from
# TR 38.901, table 7.4.1-1, rows UMa and RMa, PL2.
def test_urban_macro_beyond_the_breakpoint():
    # f 0.7 GHz: d'_BP = 4 · 24 · 0.5 · 0.7e9 / 3e8 = 112 m;
    # 28 + 40 lg 1000.276 + 20 lg 0.7 - 9 lg(112² + 23.5²) = 107.852 dB
    link = Link(*map(jnp.asarray, (1_000.0, 25.0, 1.5, 0.7, True)))
    assert float(PATH_LOSSES["uma"]().loss_db(link)) == pytest.approx(
        107.852,
        abs=1e-3,  # the decimals written above
    )


def test_rural_macro_beyond_the_breakpoint():
    # f 0.7 GHz: d_BP = 2π · 35 · 1.5 · 0.7e9 / 3e8 = 769.69 m; h 5 m: h^1.72 = 15.9305;
    # PL1(d_BP) = 20 lg(40π · 769.69 · 0.7 / 3) + 0.47791 lg 769.69 - 0.70094
    #           + 0.002 · 0.69897 · 769.69 = 88.825 dB
    # PL2 = PL1(d_BP) + 40 lg(3000.187 / 769.69) = 112.458 dB
    link = Link(*map(jnp.asarray, (3_000.0, 35.0, 1.5, 0.7, True)))
    assert float(PATH_LOSSES["rma"]().loss_db(link)) == pytest.approx(
        112.458,
        abs=1e-3,  # the decimals written above
    )
