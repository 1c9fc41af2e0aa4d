"""Do events, alarms and drive-test records say after reading what was written?"""

import json
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gemel.errors import InterfaceError
from gemel.interfaces.standards.mdt import (
    MdtRecord,
    read_mdt,
    rsrp_dbm,
    rsrp_reported,
    sinr_db,
    sinr_reported,
    write_mdt,
)
from gemel.interfaces.standards.ts28111 import (
    ALARM_TYPES,
    SEVERITIES,
    AlarmRecord,
    alarm_event,
    alarm_of,
)
from gemel.interfaces.standards.ves import (
    FILE_DATA_TYPES,
    FileInfo,
    file_error_event,
    file_info_of,
    file_ready_event,
    notification_of,
    ready_files,
)

NOON = datetime(2025, 1, 7, 12, 0, tzinfo=UTC)
# Of TS 28.532 and of the common event format 7.2.1; what a collector refuses without.
HEADER_NEEDS = {
    "domain", "eventId", "eventName", "lastEpochMicrosec", "priority",
    "reportingEntityName", "sequence", "sourceName", "startEpochMicrosec", "version",
    "vesEventListenerVersion",
}  # fmt: skip
texts = st.text(min_size=1, max_size=12).filter(str.strip)
times = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(
    lambda when: when.replace(tzinfo=UTC)
)
infos = st.builds(
    FileInfo,
    location=texts,
    size_bytes=st.integers(0, 2**40),
    ready=times,
    expires=times,
    data_type=st.sampled_from(FILE_DATA_TYPES),
    file_format=st.text(max_size=5),
    compression=texts,
    job_id=st.text(max_size=5),
)
maybe = st.none() | times
alarms = st.builds(
    AlarmRecord,
    alarm_id=texts,
    object_instance=texts,
    alarm_type=st.sampled_from(ALARM_TYPES),
    probable_cause=texts,
    severity=st.sampled_from(SEVERITIES),
    text=st.text(max_size=20),
    raised=times,
    changed=maybe,
    cleared=maybe,
)
levels = st.integers(0, 127)
records = st.builds(
    MdtRecord,
    user=texts,
    when=times,
    latitude_deg=st.floats(-90, 90),
    longitude_deg=st.floats(-180, 180),
    serving=texts,
    rsrp=levels,
    sinr=st.none() | levels,
    neighbours=st.lists(st.tuples(texts, levels), max_size=4).map(tuple),
)


def over_the_wire(event):
    return json.loads(json.dumps(event, allow_nan=False))


@given(files=st.lists(infos, max_size=3).map(tuple), when=times)
def test_ready_files_arrive_as_they_were_sent(files, when):
    event = file_ready_event(files, "http://a/files", when, 7)
    assert ready_files(over_the_wire(event), "an event") == files


@given(alarm=alarms)
def test_an_alarm_reads_as_it_was_written(alarm):
    assert alarm_of(over_the_wire(alarm.as_json()), "an alarm") == alarm


@given(told=st.lists(records, max_size=4).map(tuple))
def test_drive_tests_read_as_they_were_written(told):
    assert read_mdt(write_mdt(told), "a file") == told


SOME_ALARM = AlarmRecord(
    "a1", "SubNetwork=1", "EQUIPMENT_ALARM", "outOfService", "MAJOR", "gone", NOON
)
SOME_FILE = FileInfo("http://a/files/x.xml", 12, NOON, NOON + timedelta(days=1))
EVENTS = {
    "ready": file_ready_event([SOME_FILE], "http://a/files", NOON, 1),
    "error": file_error_event("x.xml", "Performance", "full", "http://a", NOON, 2),
    "alarm": alarm_event("notifyNewAlarm", SOME_ALARM, NOON, 3),
    "cleared": alarm_event("notifyClearedAlarm", SOME_ALARM, NOON, 4),
}


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_has_what_the_envelope_requires(name):
    header = EVENTS[name]["event"]["commonEventHeader"]
    assert HEADER_NEEDS <= header.keys()
    assert header["domain"] == "stndDefined"
    assert (header["version"], header["vesEventListenerVersion"]) == ("4.1", "7.2.1")
    assert header["startEpochMicrosec"] == 1_736_251_200_000_000  # NOON
    assert header["priority"] in {"High", "Medium", "Normal", "Low"}
    inner = notification_of(EVENTS[name], "it")
    assert {"href", "notificationId", "eventTime", "systemDN"} <= inner.keys()
    assert EVENTS[name]["event"]["stndDefinedFields"]["schemaReference"].count("#") == 1


