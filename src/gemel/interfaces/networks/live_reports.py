"""What did every cell of our inventory report in a period, going by a PM file?"""

import re
from datetime import datetime, timedelta

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from gemel.interfaces.networks.live_tree import CellObjects
from gemel.interfaces.standards.ts28532_pm import MeasFile, object_dn
from gemel.interfaces.standards.ts28552 import CELL_ENERGY, ENERGY
from gemel.network import rsrp_bins
from gemel.network.controls import Controls
from gemel.network.counters import MEASUREMENTS
from gemel.twin.source import Measured, Observation

NAMED = re.compile(r"A(\d{8}\.\d{4}[+-]\d{4})-")
ASLEEP_SHARE = 0.5  # of its usual energy; deep sleep draws a fiftieth, TR 38.864


def period_named(location: str) -> datetime | None:
    """When a file's period begins, by its name alone."""
    found = NAMED.match(location.rpartition("/")[2])
    try:
        return datetime.strptime(found[1], "%Y%m%d.%H%M%z") if found else None
    except ValueError:
        return None


def monday_of(when: datetime) -> datetime:
    """The beginning of its week, where it was written."""
    midnight = when.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=when.weekday())


def values_of(file: MeasFile, objects: CellObjects) -> dict[str, np.ndarray]:
    """By name, one value a cell; NaN where the file says nothing or is not sure.

    Energy is reported by a ManagedElement as a whole: where the file has no VS.Energy
    of its cells, each of them is taken to have used as much as the next.
    """
    found: dict[tuple[str, str], float] = {}
    for element in file.elements:
        for info in element.infos:
            for ldn, row in info.values.items():
                if ldn in info.suspect:
                    continue
                dn = object_dn(element.entity_dn, ldn)
                for name, value in zip(info.names, row, strict=True):
                    if value is not None:
                        found[dn, name] = float(value)

    def of(name: str, cell: int) -> float:
        at_du = found.get((objects.cell_du[cell], name))
        told = found.get((objects.cell_cu[cell], name)) if at_du is None else at_du
        return np.nan if told is None else told

    cells = range(len(objects.label))
    told = {
        name: np.array([of(name, cell) for cell in cells])
        for name in MEASUREMENTS
        if name != ENERGY
    }
    energy = np.array([of(CELL_ENERGY, cell) for cell in cells])
    if np.isnan(energy).any():
        energy = np.where(np.isnan(energy), _shared(found, objects), energy)
    return {**told, ENERGY: energy}


def rsrp_count_of(file: MeasFile, objects: CellObjects) -> np.ndarray | None:
    """[cell bin], over all beams of a cell; None where the file counts none."""
    cell_of = {dn: number for number, dn in enumerate(objects.beams)}
    bin_of = {name: number for number, name in enumerate(rsrp_bins.NAMES)}
    count, any_told = np.zeros((len(cell_of), rsrp_bins.BINS)), False
    for element in file.elements:
        for info in element.infos:
            columns = [
                (n, bin_of[name]) for n, name in enumerate(info.names) if name in bin_of
            ]
            for ldn, row in info.values.items() if columns else ():
                beams, _, _ = object_dn(element.entity_dn, ldn).rpartition(",Beam=")
                if beams not in cell_of or ldn in info.suspect:
                    continue
                for n, number in columns:
                    value = row[n]
                    count[cell_of[beams], number] += float(value or 0.0)
                    any_told = any_told or value is not None
    return count if any_told else None


def _shared(found: dict[tuple[str, str], float], objects: CellObjects) -> np.ndarray:
    element = [dn.partition(",GNBDUFunction=")[0] for dn in objects.cell_du]
    return np.array(
        [found.get((dn, ENERGY), np.nan) / element.count(dn) for dn in element]
    )


def observation(
    values: dict[str, np.ndarray],
    controls: Controls,
    elapsed_s: float,
    period_s: float,
    rsrp_count: np.ndarray | None = None,
) -> Observation:
    """A report of one period; what is NaN is not present.

    rsrp_count:  [cell bin], where phones told any
    """
    measured = {}
    for name, value in values.items():
        present = np.isfinite(value)
        measured[name] = Measured(
            jnp.asarray(np.where(present, value, 0.0), jnp.float32),
            jnp.asarray(present),
            jnp.zeros(value.shape),
        )
    return Observation(
        jnp.asarray(elapsed_s, jnp.float32),
        jnp.asarray(period_s, jnp.float32),
        measured,
        controls,
        None if rsrp_count is None else jnp.asarray(rsrp_count, jnp.float32),
    )


def silence(controls: Controls, elapsed_s: float, period_s: float) -> Observation:
    """The report of a period that none came of."""
    nothing = np.full(controls.awake.shape, np.nan)
    values = {name: nothing for name in MEASUREMENTS}
    return observation(values, controls, elapsed_s, period_s)


def with_sleepers(told: list[Observation]) -> list[Observation]:
    """Nobody says which cells slept yesterday: those that carried nothing and drew
    far less than usual."""
    energy = np.stack([np.asarray(o.measured[ENERGY].value) for o in told])
    known = np.stack([np.asarray(o.measured[ENERGY].present) for o in told])
    usual = np.where(known, energy, 0.0).max(0)
    after = []
    for report, kwh, heard in zip(told, energy, known, strict=True):
        volume = report.measured["DRB.PdcpSduVolumeDL"]
        idle = ~np.asarray(volume.present) | (np.asarray(volume.value) <= 0.0)
        slept = heard & idle & (kwh < ASLEEP_SHARE * usual)
        awake = jnp.asarray(~slept)
        after.append(eqx.tree_at(lambda o: o.controls.awake, report, awake))
    return after
