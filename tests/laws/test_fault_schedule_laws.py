"""Does a schedule of faults say what it says, and refuse what cannot be?"""

import dataclasses
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.emulator.faults import FAULTS, DeadCell, FlashCrowd
from gemel.emulator.faults.schedule import (
    EVERYWHERE,
    RANDOM,
    Fault,
    FaultSchedule,
    cells_hit,
    placed,
)
from gemel.errors import GemelError, InterfaceError, ScenarioError
from gemel.interfaces.tables.faults import (
    as_toml,
    read_schedule,
    schedule_from,
    schedule_named,
)

NAMES = ("A-1", "A-2", "B-1", "B-2", "C-1")
SITES = ("A", "A", "B", "B", "C")
# Inside every allowed range of any parameter of the type; see the classes.
NUMBERS = {float: st.floats(1.0, 60.0), int: st.integers(1, 10), bool: st.booleans()}
SHARES = {"share", "forgotten", "mistaken", "kept"}


@st.composite
def schedules(draw) -> FaultSchedule:
    faults = []
    for kind in draw(st.lists(st.sampled_from(list(FAULTS)), max_size=4)):
        own = {
            field.name: draw(
                st.floats(0.01, 0.5) if field.name in SHARES else NUMBERS[field.type]
            )
            for field in dataclasses.fields(FAULTS[kind])
        }
        names = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=3)
        mixed = draw(names.map(lambda n: tuple(x for x in n if x not in "random")))
        where = draw(st.sampled_from([(RANDOM,), (EVERYWHERE,), mixed or ("x",)]))
        faults.append(
            Fault(
                FAULTS[kind](**own),
                where,
                draw(st.floats(0.0, 1e6)),
                draw(st.floats(1e-3, 1e6) | st.just(math.inf)),
                draw(st.integers(1, 9)) if where == (RANDOM,) else 1,
            )
        )
    return FaultSchedule(tuple(faults))


@given(schedules())
def test_reading_after_writing_is_the_identity(schedule):
    assert schedule_from(as_toml(schedule), "memory") == schedule


def test_a_written_file_is_read_back(tmp_path: Path):
    path = tmp_path / "faults.toml"
    schedule = schedule_named("standard")
    path.write_text(as_toml(schedule), "utf-8")
    assert read_schedule(path) == schedule == schedule_named(str(path))


@pytest.mark.parametrize("cells", [3, 4, 57])
@pytest.mark.parametrize("seed", range(5))
def test_the_standard_schedule_fits_any_network(cells, seed):
    names = tuple(f"cell {number}" for number in range(cells))
    sites = tuple(f"site {number // 3}" for number in range(cells))
    there = placed(schedule_named("standard"), names, sites, seed, 86_400.0)
    assert {fault.kind for fault in there.faults} == set(FAULTS)
    for fault in there.faults:
        assert 1 <= cells_hit(fault, names).sum() <= cells
        assert fault.begins_s >= 86_400.0
        assert fault.ends_s <= 2 * 86_400.0


def test_places_are_drawn_by_the_seed():
    def where(seed: int) -> list[tuple[str, ...]]:
        names = tuple(f"cell {number}" for number in range(500))
        there = placed(schedule_named("standard"), names, names, seed)
        return [fault.where for fault in there.faults if len(fault.where) < 500]

    assert where(1) == where(1)
    assert all(one != other for one, other in zip(where(1), where(2), strict=True))


def test_a_random_place_may_be_drawn_by_weight():
    """Of 1,000 draws 9 to 1: 900, and the binomial spread is 9.5; five of it are 48."""
    schedule = FaultSchedule((Fault(DeadCell()),))
    weight = (9.0, 0.0, 1.0, 0.0, 0.0)
    hit = [
        placed(schedule, NAMES, SITES, seed, 0.0, weight).faults[0].where[0]
        for seed in range(1_000)
    ]
    assert set(hit) == {"A-1", "B-1"}
    assert abs(hit.count("A-1") - 900) < 48


def test_a_place_is_a_cell_or_all_cells_of_a_site():
    def hit(*where: str) -> list[bool]:
        schedule = FaultSchedule((Fault(DeadCell(), where),))
        return cells_hit(placed(schedule, NAMES, SITES, 0).faults[0], NAMES).tolist()

    assert hit("A-2") == [False, True, False, False, False]
    assert hit("B", "C-1") == [False, False, True, True, True]
    assert hit(EVERYWHERE) == [True] * 5
    assert sum(hit(RANDOM)) == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(DeadCell(), ("Z",)), "Z"),
        (Fault(DeadCell(), (RANDOM,), count=6), "6 random cells"),
    ],
)
def test_a_place_that_is_not_there_is_refused(fault, said):
    with pytest.raises(ScenarioError, match=said):
        placed(FaultSchedule((fault,)), NAMES, SITES, 0)


@given(schedules(), st.floats(0.0, 2e6))
def test_what_lasts_changes_only_when_it_is_said_to(schedule, moment_s):
    following_s = schedule.next_change_s(moment_s)
    assert following_s > moment_s
    if math.isfinite(following_s):
        assert schedule.at(math.nextafter(following_s, 0.0)) == schedule.at(moment_s)
        assert schedule.at(following_s) != schedule.at(moment_s)


