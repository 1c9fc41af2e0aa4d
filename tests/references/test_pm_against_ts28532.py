"""Is a file as TS 28.532 and TS 32.435 lay it out understood, and is ours like it?

Both examples are written here by hand from the structure that the two documents give;
names, attributes and namespaces are theirs, the numbers are made up.
"""

from datetime import UTC, datetime

import pytest
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # no stubs

from gemel.interfaces.standards.ts28532_pm import (
    NAMESPACES,
    object_dn,
    read_pm,
    write_pm,
)

NEW = b"""<?xml version="1.0" encoding="UTF-8"?>
<measDataFile xmlns="http://www.3gpp.org/ftp/specs/archive/28_series/28.532#measData">
  <fileHeader fileFormatVersion="28.532 V18.0.0" vendorName="Acme" dnPrefix="DC=x.org">
    <fileSender senderName="ManagedElement=gnb1" senderType="gNB"/>
    <measData beginTime="2025-01-01T00:00:00+00:00"/>
  </fileHeader>
  <measData>
    <measEntity localDn="ManagedElement=gnb1" userLabel="north" swVersion="1"/>
    <measInfo measInfoId="5.1.1.2.1">
      <job jobId="0"/>
      <granPeriod duration="PT15M" endTime="2025-01-01T00:15:00Z"/>
      <repPeriod duration="PT900S"/>
      <measType p="1">RRU.PrbTotDl</measType>
      <measType p="2">DRB.UEThpDl</measType>
      <measValue measObjLdn="ManagedElement=gnb1,GNBDUFunction=1,NRCellDU=1">
        <r p="2">1234.5</r><r p="1">42</r><suspect>false</suspect>
      </measValue>
      <measValue measObjLdn="ManagedElement=gnb1,GNBDUFunction=1,NRCellDU=2">
        <r p="1">NULL</r><suspect>true</suspect>
      </measValue>
    </measInfo>
  </measData>
  <fileFooter><measData endTime="2025-01-01T00:15:00+00:00"/></fileFooter>
</measDataFile>"""

OLD = b"""<?xml version="1.0" encoding="UTF-8"?>
<measCollecFile
    xmlns="http://www.3gpp.org/ftp/specs/archive/32_series/32.435#measCollec">
  <fileHeader fileFormatVersion="32.435 V7.0" vendorName="Acme">
    <fileSender localDn="SubNetwork=1" elementType="RNC"/>
    <measCollec beginTime="2025-01-01T01:00:00+01:00"/>
  </fileHeader>
  <measData>
    <managedElement localDn="SubNetwork=1,ManagedElement=gnb1" userLabel="north"/>
    <measInfo>
      <granPeriod duration="PT900S" endTime="2025-01-01T01:15:00+01:00"/>
      <measTypes>RRU.PrbTotDl DRB.UEThpDl</measTypes>
      <measValue measObjLdn="GNBDUFunction=1,NRCellDU=1">
        <measResults>42 1234.5</measResults>
      </measValue>
      <measValue measObjLdn="GNBDUFunction=1,NRCellDU=2">
        <measResults>NULL NULL</measResults>
        <suspect>true</suspect>
      </measValue>
    </measInfo>
  </measData>
  <fileFooter><measCollec endTime="2025-01-01T01:15:00+01:00"/></fileFooter>
</measCollecFile>"""


@pytest.mark.parametrize(
    ("data", "prefix", "sender"),
    [(NEW, "DC=x.org,", "ManagedElement=gnb1"), (OLD, "SubNetwork=1,", "SubNetwork=1")],
)
def test_the_examples_of_both_documents_say_the_same(data, prefix, sender):
    file = read_pm(data, "the example")
    assert file.sender == sender
    assert file.begin == datetime(2025, 1, 1, 0, 0, tzinfo=UTC)
    assert file.end == datetime(2025, 1, 1, 0, 15, tzinfo=UTC)
    assert file.granularity_s == 900
    (element,) = file.elements
    assert element.user_label == "north"
    (info,) = element.infos
    assert info.names == ("RRU.PrbTotDl", "DRB.UEThpDl")
    by_dn = {object_dn(element.entity_dn, ldn): row for ldn, row in info.values.items()}
    cells = f"{prefix}ManagedElement=gnb1,GNBDUFunction=1,NRCellDU="
    assert by_dn == {f"{cells}1": (42, 1234.5), f"{cells}2": (None, None)}
    assert [ldn[-1] for ldn in info.suspect] == ["2"]


REQUIRED = {  # (element, attribute) that both documents require
    "fileHeader": "fileFormatVersion",
    "granPeriod": "duration",
    "measType": "p",
    "measValue": "measObjLdn",
    "r": "p",
}


@pytest.mark.parametrize("root", NAMESPACES)
def test_what_we_write_has_what_both_documents_require(root):
    top = etree.fromstring(write_pm(read_pm(NEW, "it"), root))
    space = f"{{{NAMESPACES[root]}}}"
    assert top.tag == space + root
    assert [etree.QName(part).localname for part in top] == [
        "fileHeader",
        "measData",
        "fileFooter",
    ]
    for tag, attribute in REQUIRED.items():
        found = list(top.iter(space + tag))
        assert found and all(attribute in each.attrib for each in found), tag
    bounds = "measCollec" if root == "measCollecFile" else "measData"
    assert top.find(f"{space}fileHeader/{space}{bounds}").get("beginTime")
    assert top.find(f"{space}fileFooter/{space}{bounds}").get("endTime")
    entity = "managedElement" if root == "measCollecFile" else "measEntity"
    assert top.find(f"{space}measData/{space}{entity}").get("localDn")
    # xs:sequence: job, granPeriod, repPeriod, then types, then values.
    parts = [etree.QName(part).localname for part in next(top.iter(space + "measInfo"))]
    usual = ["job", "granPeriod", "repPeriod", "measType", "measValue"]
    assert parts == sorted(parts, key=usual.index)
