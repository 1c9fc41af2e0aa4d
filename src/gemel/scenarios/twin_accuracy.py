"""How well does a twin know the next period, after two hours of reports?

The network lives once and its reports are kept; a twin then reads them one by one, with
or without losses, and says before each what every cell will report. Beside it stand the
two forecasts that cost nothing: the last report again (persistence), and the report of
the same period one season ago (seasonal-naive): a day ago where there is a day of
reports, else an hour ago.
"""

import dataclasses
import itertools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from gemel.emulator.faults.fate import Fate
from gemel.interfaces.networks.emulated import harmed, reported
from gemel.scenarios.twin_accuracy_world import PERIOD_S, AccuracyWorld
from gemel.scenarios.worlds import PublicFacts
from gemel.twin.cell_forecast import CellForecast, cell_forecast
from gemel.twin.forecast import Thresholds
from gemel.twin.imagine import crowd_of, imagine
from gemel.twin.source import Measured, Observation
from gemel.twin.synchronise import Synchroniser, follow
from gemel.world.demand import DAY_S, HOUR_S

LOAD, THROUGHPUT = "RRU.PrbTotDl", "DRB.UEThpDl"
JUDGED = (LOAD, THROUGHPUT, "DRB.PdcpSduVolumeDL", "PEE.Energy")
FIRST_LOOK = 10  # reports from which the twin takes what is usual, before it follows
LEARNING = 120  # periods before the first forecast that counts
IMAGINED = 1_200  # users in each member
Progress = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True)
class Errors:
    """Of one forecast of one measurement: points of load, percent of all else.

    mean:    of all cells and periods
    typical: the median over cells of their mean
    median:  of all cells and periods
    """

    mean: float
    typical: float
    median: float


@dataclasses.dataclass(frozen=True)
class Accuracy:
    """One measurement.

    less_than_persistence, less_than_season: by which share the mean absolute error is
        smaller, in the measurement's own unit
    on_average: the median over cells of how far the mean of all forecasts is from the
        mean of all reports; points of load, percent of all else
    held:  share of reports inside the interval that is to hold nine of ten
    """

    name: str
    twin: Errors
    persistence: Errors
    season: Errors
    less_than_persistence: float
    less_than_season: float
    on_average: float
    held: float


def lived_reports(
    world: AccuracyWorld, periods: int, progress: Progress = lambda what, share: None
) -> list[Observation]:
    """What the network reported of every period, as it was sent."""
    reports = []
    for number in range(periods):
        progress("living the network", number / periods)
        world.stand_in.advance(1, PERIOD_S)
        lived = world.stand_in.lived(0)
        assert lived is not None
        began_s = world.stand_in.elapsed_s - PERIOD_S
        reports.append(reported(lived.counted(), lived.controls, began_s, PERIOD_S))
    return reports


def arrived(reports: list[Observation], fate: Fate | None) -> list[Observation]:
    """What of them arrived."""
    if fate is None:
        return reports
    told: list[Observation] = []
    for report in reports:
        sent_s = float(report.elapsed_s) + float(report.period_s)
        before = told[-1] if told else None
        told.append(harmed(report, fate.report_harm(sent_s), before))
    return told


def usual_of(reports: list[Observation]) -> Observation:
    """One report that stands for several: of each cell the mean of what it told."""
    measured = {}
    for name in reports[0].measured:
        each = [report.measured[name] for report in reports]
        there = np.stack([np.asarray(one.present) for one in each])
        value = np.stack([np.asarray(one.value, np.float64) for one in each])
        count = there.sum(0)
        mean = np.where(there, value, 0.0).sum(0) / np.maximum(count, 1)
        measured[name] = Measured(
            jnp.asarray(mean, jnp.float32),
            jnp.asarray(count > 0),
            jnp.zeros(mean.shape),
        )
    return dataclasses.replace(reports[0], measured=measured)


