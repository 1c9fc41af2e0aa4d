"""How do performance measurement files of TS 28.532 and TS 32.435 look in bytes?"""

from gemel.interfaces.standards.pm_file import (
    MeasData,
    MeasFile,
    MeasInfo,
    file_name,
    object_dn,
)
from gemel.interfaces.standards.ts28532_pm_read import read_pm
from gemel.interfaces.standards.ts28532_pm_write import NAMESPACES, Root, write_pm

__all__ = [
    "NAMESPACES",
    "MeasData",
    "MeasFile",
    "MeasInfo",
    "Root",
    "file_name",
    "object_dn",
    "read_pm",
    "write_pm",
]
