"""How does a place come to be priced by what was measured, here or elsewhere?"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from gemel.interfaces.tables.points_model import read_learned
from gemel.scenarios.plan import WorldPlan
from gemel.twin.calibration.path_loss import path_loss_of


def calibrated_plan(plan: Callable[[], WorldPlan], model: Path) -> WorldPlan:
    """The same place with a calibrated path loss, for the network and for its twin.

    Radio maps, which would go before it, are left out. InterfaceError: the file is no
    model; told before the place is read.
    """
    learned = read_learned(model)
    before = plan()
    note = (
        f"The path loss was learned from measurements ({model.name}); network and twin "
        "each have shadows of their own."
    )
    return dataclasses.replace(
        before,
        calibrated=path_loss_of(learned.calibrated),
        survey=None,
        notes=(*before.notes, note),
    )
