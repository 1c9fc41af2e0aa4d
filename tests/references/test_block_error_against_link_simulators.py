"""Do a tenth of the blocks fail where public link simulators say so?

SINR at 10 % BLER per MCS and code block size, AWGN, from the tables of 5G-LENA and of
Sionna. The two differ by 1.3 to 3.6 dB and more for short blocks: a bracket. Sionna has
five sizes up to 2,000 bit; between them it is interpolated over the logarithm of the
size, and above it is taken as at 2,000, where its curves are flat.
"""

import csv
from collections import defaultdict

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.network.link_to_system import block_error, mcs_table
from gemel.network.link_to_system.block_error import required_sinr_db

COLUMN = "SINR_dB_at_10pct_BLER(AWGN, lin-interp of stored points)"


@pytest.fixture(scope="module")
def thresholds(reference_dir):
    """{source: {(table, mcs): {block bits: mean dB}}}, downlink."""
    file = reference_dir / "nr_mcs_bler10pct_sinr_thresholds.csv"
    found = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["channel"] == "PDSCH" and int(row["mcs_table"]) in (1, 2, 3):
                source = "sionna" if row["source"].startswith("Sionna") else "lena"
                entry = int(row["mcs_table"]), int(row["mcs"])
                found[source][entry][int(row["cbs_bits"])].append(float(row[COLUMN]))
    return {
        source: {
            entry: {bits: float(np.mean(db)) for bits, db in sizes.items()}
            for entry, sizes in entries.items()
        }
        for source, entries in found.items()
    }


@pytest.fixture(scope="module")
def ours():
    errors = block_error()

    @jax.jit
    @jax.vmap
    def find(bits_per_symbol, code_rate, bits):
        return required_sinr_db(errors, bits_per_symbol, code_rate, bits)

    def needed_db(cases):
        tables = {number: mcs_table(number) for number in (1, 2, 3)}
        order = [float(tables[t].bits_per_symbol[m]) for t, m, _ in cases]
        rate = [float(tables[t].code_rate[m]) for t, m, _ in cases]
        bits = [float(b) for _, _, b in cases]
        return np.asarray(find(*map(jnp.asarray, (order, rate, bits))))

    return needed_db


@pytest.fixture(scope="module")
def bracket(thresholds):
    """Cases (table, mcs, bits) that both have, and the lower and the upper SINR, dB."""
    cases, low_db, high_db = [], [], []
    for entry, sizes in thresholds["lena"].items():
        if entry not in thresholds["sionna"]:
            continue
        other = sorted(thresholds["sionna"][entry].items())
        log_bits, db = np.log([b for b, _ in other]), [d for _, d in other]
        for bits, lena_db in sizes.items():
            sionna_db = np.interp(np.log(bits), log_bits, db)
            cases.append((*entry, bits))
            low_db.append(min(sionna_db, lena_db))
            high_db.append(max(sionna_db, lena_db))
    return cases, np.array(low_db), np.array(high_db)


def test_every_row_that_both_have_lies_inside_the_bracket(bracket, ours):
    cases, low_db, high_db = bracket
    found_db = ours(cases)
    inside = (low_db <= found_db) & (found_db <= high_db)
    outside = [case for case, fits in zip(cases, inside, strict=True) if not fits]
    assert len(cases) > 2_000
    print(f"{inside.mean():.4f} of {len(cases)} rows inside")
    assert not outside


def test_rows_that_one_alone_has_lie_on_its_side(thresholds, bracket, ours):
    """Sionna is the lower one and 5G-LENA the upper one wherever both speak. Blocks
    below 100 bit are left out: there the bracket is as wide as eight decibels."""
    long = np.array([bits >= 100 for _, _, bits in bracket[0]])
    widest_db = (bracket[2] - bracket[1])[long].max()
    for source, other, sign in (("lena", "sionna", -1.0), ("sionna", "lena", 1.0)):
        cases, db = [], []
        for entry, sizes in thresholds[source].items():
            if entry not in thresholds[other]:
                cases += [(*entry, bits) for bits in sizes if bits >= 100]
                db += [sizes[bits] for bits in sizes if bits >= 100]
        beyond_db = sign * (ours(cases) - np.array(db))
        assert len(cases) > 50
        print(f"{source}: {beyond_db.min():.2f} to {beyond_db.max():.2f} dB")
        assert (beyond_db > 0.0).all() and (beyond_db < widest_db).all(), source
