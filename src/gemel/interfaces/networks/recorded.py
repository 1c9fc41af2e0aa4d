"""How does a twin watch a network of which there is nothing but a recording?

The recording is rows of a history, read from files or kept by ourselves. Period by
period it looks just like a network that is there now, its silences included.
"""

from collections.abc import Mapping

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.networks.arrivals import Arrivals
from gemel.network.controls import Controls
from gemel.network.counters import MEASUREMENTS
from gemel.twin.history import COLUMNS
from gemel.twin.history_rows import controls_at, observation_of
from gemel.twin.source import AbstractSource, Observation


class RecordedSource(AbstractSource):
    """One recording, played from its beginning to its end.

    arrivals:  periods of which nothing was recorded, and cells that are not ours
    """

    def __init__(
        self,
        reports: Mapping[str, np.ndarray],
        cells: tuple[str, ...],
        usual: Controls,
        inventory: Mapping[str, np.ndarray] | None = None,
        called: Mapping[str, str] | None = None,
    ):
        """
        reports, inventory:  rows of a history
        cells:               of the inventory, in its order
        usual:               what was set, where no row of inventory says
        called:              name in the recording -> name in the inventory

        Raises InterfaceError where none of these cells is in the recording.
        """
        self.arrivals = Arrivals()
        self._cells, self._usual = cells, usual
        names = reports["cell"]
        if called:
            names = np.array([called.get(n, n) for n in names.tolist()], np.str_)
        ours = np.isin(names, cells)
        for stranger in sorted(set(names[~ours].tolist())):
            self.arrivals.count("stranger", f"cell {stranger}")
        if not ours.any():
            raise InterfaceError(
                f"the recording tells of no cell of the inventory, such as {cells[0]}; "
                f"it has {', '.join(sorted(set(names.tolist()))[:3]) or 'none'}. "
                "Give the recording of this network."
            )
        rows = {name: column[ours] for name, column in reports.items()}
        rows["cell"] = names[ours]
        self.period_s = _commonest(rows["period_s"])
        self._began_s = float(rows["elapsed_s"].min())
        slot = np.rint((rows["elapsed_s"] - self._began_s) / self.period_s)
        order = np.argsort(slot, kind="stable")
        self._rows = {name: column[order] for name, column in rows.items()}
        self._slot = slot[order].astype(np.int64)
        self.periods = int(self._slot[-1]) + 1
        heard = np.zeros(self.periods, bool)
        heard[self._slot[self._rows["present"]]] = True
        self.arrivals.count("whole", many=int(heard.sum()))
        for number in np.flatnonzero(~heard):
            when_s = self._began_s + float(number) * self.period_s
            self.arrivals.count("missing", f"the period at {when_s:g} s")
        self._inventory = inventory
        self._number = -1

    def forward(self) -> bool:
        """Go on to the next period; False, and nothing changes, at the end."""
        if self._number + 1 >= self.periods:
            return False
        self._number += 1
        return True

    def observe(self) -> Observation:
        if self._number < 0:
            raise RuntimeError("the recording has not been started: call forward")
        span = np.searchsorted(self._slot, (self._number, self._number + 1))
        own = {name: column[slice(*span)] for name, column in self._rows.items()}
        return observation_of(
            own,
            tuple(MEASUREMENTS),
            self._cells,
            self.controls(),
            self._began_s + self._number * self.period_s,
            self.period_s,
        )

    def controls(self) -> Controls:
        if self._inventory is None:
            return self._usual
        when_s = self._began_s + (self._number + 0.5) * self.period_s
        before = self._inventory["elapsed_s"] <= when_s
        known = {name: self._inventory[name][before] for name in COLUMNS["inventory"]}
        return controls_at(known, self._cells, self._usual)


def _commonest(values: np.ndarray) -> float:
    value, count = np.unique(values, return_counts=True)
    return float(value[count.argmax()])