def test_a_cleared_alarm_says_that_it_is_cleared():
    assert notification_of(EVENTS["cleared"], "it")["perceivedSeverity"] == "CLEARED"
    assert notification_of(EVENTS["alarm"], "it")["perceivedSeverity"] == "MAJOR"


def test_a_notification_without_envelope_is_understood():
    bare = notification_of(EVENTS["ready"], "it")
    assert ready_files(bare, "it") == (SOME_FILE,)
    assert ready_files(EVENTS["alarm"], "it") == ()


BAD_EVENTS = [
    None,
    [],
    "x",
    {},
    {"event": 7},
    {"event": {"stndDefinedFields": {"data": {"notificationType": 1}}}},
    {"notificationType": "notifyFileReady"},
    {"notificationType": "notifyFileReady", "fileInfoList": [7]},
    {
        "notificationType": "notifyFileReady",
        "fileInfoList": [{**SOME_FILE.as_json(), "fileReadyTime": "noon"}],
    },
    {
        "notificationType": "notifyFileReady",
        "fileInfoList": [{**SOME_FILE.as_json(), "fileSize": "12"}],
    },
]


@pytest.mark.parametrize("body", BAD_EVENTS)
def test_what_is_no_notification_is_refused_in_one_line(body):
    with pytest.raises(InterfaceError, match=r"^it") as error:
        ready_files(body, "it")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "body", [None, 7, {}, {**SOME_ALARM.as_json(), "alarmType": "X"}]
)
def test_what_is_no_alarm_is_refused(body):
    with pytest.raises(InterfaceError, match="it"):
        alarm_of(body, "it")


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"7\n",
        b"[" * 100_000,
        b'{"user": "u"}',
        write_mdt([]) + b'{"user":"u","time":"noon"}',
        b'{"user":"u","time":"2025-01-07T12:00:00+00:00","latitude":95,"longitude":0,'
        b'"servingCell":"c","ssRsrp":70}',
        b'{"user":"u","time":"2025-01-07T12:00:00","latitude":5,"longitude":0,'
        b'"servingCell":"c","ssRsrp":70}',
        b'{"user":"u","time":"2025-01-07T12:00:00+00:00","latitude":5,"longitude":0,'
        b'"servingCell":"c","ssRsrp":700}',
    ],
)
def test_what_is_no_drive_test_is_refused_in_one_line(data):
    with pytest.raises(InterfaceError) as error:
        read_mdt(data, "a file")
    assert "\n" not in str(error.value)


@given(st.floats(-156.0, -31.01))
def test_a_level_is_reported_to_half_a_decibel(dbm):
    assert abs(rsrp_dbm(rsrp_reported(dbm)) - dbm) <= 0.5 + 1e-9  # a bin is 1 dB wide


@given(st.floats(-23.0, 39.99))
def test_a_sinr_is_reported_to_a_quarter_of_a_decibel(db):
    assert abs(sinr_db(sinr_reported(db)) - db) <= 0.25 + 1e-9  # a bin is 0.5 dB wide


@pytest.mark.parametrize(
    ("dbm", "value"), [(-400.0, 0), (-156.1, 0), (-156.0, 1), (-31.0, 126)]
)
def test_levels_at_the_ends_of_their_table(dbm, value):
    """TS 38.133 table 10.1.6.1-1."""
    assert rsrp_reported(dbm) == value


@pytest.mark.parametrize(
    ("db", "value"), [(-99.0, 0), (-23.1, 0), (-23.0, 1), (40.0, 127)]
)
def test_sinrs_at_the_ends_of_their_table(db, value):
    """TS 38.133 table 10.1.16.1-1."""
    assert sinr_reported(db) == value


def test_file_info_keeps_its_optional_parts():
    body = SOME_FILE.as_json()
    del body["fileCompression"], body["fileFormat"]
    assert file_info_of(body, "it").compression == "no"
