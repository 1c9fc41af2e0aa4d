"""Is a recording read for what it says, and what is wrong with it counted?"""

import dataclasses
import gzip
from datetime import UTC, datetime, timedelta

import jax.numpy as jnp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemel.errors import InterfaceError
from gemel.interfaces.networks.arrivals import FATES, Arrivals
from gemel.interfaces.networks.recorded import RecordedSource
from gemel.interfaces.networks.recorded_files import called_by, cell_named
from gemel.interfaces.networks.recorded_loading import read_recording, replay
from gemel.interfaces.standards.naming import local_names
from gemel.interfaces.standards.pm_file import file_name
from gemel.interfaces.standards.ts28532_pm import NAMESPACES, Root, write_pm
from gemel.interfaces.standards.ts28552 import meas_file
from gemel.interfaces.stores.history_duckdb import DuckHistory
from gemel.network.controls import Controls
from gemel.network.rsrp_bins import BINS
from gemel.network.rsrp_bins import NAMES as RSRP_NAMES

BEGIN = datetime(2025, 1, 7, tzinfo=UTC)  # a Tuesday
QUARTER = timedelta(seconds=900)
LABELS = ("north", "south", "east")
NAMES = local_names(LABELS, [0, 0, 1])
BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>
<measDataFile>&d;</measDataFile>"""


def measured(number: int) -> dict[str, np.ndarray]:
    """What three cells report in a period; whole numbers, as files have them."""
    load = 10.0 + number + np.arange(3)
    return {
        "RRU.PrbTotDl": load,
        "DRB.UEThpDl": 1_000.0 * load,
        "DRB.PdcpSduVolumeDL": 5_000.0 + load,
        "RRC.ConnMean": np.array([4.0, np.nan, 6.0]),
        "PEE.Energy": 0.25 * load,
    }


def pm_file(number: int, later: timedelta = timedelta(0), more: float = 0.0, **other):
    told = {name: value + more for name, value in measured(number).items()}
    begin = BEGIN + number * QUARTER + later
    return meas_file(told, NAMES, begin, begin + QUARTER, 900, **other)


def kept(folder, number: int, root: Root = "measDataFile", **other):
    file = pm_file(number, **other)
    path = folder / file_name(file)
    path.write_bytes(write_pm(file, root))
    return path


def value_of(rows, cell: str, name: str, number: int) -> float:
    when_s = 86_400.0 + 900.0 * number
    own = (rows["cell"] == cell) & (rows["name"] == name)
    (value,) = rows["value"][own & (rows["elapsed_s"] == when_s)]
    return float(value)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("root", NAMESPACES)
def test_a_folder_of_files_says_what_was_written(root, packed, tmp_path):
    for number in range(4):
        path = kept(tmp_path, number, root)
        if packed:
            path.with_name(f"{path.name}.gz").write_bytes(
                gzip.compress(path.read_bytes())
            )
            path.unlink()
    found = read_recording(tmp_path)
    assert found.monday == datetime(2025, 1, 6, tzinfo=UTC)
    assert found.arrivals.counts == {"whole": 4}
    assert len(found.reports["cell"]) == 4 * 3 * 5
    assert (found.reports["period_s"] == 900.0).all()
    for number in range(4):
        for name, values in measured(number).items():
            for cell, value in zip(("gnb1/1", "gnb1/2", "gnb2/1"), values, strict=True):
                told = value_of(found.reports, cell, name, number)
                assert told == value or (np.isnan(told) and np.isnan(value))
    absent = ~found.reports["present"]
    assert absent.sum() == 4  # one cell says nothing of its users
    assert np.isnan(found.reports["value"][absent]).all()


def test_everything_that_befalls_files_is_counted_and_none_is_fatal(tmp_path):
    for number in (0, 1, 2, 3, 5, 6, 9):
        kept(tmp_path, number)
    whole = kept(tmp_path, 8).read_bytes()
    content = {
        "B-1-again.xml": write_pm(pm_file(3), "measDataFile"),
        "B-2-corrected.xml": write_pm(pm_file(2, more=1.0), "measCollecFile"),
        "B-3-reordered.xml": write_pm(pm_file(4), "measDataFile"),
        "B-4-skewed.xml": write_pm(
            pm_file(10, later=timedelta(seconds=40)), "measDataFile"
        ),
        "B-5-cut.xml": whole[: len(whole) // 2],
        "B-6-bomb.xml": BOMB,
        "B-7-empty.xml": b"",
        "B-8-noise.xml": bytes(range(256)),
        "B-9-cut.xml.gz": gzip.compress(whole)[:-20],
        "C-1-strange.xml": b"<html>no report</html>",
        "notes.txt": b"to be ignored",
    }
    long = pm_file(11)
    long = dataclasses.replace(long, end=long.end + QUARTER, granularity_s=1_800)
    content["C-2-longer.xml"] = write_pm(long, "measDataFile")
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    found = read_recording(tmp_path)
    assert found.arrivals.counts == {
        "whole": 9,
        "again": 1,
        "corrected": 1,
        "reordered": 1,
        "skewed": 1,  # beside being whole
        "corrupt": 6,
        "stranger": 1,
        "missing": 1,  # the eighth quarter
    }
    told = {(s.fate, s.what) for s in found.arrivals.stories}
    assert ("corrupt", "B-6-bomb.xml") in told and (
        "stranger",
        "C-2-longer.xml",
    ) in told
    assert ("missing", "the report of 2025-01-07 01:45:00") in told
    assert all(story.why and "\n" not in story.why for story in found.arrivals.stories)
    # What was corrected counts as corrected, whatever came later of other periods.
    assert value_of(found.reports, "gnb1/1", "RRU.PrbTotDl", 2) == 13.0
    assert value_of(found.reports, "gnb1/1", "RRU.PrbTotDl", 3) == 13.0
    assert value_of(found.reports, "gnb1/1", "RRU.PrbTotDl", 4) == 14.0
    assert value_of(found.reports, "gnb1/1", "RRU.PrbTotDl", 10) == 20.0


def test_a_value_that_is_not_to_be_trusted_is_absent(tmp_path):
    kept(tmp_path, 0, suspect=frozenset({1}))
    rows = read_recording(tmp_path).reports
    assert set(rows["cell"][~rows["present"]].tolist()) == {"gnb1/2"}
    sure = (rows["cell"] == "gnb1/2") & rows["present"]
    assert rows["name"][sure].tolist() == []


def test_cells_have_one_name_whatever_object_measures_them():
    for dn, cell in (
        ("SubNetwork=1,ManagedElement=gnb7,GNBDUFunction=1,NRCellDU=2", "gnb7/2"),
        ("SubNetwork=1,ManagedElement=gnb7,GNBCUCPFunction=1,NRCellCU=2", "gnb7/2"),
        ("ManagedElement=enb3,ENBFunction=1,EUtranCellFDD=A", "enb3/A"),
        ("ManagedElement=gnb7,GNBDUFunction=1", "gnb7/GNBDUFunction=1"),
    ):
        assert cell_named(dn) == (cell, False)
    assert cell_named("SubNetwork=1,ManagedElement=gnb7") == ("gnb7", True)


def test_replaying_twice_keeps_once_and_news_are_told_apart(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for number in (0, 1, 3):
        kept(folder, number)
    with DuckHistory(tmp_path / "h") as history:
        first = replay(read_recording(folder), history)
        again = replay(read_recording(folder), history)
        assert first.counts == {"whole": 45} and again.counts == {"again": 45}
        kept(folder, 2)
        kept(folder, 1, more=1.0)
        news = replay(read_recording(folder), history)
        # Of the corrected file one value, the absent one, is still absent.
        assert news.counts == {"again": 31, "corrected": 14, "late": 15}
        rows = history.read("reports")
        assert len(rows["cell"]) == 60
        assert value_of(rows, "gnb1/1", "RRU.PrbTotDl", 1) == 12.0
        assert value_of(rows, "gnb1/1", "RRU.PrbTotDl", 2) == 12.0
    with DuckHistory(tmp_path / "h") as history:
        assert replay(read_recording(folder), history).counts == {"again": 60}


def usual() -> Controls:
    return Controls(
        power_dbm=jnp.full(3, 46.0),
        tilt_deg=jnp.full(3, 6.0),
        azimuth_turn_deg=jnp.zeros(3),
        awake=jnp.ones(3, bool),
        individual_offset_db=jnp.zeros(3),
        handover_margin_db=jnp.ones(3),
    )


def test_a_twin_sees_a_recording_as_it_sees_a_network(tmp_path):
    for number in (0, 1, 3):
        kept(tmp_path, number)
    found = read_recording(tmp_path)
    knobs = {
        "elapsed_s": np.array([86_400.0, 86_400.0 + 900.0]),
        "cell": np.array(["south", "south"]),
        "name": np.array(["awake", "tilt_deg"]),
        "value": np.array([0.0, 9.0]),
    }
    source = RecordedSource(found.reports, LABELS, usual(), knobs, called_by(NAMES))
    with pytest.raises(RuntimeError):
        source.observe()
    for number in range(4):
        assert source.forward()
        seen = source.observe()
        assert float(seen.elapsed_s) == 86_400.0 + 900.0 * number
        assert float(seen.period_s) == 900.0
        for name, value in measured(number).items():
            there = np.isfinite(value) & (number != 2)
            assert seen.measured[name].present.tolist() == there.tolist()
            told = np.asarray(seen.measured[name].value)
            assert told[there].tolist() == value[there].astype(np.float32).tolist()
            assert (told[~there] == 0.0).all()
        assert seen.controls.awake.tolist() == [True, False, True]
        assert float(seen.controls.tilt_deg[1]) == (9.0 if number else 6.0)
    assert not source.forward()
    assert source.arrivals.counts == {"whole": 3, "missing": 1}


def test_a_recording_tells_how_loudly_phones_hear(tmp_path):
    count = np.random.default_rng(5).integers(0, 9, (3, BINS))
    phones = dict(zip(RSRP_NAMES, count.T.astype(float), strict=True))
    begin = BEGIN + QUARTER
    file = meas_file(measured(1) | phones, NAMES, begin, begin + QUARTER, 900)
    (tmp_path / file_name(file)).write_bytes(write_pm(file))
    kept(tmp_path, 0)
    found = read_recording(tmp_path)
    # Nobody says which cell a carrier's beams are: without names they are strangers.
    assert "gnb1/NRSectorCarrier=1" in set(found.reports["cell"].tolist())
    source = RecordedSource(found.reports, LABELS, usual(), None, called_by(NAMES))
    assert source.forward() and source.observe().rsrp_count is None
    assert source.forward()
    told = source.observe()
    assert told.rsrp_count is not None
    assert np.asarray(told.rsrp_count).tolist() == count.tolist()
    assert not source.arrivals.counts.get("stranger")


def test_cells_that_are_not_ours_are_counted_and_ours_must_be_there(tmp_path):
    kept(tmp_path, 0)
    rows = read_recording(tmp_path).reports
    called = called_by(NAMES)
    two = RecordedSource(rows, ("north", "west", "east"), usual(), called=called)
    assert two.forward()
    assert two.observe().measured["RRU.PrbTotDl"].present.tolist() == [
        True,
        False,
        True,
    ]
    assert two.arrivals.counts["stranger"] == 1
    with pytest.raises(InterfaceError, match="no cell of the inventory"):
        RecordedSource(rows, LABELS, usual())


def table(times, **more) -> pa.Table:
    count = len(times)
    return pa.table(
        {
            "cell": ["a", "b"] * (count // 2),
            "time": times,
            "RRU.PrbTotDl": np.arange(count, dtype=float),
            "DRB.UEThpDl": [None] + [5.0] * (count - 1),
        }
        | more
    )


def quarters(count: int) -> list[str]:
    moments = [BEGIN + n // 2 * QUARTER for n in range(count)]
    return [moment.isoformat() for moment in moments]


@pytest.mark.parametrize("form", ["csv", "parquet", "timestamps", "zones"])
def test_a_table_of_reports_is_a_recording(form, tmp_path):
    texts = quarters(8)
    times = texts
    if form in ("timestamps", "zones"):
        zone = "UTC" if form == "zones" else None
        times = pa.array(
            [BEGIN.replace(tzinfo=None) + n // 2 * QUARTER for n in range(8)]
        )
        times = times.cast(pa.timestamp("ms", zone))
    if form == "csv":
        rows = [f"{'ab'[n % 2]};{texts[n]};{n};{5 if n else ''}" for n in range(8)]
        text = "\n".join(["cell;time;RRU.PrbTotDl;DRB.UEThpDl", *rows])
        (tmp_path / "t.csv").write_text(text)
    else:
        pq.write_table(table(times), tmp_path / "t.parquet")
    found = read_recording(tmp_path)
    assert found.monday == datetime(2025, 1, 6, tzinfo=UTC)
    assert found.arrivals.counts == {"whole": 8}
    rows = found.reports
    assert len(rows["cell"]) == 16 and (rows["period_s"] == 900.0).all()
    assert value_of(rows, "b", "RRU.PrbTotDl", 1) == 3.0
    assert rows["present"].sum() == 15


def test_rows_of_a_table_may_be_late_twice_or_of_no_use(tmp_path):
    times = quarters(8)
    times[2], times[6] = times[6], times[2]  # both of cell a
    told = table(times)
    told = pa.concat_tables([told, told.slice(0, 1), told.slice(5, 1)])
    other = told.column("RRU.PrbTotDl").to_numpy().copy()
    other[9] = 77.0
    told = told.set_column(2, "RRU.PrbTotDl", pa.array(other))
    nothing = table(["yesterday", None])
    pq.write_table(pa.concat_tables([told, nothing]), tmp_path / "t.parquet")
    found = read_recording(tmp_path / "t.parquet")
    counts = found.arrivals.counts
    assert (counts["again"], counts["corrected"], counts["corrupt"]) == (1, 1, 2)
    assert counts["whole"] + counts["reordered"] == 8 and counts["reordered"] >= 1
    assert len(found.reports["cell"]) == 16
    assert value_of(found.reports, "b", "RRU.PrbTotDl", 2) == 77.0


def test_a_drive_test_is_a_recording(tmp_path):
    lines = ["time,cell,pci,latitude,longitude,rsrp"]
    lines += [
        f"2025-01-07T00:00:{n:02d},c{n % 2},{n},48.1,11.{n},-9{n}" for n in range(5)
    ]
    lines += ["2025-01-07T00:00:06,c1,7,48.1,11.5,30"]  # dBm
    lines += ["2025-01-07T00:00:06,c1,7,148.1,11.5,-90", "never,c1,7,48.1,11.5,-90"]
    lines += [
        "2025-01-07T00:00:06,,,48.1,11.5,nan",
        "2025-01-07T00:00:05,,,48.1,11,-95",
    ]
    (tmp_path / "drive.csv").write_text("\n".join(lines))
    found = read_recording(tmp_path)
    assert found.arrivals.counts == {"whole": 6, "corrupt": 4}
    samples = found.samples
    assert samples["rsrp_dbm"].tolist() == [-90.0, -91.0, -92.0, -93.0, -94.0, -95.0]
    assert samples["cell"].tolist() == ["c0", "c1", "c0", "c1", "c0", ""]
    assert samples["lon_deg"][3] == 11.3 and np.isnan(samples["pci"][5])
    with DuckHistory(tmp_path / "h") as history:
        assert replay(found, history).counts == {"whole": 6}
        assert replay(found, history).counts == {"again": 6}
        assert len(history.read("samples")["cell"]) == 6


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no recording"),
        ({"notes.txt": b"no recording"}, "holds no recording"),
        ({"a.xml": BOMB}, "DOCTYPE"),
        ({"a.xml.gz": b"\x1f\x8bnothing"}, "cannot be read whole"),
        ({"a.csv": b"cell,time\na,2025-01-07T00:00:00\n"}, "that TS 28.552 names"),
        ({"a.csv": b"cell,RRU.PrbTotDl\na,3\n"}, "no column time"),
        ({"a.csv": b"time,RRU.PrbTotDl\n2025-01-07T00:00:00,3\n"}, "no column cell"),
        ({"a.csv": b"cell,time,RRU.PrbTotDl\na,soon,3\n"}, "is a time"),
        ({"a.csv": b"time,lat,lon,rsrp\n2025-01-07,48,11,30\n"}, "an RSRP in dBm"),
        ({"a.parquet": b"PAR1 and no more"}, "cut short"),
        ({"a.csv": b""}, "is empty"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(files, said, tmp_path):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InterfaceError, match=said) as refused:
        read_recording(tmp_path)
    assert "\n" not in str(refused.value)
    with pytest.raises(InterfaceError, match="there is no"):
        read_recording(tmp_path / "nowhere")


def test_fates_are_counted_in_known_words():
    arrivals = Arrivals()
    for number, fate in enumerate(FATES, start=1):
        arrivals.count(fate, "one of them", many=number)
    assert arrivals.said().startswith("1 whole, 2 late")
    assert len(arrivals.stories) == len(FATES) - 1
    with pytest.raises(ValueError):
        arrivals.count("eaten by the dog")
    for _ in range(1_000):
        arrivals.count("corrupt", "a file")
    assert len(arrivals.stories) == 100 and arrivals.counts["corrupt"] > 1_000
