"""Does a PM file say after reading what was written, and is what is none refused?"""

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from gemel.errors import InterfaceError
from gemel.interfaces.standards.naming import local_names
from gemel.interfaces.standards.ts28532_pm import (
    NAMESPACES,
    MeasData,
    MeasFile,
    MeasInfo,
    file_name,
    object_dn,
    read_pm,
    write_pm,
)
from gemel.interfaces.standards.ts28552 import (
    meas_file,
    measurement,
    measurements_known,
)

BEGIN = datetime(2025, 1, 7, 0, 0, tzinfo=UTC)
END = BEGIN + timedelta(seconds=900)
# What XML 1.0 can hold, blanks at the ends of attributes included.
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]),
    max_size=12,
)
names = st.from_regex(r"[A-Z][A-Za-z0-9]{1,6}\.[A-Za-z0-9._-]{1,12}", fullmatch=True)
values = st.one_of(
    st.none(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
)


@st.composite
def infos(draw) -> MeasInfo:
    named = tuple(draw(st.lists(names, max_size=4, unique=True)))
    row = st.tuples(*[values] * len(named))
    rows = draw(st.dictionaries(texts, row, max_size=3))
    suspect = draw(st.frozensets(st.sampled_from(sorted(rows)))) if rows else ()
    return MeasInfo(draw(texts), draw(texts), named, rows, frozenset(suspect))


@st.composite
def files(draw) -> MeasFile:
    granularity_s = draw(st.integers(1, 86_400))
    zone = timezone(timedelta(minutes=draw(st.integers(-720, 840))))
    begin = draw(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)))
    begin = begin.replace(tzinfo=zone)
    data = st.builds(MeasData, texts, texts, st.lists(infos(), max_size=3).map(tuple))
    elements = draw(st.lists(data, max_size=3))
    if not any(element.infos for element in elements):
        # Only a group says how fine a file is; without one it is its whole length.
        end = begin + timedelta(seconds=granularity_s)
    else:
        end = begin + timedelta(seconds=draw(st.integers(1, 86_400)))
    return MeasFile(draw(texts), begin, end, granularity_s, tuple(elements))


@pytest.mark.parametrize("root", NAMESPACES)
@given(file=files())
def test_decoding_what_was_encoded_gives_the_same(root, file):
    assert read_pm(write_pm(file, root), "a file") == file


def some_file() -> MeasFile:
    rows = {"GNBDUFunction=1,NRCellDU=1": (42, 1.5, None)}
    info = MeasInfo("NRCellDU", "1", ("RRU.PrbTotDl", "DRB.UEThpDl", "X.Y"), rows)
    element = MeasData("SubNetwork=1,ManagedElement=gnb1", "north", (info,))
    return MeasFile("SubNetwork=1", BEGIN, END, 900, (element,))


