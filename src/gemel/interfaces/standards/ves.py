"""How does an event reach a VES collector: the envelope of VES event listener 7.2?

Every event here is of the domain stndDefined: the envelope is ONAP's, what it carries
is a notification of 3GPP, told from others by `stndDefinedNamespace`.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from gemel.errors import InterfaceError
from gemel.interfaces.standards.attributes import Attributes

VES_VERSION = "7.2.1"
HEADER_VERSION = "4.1"
FORGE = "https://forge.3gpp.org/rep/sa5/MnS/raw"
FILES_SCHEMA = (
    f"{FORGE}/Rel-18/OpenAPI/TS28532_FileDataReportingMnS.yaml#components/schemas"
)
FILES, FAULTS = "3GPP-PerformanceAssurance", "3GPP-FaultSupervision"
PRIORITIES = ("High", "Medium", "Normal", "Low")
FileDataType = Literal["Performance", "Trace", "Analytics", "Proprietary"]
FILE_DATA_TYPES = ("Performance", "Trace", "Analytics", "Proprietary")
SYSTEM_DN = "SubNetwork=1"


@dataclasses.dataclass(frozen=True)
class FileInfo:
    """One file that is ready, TS 28.532 FileInfo.

    location:   URI to fetch it from
    ready, expires:  when it was made and until when it is kept
    """

    location: str
    size_bytes: int
    ready: datetime
    expires: datetime
    data_type: FileDataType = "Performance"
    file_format: str = "xml"
    compression: str = "no"
    job_id: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the standard spells it."""
        told = {
            "fileLocation": self.location,
            "fileSize": self.size_bytes,
            "fileReadyTime": self.ready.isoformat(),
            "fileExpirationTime": self.expires.isoformat(),
            "fileCompression": self.compression,
            "fileFormat": self.file_format,
            "fileDataType": self.data_type,
        }
        return told | ({"jobId": self.job_id} if self.job_id else {})


def file_info_of(body: Any, where: str) -> FileInfo:
    """One entry of a fileInfoList. Raises InterfaceError where it is none."""
    if not isinstance(body, dict):
        raise InterfaceError(f"{where} is no object. Give a FileInfo of TS 28.532.")
    read = Attributes(body, where, "TS 28.532")
    size = read.whole("fileSize")
    kind = read.choice("fileDataType", FILE_DATA_TYPES)
    return FileInfo(
        location=read.text("fileLocation"),
        size_bytes=size,
        ready=_time(read, "fileReadyTime"),
        expires=_time(read, "fileExpirationTime"),
        data_type=kind,  # type: ignore[arg-type]  # one of them, checked above
        file_format=str(read.get("fileFormat") or ""),
        compression=str(read.get("fileCompression") or "no"),
        job_id=str(read.get("jobId") or ""),
    )


def ves_event(
    name: str,
    namespace: str,
    schema: str,
    data: dict[str, Any],
    source: str,
    when: datetime,
    sequence: int,
    priority: str = "Low",
) -> dict[str, Any]:
    """The envelope around a notification. The same sequence gives the same event."""
    if priority not in PRIORITIES:
        raise InterfaceError(
            f"VES priority is {priority!r}. Give one of {', '.join(PRIORITIES)}."
        )
    microseconds = round(when.timestamp() * 1e6)
    header = {
        "domain": "stndDefined",
        "eventId": f"{name}-{sequence}",
        "eventName": f"stndDefined_gemel_{name}",
        "eventType": name,
        "sequence": sequence,
        "priority": priority,
        "reportingEntityName": SYSTEM_DN,
        "sourceName": source,
        "startEpochMicrosec": microseconds,
        "lastEpochMicrosec": microseconds,
        "nfVendorName": "gemel",
        "timeZoneOffset": "+00:00",
        "version": HEADER_VERSION,
        "stndDefinedNamespace": namespace,
        "vesEventListenerVersion": VES_VERSION,
    }
    fields = {
        "schemaReference": schema,
        "data": data,
        "stndDefinedFieldsVersion": "1.0",
    }
    return {"event": {"commonEventHeader": header, "stndDefinedFields": fields}}


def file_ready_event(
    files: Sequence[FileInfo],
    href: str,
    when: datetime,
    sequence: int,
    source: str = SYSTEM_DN,
    text: str = "",
) -> dict[str, Any]:
    """notifyFileReady of TS 28.532 in its envelope."""
    data = _notification("notifyFileReady", href, when, sequence)
    data["fileInfoList"] = [info.as_json() for info in files]
    if text:
        data["additionalText"] = text
    schema = f"{FILES_SCHEMA}/NotifyFileReady"
    return ves_event("notifyFileReady", FILES, schema, data, source, when, sequence)


def file_error_event(
    location: str,
    data_type: FileDataType,
    reason: str,
    href: str,
    when: datetime,
    sequence: int,
    source: str = SYSTEM_DN,
    text: str = "",
) -> dict[str, Any]:
    """notifyFilePreparationError of TS 28.532 in its envelope."""
    name = "notifyFilePreparationError"
    data = _notification(name, href, when, sequence)
    data["fileInfoList"] = [{"fileLocation": location, "fileDataType": data_type}]
    data["reason"] = reason
    if text:
        data["additionalText"] = text
    schema = f"{FILES_SCHEMA}/NotifyFilePreparationError"
    return ves_event(name, FILES, schema, data, source, when, sequence, "High")


def notification_of(body: Any, where: str) -> dict[str, Any]:
    """The 3GPP notification inside an event; also one that comes without envelope.

    Raises InterfaceError for anything else.
    """
    inner = body
    if isinstance(body, dict) and "event" in body:
        event = body["event"]
        fields = event.get("stndDefinedFields") if isinstance(event, dict) else None
        inner = fields.get("data") if isinstance(fields, dict) else None
    if not isinstance(inner, dict) or not isinstance(
        inner.get("notificationType"), str
    ):
        raise InterfaceError(
            f"{where} is no notification: it has no notificationType in "
            "event.stndDefinedFields.data. Send VES 7.2, domain stndDefined."
        )
    return inner


def ready_files(body: Any, where: str) -> tuple[FileInfo, ...]:
    """The files that a notification says are ready; none if it is about others."""
    told = notification_of(body, where)
    if told["notificationType"] != "notifyFileReady":
        return ()
    listed = told.get("fileInfoList")
    if not isinstance(listed, list):
        raise InterfaceError(f"{where}: fileInfoList is missing. Give a list.")
    return tuple(
        file_info_of(entry, f"{where}: fileInfoList[{number}]")
        for number, entry in enumerate(listed)
    )


def _notification(
    kind: str, href: str, when: datetime, sequence: int
) -> dict[str, Any]:
    return {
        "href": href,
        "notificationId": sequence,
        "notificationType": kind,
        "eventTime": when.isoformat(),
        "systemDN": SYSTEM_DN,
    }


def _time(read: Attributes, name: str) -> datetime:
    text = read.text(name)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise read.wrong(name, "a time with its zone, e.g. 2025-01-01T00:15:00+00:00")
    return when
