"""What else than distance weakens a signal, by the names that a command line uses?

Where a Recommendation has several methods, a kind has several members: whoever knows
a path's length asks one, whoever knows its elevation asks another.
"""

from gemel.radio.attenuation.base import AbstractAttenuation
from gemel.radio.attenuation.building_entry import BuildingEntry
from gemel.radio.attenuation.cloud import CloudColumn, CloudLiquid
from gemel.radio.attenuation.clutter import (
    SURROUNDINGS,
    SlantClutter,
    TerminalClutter,
    TerrestrialClutter,
)
from gemel.radio.attenuation.gas import Gas
from gemel.radio.attenuation.gas_table import GasTable
from gemel.radio.attenuation.per_km import gas_db_per_km, rain_db_per_km
from gemel.radio.attenuation.rain import Rain

ATTENUATIONS: dict[str, tuple[type[AbstractAttenuation], ...]] = {
    "gas": (Gas,),
    "rain": (Rain,),
    "cloud": (CloudLiquid, CloudColumn),
    "building-entry": (BuildingEntry,),
    "clutter": (TerrestrialClutter, SlantClutter, TerminalClutter),
}

__all__ = [
    "ATTENUATIONS",
    "SURROUNDINGS",
    "AbstractAttenuation",
    "BuildingEntry",
    "CloudColumn",
    "CloudLiquid",
    "Gas",
    "GasTable",
    "Rain",
    "SlantClutter",
    "TerminalClutter",
    "TerrestrialClutter",
    "gas_db_per_km",
    "rain_db_per_km",
]