@pytest.mark.parametrize("kind", FAULTS)
def test_every_kind_has_usable_defaults_and_a_name(kind):
    fault = Fault(FAULTS[kind]())
    assert fault.kind == kind
    assert fault.lasts_at(0.0) and fault.lasts_at(1e9)


HEAD = "schema_version = 1\n"
ONE = HEAD + '[[fault]]\nkind = "weak_amplifier"\n'
BAD = {
    "no TOML": ("[[fault", "is not TOML"),
    "no version": ("", "schema_version is 'None'"),
    "another version": ("schema_version = 2", "Write schema_version = 1"),
    "true is no version": ("schema_version = true", "schema_version is 'True'"),
    "a misspelt table": (HEAD + "[[faults]]", "'faults' is unknown"),
    "no list": (HEAD + "fault = 3", "Write [[fault]]"),
    "a list of numbers": (HEAD + "fault = [3]", "Write [[fault]]"),
    "no kind": (HEAD + "[[fault]]\nbegins_s = 1", "fault 1: has no kind"),
    "an unknown kind": (HEAD + '[[fault]]\nkind = "fire"', "dead_cell, sleeping_cell"),
    "a kind of numbers": (HEAD + "[[fault]]\nkind = 7", "kind is '7'"),
    "an unknown key": (ONE + "loss = 3.0", "loss_db"),
    "another kind's key": (ONE + "factor = 3.0", "'factor' is unknown"),
    "a text for a number": (ONE + 'loss_db = "3"', "loss_db is '3'. Give a number"),
    "true for a number": (ONE + "loss_db = true", "Give a number"),
    "a number for truth": (
        HEAD + '[[fault]]\nkind = "dead_cell"\nsilent = 1',
        "silent is '1'. Give true or false",
    ),
    "out of range": (ONE + "loss_db = 90", "loss_db is 90; give 0.1 to 60"),
    "not a number": (ONE + "loss_db = nan", "give 0.1 to 60"),
    "a huge number": (ONE + "loss_db = 1" + "0" * 400, "Give a number"),
    "before the beginning": (ONE + "begins_s = -1", "begins_s is -1"),
    "never": (ONE + "begins_s = inf", "begins_s is inf"),
    "no duration": (ONE + "lasts_s = 0", "lasts_s is 0"),
    "no place": (ONE + "where = []", "where names no place"),
    "an empty place": (ONE + 'where = ""', "where names no place"),
    "a place of numbers": (ONE + "where = [1]", "Give a name, or a list of names"),
    "random and a name": (ONE + 'where = ["random", "A"]', "where mixes"),
    "no cell": (ONE + "count = 0", "count is 0"),
    "half a cell": (ONE + "count = 1.5", "count is '1.5'. Give a whole number"),
    "so many of a name": (ONE + 'where = "A"\ncount = 2', "leave count out"),
    "deep nesting": (HEAD + "fault = " + "[" * 5_000, "is not TOML"),
    "nothing wrong with neighbours": (
        HEAD + '[[fault]]\nkind = "wrong_neighbours"\nforgotten = 0',
        "forgotten + mistaken is 0",
    ),
    "nothing corrupt": (
        HEAD + '[[fault]]\nkind = "corrupt_report"\nflips = 0',
        "flips is 0",
    ),
    "no skew": (HEAD + '[[fault]]\nkind = "clock_skew"\nahead_s = 0', "ahead_s is 0"),
}


@pytest.mark.parametrize("text, said", BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text, said):
    path = tmp_path / "faults.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InterfaceError) as refusal:
        read_schedule(path)
    told = str(refusal.value)
    assert said in told and str(path) in told and "\n" not in told
    if "[[fault]]\n" in text:
        assert "fault 1" in told


def test_the_number_of_the_entry_is_told(tmp_path: Path):
    path = tmp_path / "faults.toml"
    path.write_text(ONE + '[[fault]]\nkind = "flash_crowd"\nfactor = 0.5', "utf-8")
    with pytest.raises(InterfaceError, match=r"fault 2 \(flash_crowd\): factor is 0.5"):
        read_schedule(path)


@pytest.mark.parametrize("make", ["missing", "folder", "binary", "huge"])
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, make):
    path = tmp_path / "faults.toml"
    if make == "folder":
        path.mkdir()
    elif make == "binary":
        path.write_bytes(b"\xff\xfe\x00\x01")
    elif make == "huge":
        path.write_text("#" * 2**21)
    with pytest.raises(InterfaceError) as refusal:
        schedule_named(str(path))
    assert str(path) in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: FlashCrowd(factor=math.nan),
        lambda: FlashCrowd(radius_m=0.0),
        lambda: Fault(DeadCell(), begins_s=math.nan),
        lambda: Fault(DeadCell(), lasts_s=math.nan),
    ],
)
def test_nonsense_is_refused_where_it_is_made(make):
    with pytest.raises(GemelError):
        make()
