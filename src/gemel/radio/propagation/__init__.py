"""Which path losses are there, by the names that a scenario uses?"""

from gemel.radio.propagation.base import AbstractPathLoss
from gemel.radio.propagation.inh import IndoorOffice
from gemel.radio.propagation.rma import RuralMacro
from gemel.radio.propagation.uma import UrbanMacro
from gemel.radio.propagation.umi import UrbanMicro

PATH_LOSSES: dict[str, type[AbstractPathLoss]] = {
    "uma": UrbanMacro,
    "umi": UrbanMicro,
    "rma": RuralMacro,
    "inh": IndoorOffice,
}

__all__ = [
    "PATH_LOSSES",
    "AbstractPathLoss",
    "IndoorOffice",
    "RuralMacro",
    "UrbanMacro",
    "UrbanMicro",
]