def test_a_file_is_named_after_its_period_and_sender():
    assert file_name(some_file()) == "A20250107.0000+0000-0015+0000_SubNetwork1.xml"


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<measDataFile xmlns="%s">&b;</measDataFile>"""
OUTSIDE = b"""<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<measDataFile xmlns="%s">&x;</measDataFile>"""
SPACE = NAMESPACES["measDataFile"].encode()
GOOD = write_pm(some_file())

HOSTILE = {
    "nothing": b"",
    "no XML": b"42",
    "billion laughs": BOMB % SPACE,
    "external entity": OUTSIDE % SPACE,
    "external entity in UTF-16": (OUTSIDE % SPACE).decode().encode("utf-16"),
    "other namespace": GOOD.replace(b"28.532#measData", b"28.532#other"),
    "no namespace": GOOD.replace(b' xmlns="' + SPACE + b'"', b""),
    "other root": GOOD.replace(b"measDataFile", b"dataFile"),
    "cut off": GOOD[: len(GOOD) // 2],
    "cut off between groups": GOOD[: GOOD.index(b"<measValue")],
    "no version": GOOD.replace(b'fileFormatVersion="28.532 V18.0.0"', b""),
    "no begin": GOOD.replace(b"beginTime", b"begun"),
    "no footer": GOOD.replace(b"fileFooter", b"fileEnd"),
    "no end of period": GOOD.replace(
        b'duration="PT900S" endTime', b'duration="PT900S" e'
    ),
    "no object": GOOD.replace(b"measObjLdn", b"object"),
    "p twice": GOOD.replace(b'<r p="2">', b'<r p="1">'),
    "p of nothing": GOOD.replace(b'<r p="2">', b'<r p="7">'),
    "type twice": GOOD.replace(b'measType p="2"', b'measType p="1"'),
    "infinite": GOOD.replace(b">42<", b">1e999<"),
    "not a number": GOOD.replace(b">42<", b">NaN<"),
    "a counter beyond 64 bits": GOOD.replace(b">42<", b">" + b"9" * 20 + b"<"),
    "endless digits": GOOD.replace(b">42<", b">" + b"9" * 100_000 + b"<"),
    "a word": GOOD.replace(b">42<", b">many<"),
    "a Python number": GOOD.replace(b">42<", b">4_2<"),
    "a time without zone": GOOD.replace(b"+00:00", b""),
    "an end before the begin": GOOD.replace(b"T00:15:00", b"T00:00:00"),
    "no duration": GOOD.replace(b"PT900S", b"P"),
    "half a second": GOOD.replace(b"PT900S", b"PT0.5S"),
    "another period inside": GOOD.replace(
        b'PT900S" endTime="2025-01-07T00:15', b'PT900S" endTime="2025-01-07T00:05'
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_pm_file_is_refused_in_one_line_that_names_it(what):
    data = HOSTILE[what]
    assert data != GOOD
    with pytest.raises(InterfaceError, match=r"^some-file") as error:
        read_pm(data, "some-file")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_nesting_without_end_is_refused():
    deep = b'<a xmlns="' + SPACE + b'">' + b"<a>" * 100_000
    with pytest.raises(InterfaceError, match=r"^deep"):
        read_pm(deep, "deep")


def test_a_file_that_cannot_be_meant_cannot_be_made():
    good = some_file()
    with pytest.raises(InterfaceError, match="later"):
        dataclasses.replace(good, end=BEGIN)
    with pytest.raises(InterfaceError, match="zone"):
        dataclasses.replace(good, begin=BEGIN.replace(tzinfo=None))
    with pytest.raises(InterfaceError, match="finite"):
        MeasInfo("", "", ("A.B",), {"x": (float("nan"),)})
    with pytest.raises(InterfaceError, match="2 values for 1"):
        MeasInfo("", "", ("A.B",), {"x": (1, 2)})
    with pytest.raises(InterfaceError, match="blanks"):
        MeasInfo("", "", ("A B",), {})
    with pytest.raises(InterfaceError, match="control characters"):
        write_pm(dataclasses.replace(good, sender="\x00"))


@given(
    kbit=st.lists(st.floats(0, 1e12), min_size=5, max_size=5),
    kwh=st.lists(st.floats(0, 1e3), min_size=5, max_size=5),
)
def test_counters_survive_the_file_within_a_kbit(kbit, kwh):
    names = local_names(["a", "b", "c", "d", "e"], [0, 0, 1, 1, 1])
    told = {
        "DRB.PdcpSduVolumeDL": np.array(kbit),
        "PEE.Energy": np.array(kwh),
        "RRU.PrbTotDl": np.full(5, 99.999),
    }
    file = read_pm(write_pm(meas_file(told, names, BEGIN, END, 900)), "it")
    found: dict[tuple[str, str], int | float | None] = {}
    for element in file.elements:
        for info in element.infos:
            for ldn, row in info.values.items():
                dn = object_dn(element.entity_dn, ldn)
                for name, value in zip(info.names, row, strict=True):
                    found[dn, name] = value
    for cell in range(5):
        volume = found[names.cell_cu[cell], "DRB.PdcpSduVolumeDL"]
        assert isinstance(volume, int) and 0 <= kbit[cell] - volume < 1  # rounded down
        assert found[names.cell_du[cell], "VS.Energy"] == kwh[cell]
        assert found[names.cell_du[cell], "RRU.PrbTotDl"] == 99  # floor of TS 28.552
    for element, cells in (("gnb1", [0, 1]), ("gnb2", [2, 3, 4])):
        whole = found[f"SubNetwork=1,ManagedElement={element}", "PEE.Energy"]
        assert whole == np.array(kwh)[cells].sum()


def test_what_is_not_known_is_null_and_no_zero():
    names = local_names(["a", "b"], [0, 0])
    told = {
        "RRU.PrbTotDl": np.array([np.nan, 7.0]),
        "PEE.Energy": np.array([1, np.nan]),
    }
    data = write_pm(meas_file(told, names, BEGIN, END, 900, suspect=frozenset({1})))
    (element,) = read_pm(data, "it").elements
    cells, energy = element.infos
    at = cells.names.index("RRU.PrbTotDl")
    assert cells.values["GNBDUFunction=1,NRCellDU=1"][at] is None
    assert cells.values["GNBDUFunction=1,NRCellDU=2"][at] == 7
    assert cells.suspect == {"GNBDUFunction=1,NRCellDU=2"}
    assert energy.values == {"ManagedElement=gnb1": (None,)}


def test_names_are_told_from_their_subcounters():
    assert measurement("CARR.WBCQIDist.Bin3.Bin1.Bin2").name == "CARR.WBCQIDist"
    with pytest.raises(InterfaceError, match="no measurement"):
        measurement("L1M.SS-SINR")  # a name that circulates and that is not standard


def test_what_beams_count_is_written_at_beams():
    names = local_names(["a"], [0])
    file = meas_file({"L1M.SS-RSRP.Bin7": np.array([3.9])}, names, BEGIN, END, 900)
    (info,) = file.elements[0].infos
    (ldn,) = info.values
    assert info.values[ldn] == (3,)
    assert object_dn(file.elements[0].entity_dn, ldn) == names.beam[0]


def test_every_known_measurement_has_a_class_and_a_source():
    for name, known in measurements_known().items():
        assert known.object_class in {"NRCellDU", "NRCellCU", "ManagedElement", "Beam"}
        own = name.startswith("VS.")
        assert known.source.startswith("own:" if own else "TS 28.552 5.1."), name


ELEMENT = "SubNetwork=1,ManagedElement=a"


@pytest.mark.parametrize(
    ("entity", "ldn", "whole"),
    [
        (ELEMENT, "GNBDUFunction=1", f"{ELEMENT},GNBDUFunction=1"),
        (ELEMENT, "ManagedElement=a,X=1", f"{ELEMENT},X=1"),
        (ELEMENT, f"{ELEMENT},X=1", f"{ELEMENT},X=1"),
        ("", "ManagedElement=a,X=1", "ManagedElement=a,X=1"),
        (ELEMENT, "", ELEMENT),
    ],
)
def test_objects_are_found_however_much_of_their_name_is_told(entity, ldn, whole):
    assert object_dn(entity, ldn) == whole
