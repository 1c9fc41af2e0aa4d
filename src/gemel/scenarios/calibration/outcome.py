"""What did we get for a calibration case, and is it what others got?"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from gemel.errors import ScenarioError
from gemel.report.compared import Compared
from gemel.report.results import Numbers
from gemel.scenarios.calibration.cases import Case, case_named
from gemel.scenarios.calibration.drop import one_drop, stage_of
from gemel.scenarios.calibration.references import (
    METRICS,
    PERCENTILES,
    Range,
    band_of,
    references_of,
)

TITLES = {
    "coupling_gain_db": "coupling gain",
    "geometry_sir_db": "geometry, SIR",
    "geometry_sinr_db": "geometry, SINR",
}
Tell = Callable[[str, float], None]


def _silence(what: str, share: float) -> None:
    """Nobody is told."""


@dataclasses.dataclass(frozen=True)
class Calibration:
    """One case, calculated.

    samples_db:  by metric, one number a user
    ranges:      what was published, by metric and percentile; empty if nothing was
    """

    case: Case
    seed: int
    drops: int
    samples_db: dict[str, Numbers]
    ranges: dict[str, dict[int, Range]]

    @property
    def users(self) -> int:
        """Of all drops."""
        return len(self.samples_db[METRICS[0]])

    def percentiles_db(self, metric: str) -> dict[int, float]:
        """Ours, at the percentiles that are compared."""
        values_db = np.percentile(self.samples_db[metric], PERCENTILES)
        return dict(zip(PERCENTILES, values_db.tolist(), strict=True))

    def inside(self) -> dict[str, dict[int, bool]]:
        """Whether ours is in the range, wherever there is one."""
        return {
            metric: {
                percentile: held.holds(self.percentiles_db(metric)[percentile])
                for percentile, held in ranges.items()
            }
            for metric, ranges in self.ranges.items()
        }

    @property
    def fits(self) -> bool | None:
        """Whether everything is inside; None if nothing was published."""
        if not self.ranges:
            return None
        return all(
            held for ranges in self.inside().values() for held in ranges.values()
        )

    def compared(self) -> tuple[Compared, ...]:
        """Every metric for picture and table; NaN where nothing was published."""

        def published(metric: str, field: str) -> Numbers:
            ranges = self.ranges.get(metric, {})
            return np.array(
                [
                    getattr(ranges[percentile], field)
                    if percentile in ranges
                    else np.nan
                    for percentile in PERCENTILES
                ]
            )

        return tuple(
            Compared(
                title=TITLES[metric],
                samples_db=self.samples_db[metric],
                percentiles=PERCENTILES,
                low_db=published(metric, "low_db"),
                mean_db=published(metric, "mean_db"),
                high_db=published(metric, "high_db"),
                band_db=band_of(self.case.name, metric),
            )
            for metric in METRICS
        )

    def in_words(self) -> str:
        """The verdict in one sentence."""
        if self.fits is None:
            return "Nothing published is at hand to compare with: no verdict."
        verdicts = [
            held for ranges in self.inside().values() for held in ranges.values()
        ]
        sources = sorted(
            {held.source for ranges in self.ranges.values() for held in ranges.values()}
        )
        return (
            f"{sum(verdicts)} of {len(verdicts)} percentiles are inside the range of "
            f"{', '.join(sources)}."
        )

    def as_json(self) -> dict[str, Any]:
        """Everything but the samples, in types that JSON knows."""
        answer: dict[str, Any] = {
            "case": self.case.name,
            "title": self.case.title,
            "drops": self.drops,
            "seed": self.seed,
            "users": self.users,
        }
        for metric in METRICS:
            answer[metric] = {
                str(percentile): round(value_db, 3)
                for percentile, value_db in self.percentiles_db(metric).items()
            }
        if not self.ranges:
            return answer | {"reference": None, "verdict": None}
        inside = self.inside()
        answer["reference"] = {
            metric: {
                str(percentile): {
                    "low_db": held.low_db,
                    "mean_db": held.mean_db,
                    "high_db": held.high_db,
                    "inside": inside[metric][percentile],
                    "source": held.source,
                }
                for percentile, held in ranges.items()
            }
            for metric, ranges in self.ranges.items()
        }
        return answer | {"verdict": "inside" if self.fits else "outside"}


def calibrate(
    name: str, drops: int | None = None, seed: int = 0, tell: Tell = _silence
) -> Calibration:
    """Calculate one of CASES.

    drops:  None takes as many as make the sampling error small beside the range
    tell:   called with (what, share done) between two drops

    Raises ScenarioError if there is no such case or less than one drop.
    """
    case = case_named(name)
    drops = case.drops if drops is None else drops
    if drops < 1:
        raise ScenarioError(f"{drops} drops measure nothing. Give 1 or more.")
    stage, key = stage_of(case), jax.random.key(seed)
    measured: list[dict[str, Numbers]] = []
    for drop in range(drops):
        tell(f"drop {drop + 1} of {drops}", drop / drops)
        served = one_drop(case, stage, jax.random.fold_in(key, drop))
        measured.append(
            {name: np.asarray(getattr(served, name), np.float64) for name in METRICS}
        )
    samples_db = {
        metric: np.concatenate([one[metric] for one in measured]) for metric in METRICS
    }
    return Calibration(case, seed, drops, samples_db, references_of(name))
