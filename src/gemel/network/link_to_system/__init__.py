"""How do signal, interference and noise become bits?"""

from gemel.network.link_to_system.block_error import BlockError, block_error
from gemel.network.link_to_system.effective_sinr import effective_sinr
from gemel.network.link_to_system.efficiency_curve import (
    EfficiencyCurve,
    efficiency_curve,
    table_efficiency,
)
from gemel.network.link_to_system.harq import (
    AbstractCombining,
    ChaseCombining,
    IncrementalRedundancy,
)
from gemel.network.link_to_system.modulation import (
    ModulationTable,
    cqi_table,
    mcs_table,
)

COMBININGS: dict[str, type[AbstractCombining]] = {
    "chase": ChaseCombining,
    "incremental": IncrementalRedundancy,
}

__all__ = [
    "COMBININGS",
    "AbstractCombining",
    "BlockError",
    "ChaseCombining",
    "EfficiencyCurve",
    "IncrementalRedundancy",
    "ModulationTable",
    "block_error",
    "cqi_table",
    "effective_sinr",
    "efficiency_curve",
    "mcs_table",
    "table_efficiency",
]
