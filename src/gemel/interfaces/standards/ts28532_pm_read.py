"""What does an XML file of measurements say, if it says it properly?

Files come from outside: no entity is expanded, no DTD read, nothing fetched.
"""

import math
import re
from datetime import datetime

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # no stubs

from gemel.errors import InterfaceError
from gemel.interfaces.standards.pm_file import MeasData, MeasFile, MeasInfo, Value
from gemel.interfaces.standards.ts28532_pm_write import NAMESPACES

LARGEST_BYTES = 256 * 1024 * 1024
WHOLE = re.compile(r"[+-]?[0-9]+")
LARGEST = 2**64  # what a counter can say
REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
DURATION = re.compile(
    r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8})(?:\.0+)?S)?)?"
)


def read_pm(data: bytes, where: str) -> MeasFile:
    """The file of either standard; values in `r` or in lists.

    where:  names the file, for messages
    Raises InterfaceError for what is no such file, is cut off, or is hostile; also for
    one that holds several granularity periods.
    """
    top = _parse(data, where)
    root = etree.QName(top).localname
    if root not in NAMESPACES or etree.QName(top).namespace != NAMESPACES[root]:
        raise InterfaceError(
            f"{where} has the root {top.tag}, which is no PM file. "
            "Give a measDataFile of TS 28.532 or a measCollecFile of TS 32.435."
        )
    return _Reader(where, NAMESPACES[root], legacy=root == "measCollecFile").file(top)


def _parse(data: bytes, where: str) -> etree._Element:
    if len(data) > LARGEST_BYTES:
        raise InterfaceError(
            f"{where} has {len(data)} bytes; more than {LARGEST_BYTES} are not read. "
            "Ask for shorter periods."
        )
    if b"<!DOCTYPE" in data:
        raise InterfaceError(
            f"{where} has a DOCTYPE, which no PM file needs and which may hide "
            "entities. Give the file without it."
        )
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever the file declares: no other way to say DOCTYPE
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        why = " ".join(str(error).split()) or "nothing in it"
        raise InterfaceError(
            f"{where} is no whole XML file in UTF-8: {why}. Fetch it again."
        ) from error


