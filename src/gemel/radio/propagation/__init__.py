"""Which path losses are there, by the names that a scenario uses?"""

import functools
from collections.abc import Callable

from gemel.radio.propagation.base import AbstractPathLoss
from gemel.radio.propagation.inf import IndoorFactory, typical_factory
from gemel.radio.propagation.inh import IndoorOffice
from gemel.radio.propagation.rma import RuralMacro
from gemel.radio.propagation.uma import UrbanMacro
from gemel.radio.propagation.umi import UrbanMicro

# Each makes one with the typical numbers of its tables.
PATH_LOSSES: dict[str, Callable[[], AbstractPathLoss]] = {
    "uma": UrbanMacro,
    "umi": UrbanMicro,
    "rma": RuralMacro,
    "inh": IndoorOffice,
    "inh-open": IndoorOffice,
    "inh-mixed": functools.partial(IndoorOffice, open_office=False),
    "inf-sl": functools.partial(typical_factory, "sl"),
    "inf-dl": functools.partial(typical_factory, "dl"),
    "inf-sh": functools.partial(typical_factory, "sh"),
    "inf-dh": functools.partial(typical_factory, "dh"),
    "inf-hh": functools.partial(typical_factory, "hh"),
}

__all__ = [
    "PATH_LOSSES",
    "AbstractPathLoss",
    "IndoorFactory",
    "IndoorOffice",
    "RuralMacro",
    "UrbanMacro",
    "UrbanMicro",
    "typical_factory",
]
