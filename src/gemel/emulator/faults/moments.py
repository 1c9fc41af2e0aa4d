"""What is wrong at one moment: with equipment, with reports, with orders?

The schedule must have been `placed`: its places are names of cells, and its clock is
the network's.
"""

import numpy as np
from jaxtyping import Array, Bool, Float

from gemel.emulator.faults.base import (
    AbstractActuatorFault,
    AbstractAilment,
    AbstractReportFault,
    Ailments,
    Hit,
    ReportHarm,
)
from gemel.emulator.faults.schedule import SHARE_STREAM, FaultSchedule, cells_hit
from gemel.network.cells import Cells

BATCH = 4_096  # users whose distances are taken at once


def healthy(cells: int, users: int) -> Ailments:
    """Nothing is wrong."""
    none, nothing = np.zeros(cells, bool), np.zeros(cells, np.float32)
    usual = np.ones(users, np.float32)
    return Ailments(none, none, nothing, nothing, nothing, usual)


def ailments_at(
    schedule: FaultSchedule,
    cells: Cells,
    user_m: Float[Array, "user 3"],
    elapsed_s: float,
) -> Ailments:
    """What is wrong with equipment and people."""
    found = healthy(len(cells.name), user_m.shape[0])
    for _, fault in schedule.at(elapsed_s):
        if isinstance(fault.what, AbstractAilment):
            cell = cells_hit(fault, cells.name)
            here_m = np.asarray(cells.position_m)[cell, :2]
            away_m = _away_m(np.asarray(user_m)[:, :2], here_m)
            found = fault.what.ails(found, Hit(cell, away_m))
    return found


def nothing_ails(ailments: Ailments) -> bool:
    """All as usual: the network may be lived as it is."""
    return not (
        np.any(ailments.off_air)
        or np.any(ailments.closed)
        or np.any(np.asarray(ailments.gain_loss_db))
        or np.any(np.asarray(ailments.forgotten_share))
        or np.any(np.asarray(ailments.mistaken_share))
        or np.any(np.asarray(ailments.demand_factor) != 1.0)
    )


def report_harm_at(
    schedule: FaultSchedule, names: tuple[str, ...], sent_s: float, seed: int
) -> ReportHarm:
    """What happens to the reports that are sent at this moment.

    Luck depends on fault, time and seed alone: whoever asks, a report has one fate.
    """
    count = len(names)
    none, nothing = np.zeros(count, bool), np.zeros(count)
    harm = ReportHarm(none, nothing, nothing, nothing, np.ones(count), nothing)
    for number, fault in schedule.at(sent_s):
        if isinstance(fault.what, AbstractReportFault):
            luck = np.random.default_rng([seed, SHARE_STREAM, number, round(sent_s)])
            cell = cells_hit(fault, names)
            harm = fault.what.harms(harm, cell, float(luck.random()))
    return harm


def ignored_at(
    schedule: FaultSchedule, names: tuple[str, ...], elapsed_s: float
) -> Bool[np.ndarray, " cell"]:
    """Of which cells orders are answered "done" and not carried out."""
    ignored = np.zeros(len(names), bool)
    for _, fault in schedule.at(elapsed_s):
        if isinstance(fault.what, AbstractActuatorFault):
            ignored |= fault.what.ignores(cells_hit(fault, names))
    return ignored


def _away_m(
    user_m: Float[np.ndarray, "user 2"], here_m: Float[np.ndarray, "cell 2"]
) -> Float[np.ndarray, " user"]:
    """To the nearest of these cells, some users at a time."""
    if not len(user_m):
        return np.zeros(0, user_m.dtype)
    parts = [
        np.hypot(*np.moveaxis(part[:, None] - here_m, -1, 0)).min(1)
        for part in np.array_split(user_m, -(-len(user_m) // BATCH))
    ]
    return np.concatenate(parts)
