"""What does a file of performance measurements say, whichever standard wrote it?"""

import dataclasses
import math
import re
from datetime import datetime

from gemel.errors import InterfaceError

Value = int | float | None


@dataclasses.dataclass(frozen=True)
class MeasInfo:
    """One group of measurements over the objects that have them.

    meas_info_id:  names the group; empty where nobody named it
    job_id:        of the measurement job; empty where there is none
    names:         of the measurements, TS 28.552
    values:        measObjLdn -> one value a name; None is NULL
    suspect:       measObjLdn of those whose values are not to be trusted
    """

    meas_info_id: str
    job_id: str
    names: tuple[str, ...]
    values: dict[str, tuple[Value, ...]]
    suspect: frozenset[str] = frozenset()

    def __post_init__(self):
        if bad := [n for n in self.names if not n or n.split() != [n]]:
            raise InterfaceError(
                f"measurement name {bad[0]!r} is empty or has blanks. "
                "Give names as TS 28.552 writes them, e.g. RRU.PrbTotDl."
            )
        if len(set(self.names)) != len(self.names):
            raise InterfaceError(
                f"measurements {', '.join(self.names)} name one twice. "
                "Give every name once a group."
            )
        for ldn, row in self.values.items():
            if len(row) != len(self.names):
                raise InterfaceError(
                    f"{ldn} has {len(row)} values for {len(self.names)} measurements. "
                    "Give one a name; None where there is nothing to say."
                )
            for name, value in zip(self.names, row, strict=True):
                if isinstance(value, float) and not math.isfinite(value):
                    raise InterfaceError(
                        f"{name} of {ldn} is {value}. Give a finite number, or None "
                        "where there is nothing to say."
                    )
        if strangers := self.suspect - self.values.keys():
            raise InterfaceError(
                f"{min(strangers)} is suspect and has no values. "
                "Mark only objects that are in the group."
            )


@dataclasses.dataclass(frozen=True)
class MeasData:
    """All groups of one ManagedElement.

    entity_dn:   its name within the network
    user_label:  what people call it; may be empty
    """

    entity_dn: str
    user_label: str
    infos: tuple[MeasInfo, ...]


@dataclasses.dataclass(frozen=True)
class MeasFile:
    """One granularity period of a network, or of a part of it.

    sender:         name of whoever put the file together
    begin, end:     of the period, with a time zone
    granularity_s:  of every group
    """

    sender: str
    begin: datetime
    end: datetime
    granularity_s: int
    elements: tuple[MeasData, ...]

    def __post_init__(self):
        if self.begin.tzinfo is None or self.end.tzinfo is None:
            raise InterfaceError(
                f"the period {self.begin} to {self.end} has no time zone. "
                "Give both ends one, e.g. +00:00."
            )
        if not self.begin < self.end:
            raise InterfaceError(
                f"the period ends at {self.end}, not after its begin {self.begin}. "
                "Give an end that is later."
            )
        if self.granularity_s < 1:
            raise InterfaceError(
                f"the granularity is {self.granularity_s} s. Give at least 1 s."
            )


def object_dn(entity_dn: str, meas_obj_ldn: str) -> str:
    """The whole name of a measured object.

    The standard counts measObjLdn from the entity on; some write the entity's own name
    in front of it once more.
    """
    if not entity_dn:
        return meas_obj_ldn
    if not meas_obj_ldn:
        return entity_dn
    first = meas_obj_ldn.split(",", 1)[0]
    own = entity_dn.split(",")
    if first in own:  # told again, wholly or from its last part on
        return ",".join([*own[: own.index(first)], meas_obj_ldn])
    return f"{entity_dn},{meas_obj_ldn}"


def file_name(file: MeasFile) -> str:
    """A<day>.<begin>-<end>_<sender>.xml, as TS 32.432 annex A has it."""
    begin = file.begin.strftime("%Y%m%d.%H%M%z")
    end = file.end.strftime("%H%M%z")
    who = re.sub(r"[^A-Za-z0-9.-]+", "", file.sender)
    return f"A{begin}-{end}_{who or 'sender'}.xml"
