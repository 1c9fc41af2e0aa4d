"""Are our MCS and CQI tables those of TS 38.214?

Tables 1 and 2, and the betas that 5G-LENA and Sionna fitted, from the reference folder;
table 3 from the standard's own column of efficiencies (5.1.3.1-3 and 5.2.2.1-4).
"""

import csv
import functools

import pytest

from gemel.network.link_to_system import cqi_table, mcs_table
from gemel.network.link_to_system.code_blocks import transport_block_bits

PRINTED = 5.1e-5  # efficiencies are printed with four decimals, some rounded down
ROUNDING = 1e-6  # relative, of float32


@pytest.fixture
def rows(reference_dir):
    with (reference_dir / "nr_mcs_cqi_tables_38214.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("number", [1, 2])
def test_mcs_table_is_exact(rows, number):
    expected = [row for row in rows if row["table"] == f"MCS{number}"]
    table = mcs_table(number)
    assert len(table.code_rate) == len(expected)
    for row in expected:
        index = int(row["index"])
        assert float(table.bits_per_symbol[index]) == float(row["Qm"])
        assert float(table.code_rate[index]) * 1024 == float(row["code_rate_x1024"])
        assert float(table.eesm_beta[index]) == pytest.approx(
            float(row["EESM_beta"]), rel=ROUNDING
        )
        assert float(table.efficiency[index]) == pytest.approx(
            float(row["spectral_eff"]), abs=PRINTED
        )


@pytest.mark.parametrize("number", [1, 2])
def test_cqi_table_is_exact(rows, number):
    expected = [row for row in rows if row["table"] == f"Cqi{number}"][1:]  # not CQI 0
    table = cqi_table(number)
    assert [int(row["index"]) for row in expected] == list(range(1, 16))
    assert table.lowest_index == 1
    assert table.efficiency.tolist() == pytest.approx(
        [float(row["spectral_eff"]) for row in expected], abs=PRINTED
    )


def test_mcs_table_3_has_the_efficiencies_of_the_standard():
    printed = [
        0.0586, 0.0781, 0.0977, 0.1250, 0.1523, 0.1934, 0.2344, 0.3066, 0.3770, 0.4902,
        0.6016, 0.7402, 0.8770, 1.0273, 1.1758, 1.3281, 1.4766, 1.6953, 1.9141, 2.1602,
        2.4063, 2.5664, 2.7305, 3.0293, 3.3223, 3.6094, 3.9023, 4.2129, 4.5234,
    ]  # fmt: skip
    table = mcs_table(3)
    assert table.efficiency.tolist() == pytest.approx(printed, abs=PRINTED)
    assert table.bits_per_symbol.tolist() == [2.0] * 15 + [4.0] * 6 + [6.0] * 8


def test_cqi_table_3_has_the_efficiencies_of_the_standard():
    printed = [
        0.0586, 0.0977, 0.1523, 0.2344, 0.3770, 0.6016, 0.8770, 1.1758, 1.4766, 1.9141,
        2.4063, 2.7305, 3.3223, 3.9023, 4.5234,
    ]  # fmt: skip
    table = cqi_table(3)
    assert table.efficiency.tolist() == pytest.approx(printed, abs=PRINTED)
    assert table.bits_per_symbol.tolist() == [2.0] * 8 + [4.0] * 3 + [6.0] * 4


@pytest.mark.parametrize(
    ("elements", "rate_x1024", "order", "layers", "expected"),
    [
        # Clause 5.1.3.2 by hand. Step 3: N_info = 168 · 120/1024 · 2 = 39.375, n = 3,
        # N'_info = 32, the first size not below: 32
        (168, 120, 2, 1, 32),
        # N_info = 1500 · 602/1024 · 2 = 1763.67, n = 4, N'_info = 1760, table: 1800
        (1_500, 602, 2, 1, 1_800),
        # Step 4: N_info = 15600 · 948/1024 · 8 · 2 = 231075, n = floor(log2 231051) - 5
        # = 12, N'_info = 4096 · round(56.41) = 229376, R > 1/4, C = ceil(229400 / 8424)
        # = 28, TBS = 8 · 28 · ceil(229400 / 224) - 24 = 229576 - 24 … ceil = 1025
        (15_600, 948, 8, 2, 229_576),
        # N_info = 50000 · 120/1024 · 2 = 11718.75, n = 8, N'_info = 256 · round(45.68)
        # = 11776, R <= 1/4: C = ceil(11800 / 3816) = 4, TBS = 32 · 369 - 24 = 11784
        (50_000, 120, 2, 1, 11_784),
    ],
)
def test_transport_block_sizes_by_hand(elements, rate_x1024, order, layers, expected):
    size = functools.partial(transport_block_bits, elements, rate_x1024 / 1024)
    assert size(order, layers) == expected
