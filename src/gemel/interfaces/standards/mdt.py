"""What did a user's phone measure, and where: records of minimisation of drive tests?

Immediate MDT, M1 of TS 37.320: SS-RSRP and SS-SINR of the serving cell and SS-RSRP of
neighbours, with a position. A standard trace file (TS 32.423) carries these inside
encoded RRC messages; ours carries them decoded, one JSON object a line, and says so by
its format `jsonl`. Levels are the integers that TS 38.133 lets a phone report.
"""

import dataclasses
import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gemel.errors import InterfaceError
from gemel.interfaces.standards.attributes import Attributes

RSRP_INFINITE = 127  # TS 38.133 table 10.1.6.1-1
NEIGHBOURS = 8  # maxCellReport of TS 38.331


@dataclasses.dataclass(frozen=True)
class MdtRecord:
    """One report of one user.

    user:           a pseudonym, new in every trace session
    latitude_deg, longitude_deg:  WGS 84, as the phone believes
    serving:        distinguished name of the NRCellDU
    rsrp:           reported value 0..127 of the serving cell
    sinr:           reported value 0..127; None where it was not measured
    neighbours:     (NRCellDU, rsrp), strongest first
    """

    user: str
    when: datetime
    latitude_deg: float
    longitude_deg: float
    serving: str
    rsrp: int
    sinr: int | None = None
    neighbours: tuple[tuple[str, int], ...] = ()

    def __post_init__(self):
        if self.when.tzinfo is None:
            raise InterfaceError(f"{self.when} has no time zone. Give it one.")
        levels = [self.rsrp, *(rsrp for _, rsrp in self.neighbours)]
        levels += [] if self.sinr is None else [self.sinr]
        if any(not 0 <= level <= 127 for level in levels):
            raise InterfaceError(
                f"levels {levels} of user {self.user}: one is outside 0..127. "
                "Give reported values of TS 38.133, not dBm."
            )
        if not (abs(self.latitude_deg) <= 90 and abs(self.longitude_deg) <= 180):
            raise InterfaceError(
                f"{self.latitude_deg}, {self.longitude_deg} is nowhere on Earth. "
                "Give degrees of WGS 84."
            )


def rsrp_reported(rsrp_dbm: float) -> int:
    """TS 38.133 table 10.1.6.1-1: value n means n - 157 <= SS-RSRP < n - 156 dBm."""
    if math.isnan(rsrp_dbm):
        raise InterfaceError("an RSRP that is no number cannot be reported. Leave it.")
    return int(min(max(math.floor(min(max(rsrp_dbm, -300.0), 300.0)) + 157, 0), 126))


def rsrp_dbm(reported: int) -> float:
    """The middle of what a reported value means; its open ends count as bins."""
    return reported - 156.5


def sinr_reported(sinr_db: float) -> int:
    """TS 38.133 table 10.1.16.1-1: from 1 on, n means half a dB above n/2 - 23.5 dB."""
    if math.isnan(sinr_db):
        raise InterfaceError("a SINR that is no number cannot be reported. Leave it.")
    half_db = math.floor((min(max(sinr_db, -100.0), 100.0) + 23.0) * 2.0)
    return int(min(max(half_db + 1, 0), 127))


def sinr_db(reported: int) -> float:
    """The middle of what a reported value means; its open ends count as bins."""
    return reported / 2.0 - 23.25


def write_mdt(records: Iterable[MdtRecord]) -> bytes:
    """One JSON object a line."""
    lines = []
    for record in records:
        told: dict[str, Any] = {
            "user": record.user,
            "time": record.when.isoformat(),
            "latitude": record.latitude_deg,
            "longitude": record.longitude_deg,
            "servingCell": record.serving,
            "ssRsrp": record.rsrp,
        }
        if record.sinr is not None:
            told["ssSinr"] = record.sinr
        if record.neighbours:
            told["neighbours"] = [
                {"cell": cell, "ssRsrp": rsrp} for cell, rsrp in record.neighbours
            ]
        lines.append(json.dumps(told, allow_nan=False))
    return "".join(f"{line}\n" for line in lines).encode()


def read_mdt(data: bytes, where: str) -> tuple[MdtRecord, ...]:
    """Every record. Raises InterfaceError for a line that is none."""
    records = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        at = f"{where}, line {number}"
        try:
            body = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InterfaceError(f"{at} is no JSON. Fetch the file again.") from error
        if not isinstance(body, dict):
            raise InterfaceError(f"{at} is no object. Give one record a line.")
        records.append(_record(Attributes(body, at, "an MDT record")))
    return tuple(records)


def _record(read: Attributes) -> MdtRecord:
    try:
        when = datetime.fromisoformat(read.text("time"))
    except ValueError:
        raise read.wrong("time", "a time with its zone") from None
    listed = read.get("neighbours") or []
    if not isinstance(listed, list) or not all(isinstance(n, dict) for n in listed):
        raise read.wrong("neighbours", "a list of objects")
    near = [Attributes(n, f"{read.where}: neighbours", read.standard) for n in listed]
    return MdtRecord(
        user=read.text("user"),
        when=when,
        latitude_deg=read.number("latitude"),
        longitude_deg=read.number("longitude"),
        serving=read.text("servingCell"),
        rsrp=read.whole("ssRsrp"),
        sinr=None if read.get("ssSinr") is None else read.whole("ssSinr"),
        neighbours=tuple((n.text("cell"), n.whole("ssRsrp")) for n in near),
    )