def accuracy(
    facts: PublicFacts,
    sent: list[Observation],
    came: list[Observation],
    seed: int = 0,
    learning: int = LEARNING,
    progress: Progress = lambda what, share: None,
) -> dict[str, Accuracy]:
    """How well a twin that reads what came foretells what is sent next, by name."""
    plan = facts.plan
    crowd = crowd_of(
        facts.cells, facts.controls, facts.propagation, plan.density, seed,
        users=IMAGINED,
    )  # fmt: skip
    belief = imagine(
        facts.cells, facts.controls, facts.propagation, crowd,
        [usual_of(came[:FIRST_LOOK])], seed, users=IMAGINED, people=plan.people,
    )  # fmt: skip
    key = jax.random.fold_in(jax.random.key(seed), 71)
    said = []
    for number, report in enumerate(came):
        progress("the twin reads on", number / len(came))
        if number >= learning:
            when_s, period_s = float(report.elapsed_s), float(report.period_s)
            said.append(cell_forecast(belief, report.controls, when_s, period_s))
        luck = jax.random.fold_in(key, number)
        belief = follow(Synchroniser(), belief, report, Thresholds(), luck)
    return {
        name: _judged(
            name,
            _values(sent, name),
            _last_told(came, name),
            _said(said, name, "mean"),
            _said(said, name, "low"),
            _said(said, name, "high"),
            learning,
            season_of(sent),
        )
        for name in JUDGED
    }


def season_of(reports: list[Observation]) -> int:
    """Periods in the season of the seasonal-naive forecast."""
    period_s = float(reports[0].period_s)
    day = round(DAY_S / period_s)
    return day if len(reports) > day else max(1, round(HOUR_S / period_s))


def _values(reports: list[Observation], name: str) -> Float[np.ndarray, "time cell"]:
    """NaN where a cell had nothing to tell."""
    each = [report.measured[name] for report in reports]
    return np.stack([np.where(one.present, one.value, np.nan) for one in each])


def _said(
    forecasts: list[CellForecast], name: str, part: str
) -> Float[np.ndarray, "time cell"]:
    return np.stack([np.asarray(getattr(one, part)[name]) for one in forecasts])


def _last_told(reports: list[Observation], name: str) -> Float[np.ndarray, "time cell"]:
    """The last value of every cell that arrived, this period's included."""
    told = _values(reports, name)
    for before, now in itertools.pairwise(told):
        now[:] = np.where(np.isnan(now), before, now)
    return told


def _judged(
    name: str,
    sent: Float[np.ndarray, "time cell"],
    last: Float[np.ndarray, "time cell"],
    mean: Float[np.ndarray, "judged cell"],
    low: Float[np.ndarray, "judged cell"],
    high: Float[np.ndarray, "judged cell"],
    learning: int,
    season: int,
) -> Accuracy:
    truth = sent[learning:]
    guesses = {
        "twin": mean,
        "persistence": last[learning - 1 : -1],
        "season": last[learning - season : len(last) - season],
    }
    inside = np.where(np.isnan(truth), np.nan, (low <= truth) & (truth <= high))
    off = {key: np.abs(value - truth) for key, value in guesses.items()}
    mine = np.nanmean(off["twin"])
    return Accuracy(
        name=name,
        twin=_errors(name, off["twin"], truth),
        persistence=_errors(name, off["persistence"], truth),
        season=_errors(name, off["season"], truth),
        less_than_persistence=float(1.0 - mine / np.nanmean(off["persistence"])),
        less_than_season=float(1.0 - mine / np.nanmean(off["season"])),
        on_average=_on_average(name, mean, truth),
        held=float(np.nanmean(inside)),
    )


def _on_average(
    name: str,
    mean: Float[np.ndarray, "judged cell"],
    truth: Float[np.ndarray, "judged cell"],
) -> float:
    """Noise of single periods is gone from this."""
    tells = ~np.isnan(truth).all(0)
    told = np.nanmean(truth[:, tells], 0)
    said = np.nanmean(np.where(np.isnan(truth), np.nan, mean)[:, tells], 0)
    return float(np.nanmedian(_relative(name, np.abs(said - told), told)))


def _errors(name: str, off: np.ndarray, truth: np.ndarray) -> Errors:
    off = _relative(name, off, truth)
    tells = ~np.isnan(off).all(0)
    return Errors(
        mean=float(np.nanmean(off)),
        typical=float(np.nanmedian(np.nanmean(off[:, tells], 0))),
        median=float(np.nanmedian(off)),
    )


def _relative(name: str, off: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Shares of the truth in percent, unless the measurement is in percent itself;
    nothing is a share of nothing."""
    if name == LOAD:
        return off
    some = truth > 0.0
    return np.where(some, 100.0 * off / np.where(some, truth, 1.0), np.nan)
