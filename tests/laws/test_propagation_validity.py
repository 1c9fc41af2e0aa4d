"""Does every path loss say where its source no longer stands behind it?"""

import functools

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.radio.link import Link
from gemel.radio.propagation import PATH_LOSSES, RuralMacro

EVERY_CARRIER = (0.5, 100.0)
every = pytest.mark.parametrize("name", PATH_LOSSES)


def single(number: float) -> float:
    """The nearest number that float32 knows, as production asks for it."""
    return float(np.float32(number))


def link_at(places, line_of_sight: bool) -> Link:
    return Link(*map(jnp.asarray, (*places, line_of_sight)))


@functools.cache
def jitted(name: str, method: str):
    return eqx.filter_jit(getattr(PATH_LOSSES[name](), method))


def holds(name: str, places, line_of_sight: bool) -> bool:
    return bool(jitted(name, "valid")(link_at(places, line_of_sight)))


def loss_db(name: str, places, line_of_sight: bool) -> float:
    return float(jitted(name, "loss_db")(link_at(places, line_of_sight)))


ABOVE_FLOOR = (0.0, None)  # offices: a height above the floor, whatever it is
ABOVE_STREET = (1.0, None)  # UMa, UMi: above the effective ground
# A link in the middle, ends at one height where the table limits the 3-D distance, and
# how far each of its four numbers may go. None: no limit. Tables 7.4.1-1 and 7.2-4.
MIDDLE_AND_LIMITS = {
    "uma": (
        (100.0, 25.0, 1.5, 3.5),
        ((10.0, 5_000.0), ABOVE_STREET, (1.5, 22.5), EVERY_CARRIER),
    ),
    "umi": (
        (100.0, 10.0, 1.5, 3.5),
        ((10.0, 5_000.0), ABOVE_STREET, (1.5, 22.5), EVERY_CARRIER),
    ),
    "rma": (
        (100.0, 35.0, 1.5, 0.7),
        ((10.0, 10_000.0), (10.0, 150.0), (1.0, 10.0), (0.5, 30.0)),
    ),
    **dict.fromkeys(
        ("inh", "inh-open", "inh-mixed"),
        (
            (20.0, 1.5, 1.5, 3.5),
            ((1.0, 150.0), ABOVE_FLOOR, ABOVE_FLOOR, EVERY_CARRIER),
        ),
    ),
    **dict.fromkeys(
        ("inf-sl", "inf-dl"),
        (
            (20.0, 1.5, 1.5, 3.5),
            ((1.0, 600.0), (0.0, 10.0), (0.0, 10.0), EVERY_CARRIER),
        ),
    ),
    **dict.fromkeys(
        ("inf-sh", "inf-dh"),
        (
            (20.0, 1.5, 1.5, 3.5),
            ((1.0, 600.0), (0.0, 25.0), (0.0, 10.0), EVERY_CARRIER),
        ),
    ),
    "inf-hh": (
        (20.0, 8.0, 8.0, 3.5),
        ((1.0, 600.0), (0.0, 25.0), (0.0, 25.0), EVERY_CARRIER),
    ),
}
EXCLUSIVE = {0.0, 1.0}  # of heights: nobody hangs at the ground itself
HEIGHTS = (1, 2)


def edges(name: str):
    """Each limit of a table: the middle link moved just inside, and just outside."""
    middle, limits = MIDDLE_AND_LIMITS[name]
    for axis, (low, high) in enumerate(limits):
        lowest, below = low, 0.999 * low
        if axis in HEIGHTS and low in EXCLUSIVE and name != "rma":
            lowest, below = low + 0.001, low
        pairs = [(lowest, below)]
        pairs += [] if high is None else [(high, 1.001 * high)]
        for inside, outside in pairs:
            yield tuple(
                (*middle[:axis], single(value), *middle[axis + 1 :])
                for value in (inside, outside)
            )


@every
def test_the_table_ends_where_it_says(name):
    found = list(edges(name))
    assert len(found) >= 6
    for inside, outside in found:
        assert holds(name, inside, True), inside
        assert not holds(name, outside, True), outside
        assert np.isfinite(loss_db(name, outside, True))


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("average_building_height_m", 5.0, 50.0),
        ("street_width_m", 5.0, 50.0),
    ],
)
def test_the_rural_table_ends_with_its_houses_and_streets(field, low, high):
    link = link_at((100.0, 35.0, 1.5, 0.7), True)
    for value, expected in (
        (low, True),
        (0.999 * low, False),
        (high, True),
        (1.001 * high, False),
    ):
        assert bool(RuralMacro(**{field: value}).valid(link)) == expected


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("uma", (9.9, 25.0, 1.5, 3.5)),  # 10 m
        ("uma", (5_001.0, 25.0, 1.5, 3.5)),  # 5 km
        ("uma", (100.0, 25.0, 1.4, 3.5)),  # users from 1.5 m
        ("uma", (100.0, 25.0, 22.6, 3.5)),  # to 22.5 m
        ("uma", (100.0, 0.5, 1.5, 3.5)),  # a base below the effective ground
        ("umi", (9.9, 10.0, 1.5, 3.5)),
        ("umi", (5_001.0, 10.0, 1.5, 3.5)),
        ("umi", (100.0, 10.0, 1.5, 0.4)),  # 0.5 GHz
        ("umi", (100.0, 10.0, 1.5, 101.0)),  # 100 GHz
        ("rma", (9.9, 35.0, 1.5, 0.7)),
        ("rma", (5_001.0, 35.0, 1.5, 0.7)),  # hidden users: 5 km
        ("rma", (100.0, 9.9, 1.5, 0.7)),  # bases from 10 m
        ("rma", (100.0, 151.0, 1.5, 0.7)),  # to 150 m
        ("rma", (100.0, 35.0, 10.1, 0.7)),  # users to 10 m
        ("rma", (100.0, 35.0, 1.5, 31.0)),  # note 3: 30 GHz
        ("inh", (0.1, 1.6, 1.5, 5.0)),  # 3-D distance 1 m
        ("inh", (151.0, 3.0, 1.0, 5.0)),  # 150 m
        ("inh", (10.0, 3.0, 1.0, 101.0)),
        ("inf-sl", (601.0, 1.5, 1.5, 3.5)),  # 600 m
        ("inf-dh", (0.1, 1.6, 1.5, 3.5)),  # 3-D distance 1 m
        ("inf-hh", (20.0, 8.0, 8.0, 3.5)),  # nobody is hidden there
    ],
)
def test_outside_the_table_says_so_and_stays_finite(name, places):
    places = tuple(single(place) for place in places)
    assert not holds(name, places, False)
    assert np.isfinite(loss_db(name, places, False))


def test_rural_users_in_sight_may_be_twice_as_far():
    far = (9_999.0, 35.0, 1.5, 0.7)
    assert holds("rma", far, True)
    assert not holds("rma", far, False)