class _Reader:
    """One file being read: its name, for messages, and its standard's spelling."""

    def __init__(self, where: str, space: str, legacy: bool):
        self._where = where
        self._space = space
        self._bounds = "measCollec" if legacy else "measData"
        self._entity = "managedElement" if legacy else "measEntity"
        self._sender = "localDn" if legacy else "senderName"

    def file(self, top: etree._Element) -> MeasFile:
        header = self._one(top, "fileHeader")
        self._needed(header, "fileFormatVersion")
        prefix = header.get("dnPrefix", "")
        sender = header.find(f"{{{self._space}}}fileSender")
        footer = self._one(top, "fileFooter")
        begin = self._time(self._one(header, self._bounds), "beginTime")
        end = self._time(self._one(footer, self._bounds), "endTime")
        spans: set[int] = set()
        elements = []
        for data in self._all(top, "measData"):
            entity = self._one(data, self._entity)
            local = entity.get("localDn", "")
            dn = ",".join(part for part in (prefix, local) if part)
            infos = [
                self._info(each, end, spans) for each in self._all(data, "measInfo")
            ]
            elements.append(MeasData(dn, entity.get("userLabel", ""), tuple(infos)))
        if len(spans) > 1:
            raise InterfaceError(
                f"{self._where} mixes granularities of {sorted(spans)} s. "
                "Give one granularity a file."
            )
        whole_s = round((end - begin).total_seconds())
        said = "" if sender is None else sender.get(self._sender, "")
        try:
            return MeasFile(
                said, begin, end, min(spans, default=whole_s), tuple(elements)
            )
        except InterfaceError as error:
            raise InterfaceError(f"{self._where}: {error}") from error

    def _info(self, info: etree._Element, end: datetime, spans: set[int]) -> MeasInfo:
        period = self._one(info, "granPeriod")
        spans.add(self._seconds(period))
        if self._time(period, "endTime") != end:
            raise InterfaceError(
                f"{self._at(period)}: a granularity period ends at "
                f"{period.get('endTime')}, the file at {end.isoformat()}. "
                "Give one granularity period a file."
            )
        job = info.find(f"{{{self._space}}}job")
        places = self._places(info)
        values: dict[str, tuple[Value, ...]] = {}
        suspect = set()
        for each in self._all(info, "measValue"):
            ldn = self._needed(each, "measObjLdn")
            if ldn in values:
                raise InterfaceError(
                    f"{self._at(each)}: {ldn} has values twice. Give them once."
                )
            values[ldn] = self._row(each, places)
            if self._text(each.find(f"{{{self._space}}}suspect")) in ("true", "1"):
                suspect.add(ldn)
        try:
            return MeasInfo(
                meas_info_id=info.get("measInfoId", ""),
                job_id="" if job is None else job.get("jobId", ""),
                names=tuple(places.values()),
                values=values,
                suspect=frozenset(suspect),
            )
        except InterfaceError as error:
            raise InterfaceError(f"{self._at(info)}: {error}") from error

    def _places(self, info: etree._Element) -> dict[str, str]:
        """p -> name, in order; a list is numbered from 1."""
        listed = info.find(f"{{{self._space}}}measTypes")
        if listed is not None:
            names = self._text(listed).split()
            return {str(place): name for place, name in enumerate(names, start=1)}
        places: dict[str, str] = {}
        for each in self._all(info, "measType"):
            place = self._needed(each, "p").strip()
            if place in places:
                raise InterfaceError(
                    f"{self._at(each)}: two measTypes have p {place!r}. "
                    "Give every type its own."
                )
            places[place] = self._text(each)
        return places

    def _row(self, values: etree._Element, places: dict[str, str]) -> tuple[Value, ...]:
        listed = values.find(f"{{{self._space}}}measResults")
        if listed is not None:
            found = self._text(listed).split()
            if len(found) != len(places):
                raise InterfaceError(
                    f"{self._at(listed)}: {len(found)} results for {len(places)} "
                    "types. Give one a type, NULL where there is none."
                )
            return tuple(self._value(text, listed) for text in found)
        row: dict[str, Value] = dict.fromkeys(places)
        seen: set[str] = set()
        for each in self._all(values, "r"):
            place = self._needed(each, "p").strip()
            if place not in places or place in seen:
                why = "comes twice" if place in seen else "has no measType"
                raise InterfaceError(
                    f"{self._at(each)}: r with p {place!r} {why}. "
                    f"The types are {', '.join(places) or 'none'}."
                )
            seen.add(place)
            row[place] = self._value(self._text(each), each)
        return tuple(row.values())

    def _value(self, text: str, at: etree._Element) -> Value:
        if text in ("", "NULL"):
            return None
        if WHOLE.fullmatch(text):
            if len(text) <= 21 and abs(int(text)) < LARGEST:
                return int(text)
        elif len(text) < 400 and REAL.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        shown = text if len(text) <= 24 else f"{text[:24]}…"
        raise InterfaceError(
            f"{self._at(at)}: the value {shown!r} is no number that can be counted "
            "with. Give a number or NULL."
        )

    def _seconds(self, period: etree._Element) -> int:
        text = self._needed(period, "duration").strip()
        found = DURATION.fullmatch(text)
        days, hours, minutes, seconds = (
            (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
        )
        span_s = ((24 * days + hours) * 60 + minutes) * 60 + seconds
        if span_s < 1:
            raise InterfaceError(
                f"{self._at(period)}: the duration is {text[:24]!r}. "
                "Give whole seconds, e.g. PT900S."
            )
        return span_s

    def _time(self, element: etree._Element, name: str) -> datetime:
        text = self._needed(element, name).strip()
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            when = None
        if when is None or when.tzinfo is None:
            raise InterfaceError(
                f"{self._at(element)}: {name} is {text[:40]!r}. "
                "Give a time with its zone, e.g. 2025-01-01T00:15:00+00:00."
            )
        return when

    def _all(self, parent: etree._Element, tag: str) -> list[etree._Element]:
        return parent.findall(f"{{{self._space}}}{tag}")

    def _one(self, parent: etree._Element, tag: str) -> etree._Element:
        found = self._all(parent, tag)
        if len(found) != 1:
            inside = etree.QName(parent).localname
            raise InterfaceError(
                f"{self._at(parent)}: {inside} has {len(found)} {tag}. Give it one."
            )
        return found[0]

    def _needed(self, element: etree._Element, name: str) -> str:
        value = element.get(name)
        if value is None:
            tag = etree.QName(element).localname
            raise InterfaceError(
                f"{self._at(element)}: {tag} has no {name}, which the standard "
                "requires. Add it."
            )
        return value

    def _at(self, element: etree._Element) -> str:
        return f"{self._where}, line {element.sourceline}"

    def _text(self, element: etree._Element | None) -> str:
        return "" if element is None else (element.text or "").strip()
