"""Do bins count every phone that can be heard, once, where its level is?"""

import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gemel.interfaces.standards.mdt import rsrp_reported
from gemel.interfaces.standards.ts28552 import measurement
from gemel.network.rsrp_bins import (
    BINS,
    NAMES,
    VALUES,
    WEAKEST_DBM,
    bin_of,
    counted,
    middle_dbm,
)

phones = st.tuples(st.integers(-1, 4), st.floats(-200.0, 0.0, width=32))


@given(st.lists(phones, min_size=8, max_size=8))
def test_every_phone_that_is_heard_counts_once(told):
    serving = jnp.asarray([cell for cell, _ in told], jnp.int32)
    rsrp_dbm = jnp.asarray([dbm for _, dbm in told], jnp.float32)
    count = np.asarray(counted(serving, rsrp_dbm, 5))
    sound = (np.asarray(serving) >= 0) & (np.asarray(rsrp_dbm) >= WEAKEST_DBM)
    heard = np.bincount(np.asarray(serving)[sound], minlength=5)
    assert count.sum(1).tolist() == heard.tolist()


@given(st.floats(-156.0, -32.0, width=32))
def test_a_bin_holds_the_values_that_phones_report(rsrp_dbm):
    assert int(bin_of(jnp.float32(rsrp_dbm))) == rsrp_reported(rsrp_dbm) // VALUES


def test_the_middle_of_a_bin_lies_in_it():
    middle = middle_dbm()
    assert bin_of(middle).tolist() == list(range(BINS))
    assert np.allclose(np.diff(np.asarray(middle)), VALUES)


def test_the_names_are_measurements_of_a_beam():
    assert {measurement(name).object_class for name in NAMES} == {"Beam"}
