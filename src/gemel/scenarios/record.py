"""What is kept of each period while two lives are lived?"""

import dataclasses

import numpy as np

from gemel.autonomy.odds import interval
from gemel.emulator.stand_in import Lived
from gemel.twin.forecast import Forecast, Thresholds
from gemel.twin.source import Observation
from gemel.twin.synchronise import reported_kpis


@dataclasses.dataclass
class LifeRecord:
    """One life, one entry a period."""

    kpis: list[dict[str, float]] = dataclasses.field(default_factory=list)
    load: list[np.ndarray] = dataclasses.field(default_factory=list)
    throughput_kbps: list[np.ndarray] = dataclasses.field(default_factory=list)
    awake: list[np.ndarray] = dataclasses.field(default_factory=list)
    users_bps: list[np.ndarray] = dataclasses.field(default_factory=list)

    def keep(self, told: Observation, lived: Lived, thresholds: Thresholds) -> None:
        """Take down one finished period."""
        values = reported_kpis(told, thresholds)
        self.kpis.append({name: float(value) for name, value in values.items()})
        self.load.append(np.asarray(told.measured["RRU.PrbTotDl"].value) / 100.0)
        self.throughput_kbps.append(np.asarray(told.measured["DRB.UEThpDl"].value))
        self.awake.append(np.asarray(told.controls.awake))
        self.users_bps.append(np.asarray(lived.throughput_bps, np.float32))

    def of(self, name: str) -> np.ndarray:
        """One KPI over the day."""
        return np.array([values[name] for values in self.kpis])


@dataclasses.dataclass
class ForecastRecord:
    """What the twin said before each period of the life with autonomy."""

    bands: list[dict[str, tuple[float, float, float]]] = dataclasses.field(
        default_factory=list
    )
    load: list[np.ndarray] = dataclasses.field(default_factory=list)
    throughput_kbps: list[np.ndarray] = dataclasses.field(default_factory=list)

    def keep(self, forecast: Forecast) -> None:
        """Take down one forecast."""
        self.bands.append({name: interval(forecast, name) for name in forecast.mean})
        load = np.asarray(forecast.reported["RRU.PrbTotDl"]) / 100.0
        self.load.append(load.mean(0))
        told = np.asarray(forecast.reported["DRB.UEThpDl"])
        volume = np.asarray(forecast.reported["DRB.PdcpSduVolumeDL"])
        weight = np.maximum(volume.sum(0), 1e-9)
        self.throughput_kbps.append((told * volume).sum(0) / weight)


def twin_errors(said: ForecastRecord, came: LifeRecord) -> tuple[float, float]:
    """Median error of PRB load in points, and of cell throughput in percent.

    Over all cells that were awake, and for throughput carried something, and periods.
    """
    periods = len(came.load)
    load = np.stack(said.load[:periods]) - np.stack(came.load)
    awake = np.stack(came.awake)
    measured = np.stack(came.throughput_kbps)
    forecast = np.stack(said.throughput_kbps[:periods])
    both = awake & (measured > 0) & (forecast > 0)
    relative = np.abs(forecast[both] - measured[both]) / measured[both]
    points = 100.0 * np.abs(load[awake])
    return (
        float(np.median(points)) if points.size else float("nan"),
        100.0 * float(np.median(relative)) if relative.size else float("nan"),
    )
