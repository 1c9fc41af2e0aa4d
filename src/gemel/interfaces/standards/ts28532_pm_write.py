"""How does a period of measurements become an XML file?"""

from datetime import datetime
from typing import Literal

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # no stubs

from gemel.errors import InterfaceError
from gemel.interfaces.standards.pm_file import MeasFile, MeasInfo, Value

Root = Literal["measDataFile", "measCollecFile"]
NAMESPACES: dict[str, str] = {
    "measDataFile": "http://www.3gpp.org/ftp/specs/archive/28_series/28.532#measData",
    "measCollecFile": (
        "http://www.3gpp.org/ftp/specs/archive/32_series/32.435#measCollec"
    ),
}
VERSIONS = {"measDataFile": "28.532 V18.0.0", "measCollecFile": "32.435 V10.0"}
VENDOR = "gemel"


def write_pm(file: MeasFile, root: Root = "measDataFile") -> bytes:
    """The bytes of the file: measDataFile of TS 28.532, or measCollecFile of 32.435.

    Raises InterfaceError for a text that XML cannot hold.
    """
    if root not in NAMESPACES:
        raise InterfaceError(
            f"there is no PM file with root {root!r}. Known: {', '.join(NAMESPACES)}."
        )
    try:
        return _written(file, root)
    except ValueError as error:  # lxml's word for a control character
        raise InterfaceError(
            f"the PM file of {file.sender!r} holds a text that XML cannot: {error} "
            "Take control characters out of names and labels."
        ) from error


def _written(file: MeasFile, root: Root) -> bytes:
    space = NAMESPACES[root]
    legacy = root == "measCollecFile"
    bounds = "measCollec" if legacy else "measData"
    begin, end = _time(file.begin), _time(file.end)

    def child(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
        return etree.SubElement(parent, f"{{{space}}}{tag}", attributes)

    top = etree.Element(f"{{{space}}}{root}", nsmap={None: space})
    version = VERSIONS[root]
    header = child(top, "fileHeader", fileFormatVersion=version, vendorName=VENDOR)
    if legacy:
        child(header, "fileSender", localDn=file.sender)
    else:
        child(header, "fileSender", senderName=file.sender)
    child(header, bounds, beginTime=begin)
    for element in file.elements:
        data = child(top, "measData")
        label = {"userLabel": element.user_label} if element.user_label else {}
        entity = "managedElement" if legacy else "measEntity"
        child(data, entity, localDn=element.entity_dn, **label)
        for info in element.infos:
            named = {"measInfoId": info.meas_info_id} if info.meas_info_id else {}
            group = child(data, "measInfo", **named)
            if info.job_id:
                child(group, "job", jobId=info.job_id)
            duration = f"PT{file.granularity_s}S"
            child(group, "granPeriod", duration=duration, endTime=end)
            child(group, "repPeriod", duration=duration)
            _write_values(child, group, info)
    footer = child(top, "fileFooter")
    child(footer, bounds, endTime=end)
    return etree.tostring(top, xml_declaration=True, encoding="UTF-8")


def _write_values(child, group: etree._Element, info: MeasInfo) -> None:
    for place, name in enumerate(info.names, start=1):
        child(group, "measType", p=str(place)).text = name
    for ldn, row in info.values.items():
        values = child(group, "measValue", measObjLdn=ldn)
        for place, value in enumerate(row, start=1):
            child(values, "r", p=str(place)).text = _text(value)
        if ldn in info.suspect:
            child(values, "suspect").text = "true"


def _text(value: Value) -> str:
    if value is None:
        return "NULL"
    # repr of a float reads back as the same float.
    return repr(float(value)) if isinstance(value, float) else str(int(value))


def _time(when: datetime) -> str:
    return when.isoformat()
