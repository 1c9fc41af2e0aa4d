"""What do the cells' own reports say of their next one?

Physics knows what changes when a knob is turned. How full a cell is this minute it
knows from reports, as anybody does, and a minute's report is noisy: one user more or
less, the files that happened to be fetched. So every cell keeps a few running means of
what it told, fast ones and slow ones, moved along with the hours of the day, and all
cells together learn how much the next report owes to each of them: a linear rule,
fitted again with every period by least absolute errors (iteratively reweighted),
forgetting slowly. How far the rule was off lately, cell by cell, scales the interval;
how many reports fell outside of it shifts its ends (adaptive conformal inference, Gibbs
and Candès 2021). What is missing teaches nothing, and the longer a cell is silent, the
wider its interval is.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.network.counters import MEASUREMENTS
from gemel.twin.source import Measured

NAMES = tuple(MEASUREMENTS)  # of TS 28.552; the axis `name`
IN_POINTS = {"RRU.PrbTotDl": 100.0}  # the others are looked at by their logarithms
LEAST = {"RRC.ConnMean": 0.05, "PEE.Energy": 1e-7}  # below, all is as little
RATES = (1.0, 0.6, 0.3, 0.15, 0.06)  # weight of the newest report in each running mean
PASTS = len(RATES) - 1  # how far each faster mean is from the slowest
OWN, SEASON, LONG = 1.0, 1.0, 0.1
# Logarithms that departures, and what demand grows by from period to period, are worth.
USUAL, USUAL_SEASON = 0.1, 0.01
MOST_SEASON = 5.0  # what is learned of a step of demand; energy grows faster than load
# Before anything is learned: much of the middle means, little of the last report.
FIRST_RULE = (0.1, 0.1, 0.2, 0.4)
PRIOR = 30.0  # cells-periods that the first rule counts for
KEPT = 0.998  # of what was learned, a period later
SOFT = 0.3  # of the usual error: smaller ones are not told apart
SCALE_RATE = 0.04  # weight of the newest error in a cell's usual one
POOLED = 8.0  # errors of its own after which a cell is believed as much as all cells
FIRST_SCALE = 0.05
EDGE = 2.06  # usual absolute errors to the 5 % and 95 % points, if they were normal
OUTSIDE = 0.05  # of reports, on either side of an interval
EDGE_RATE = 0.3
AGEING = 0.15  # growth of an error's variance with each period of silence
FADING = 0.8  # of a departure from the slowest mean, with each period of silence
FARTHEST = 12.0  # logarithm or points of a hundred: no forecast is further off


class Levels(eqx.Module):
    """What is known of every cell from its own reports; see `NAMES`.

    All values as `looked_at` has them.

    mean:       running means, the fastest first
    lasting:    the mean of all reports
    count:      of reports that came
    age:        periods since the last one came
    normal, moment: the least-squares problem whose solution is the rule
    scale:      usual absolute error of a cell's forecast
    pooled:     of all cells
    low_edge, high_edge: ends of the interval, in usual errors
    """

    mean: Float[Array, "rate name cell"]
    lasting: Float[Array, "name cell"]
    count: Float[Array, "name cell"]
    age: Float[Array, "name cell"]
    normal: Float[Array, "name past past"]
    moment: Float[Array, "name past"]
    scale: Float[Array, "name cell"]
    pooled: Float[Array, " name"]
    low_edge: Float[Array, " name"]
    high_edge: Float[Array, " name"]


class Expected(eqx.Module):
    """A report to come, as `looked_at` has it; low and high: its 5 and 95 % points."""

    middle: Float[Array, "name cell"]
    low: Float[Array, "name cell"]
    high: Float[Array, "name cell"]


def looked_at(name: str, value: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """A measurement as it is filtered: a share, or a natural logarithm."""
    if name in IN_POINTS:
        return value / IN_POINTS[name]
    return jnp.log(jnp.maximum(value, LEAST.get(name, 1.0)))


def told_again(name: str, looked: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """The other way round; no share is below none or above all."""
    if name in IN_POINTS:
        return IN_POINTS[name] * jnp.clip(looked, 0.0, 1.0)
    value, least = jnp.exp(looked), LEAST.get(name, 1.0)
    # The least that is told apart from nothing is nothing: that is what was reported.
    return jnp.where(value <= 1.001 * least, 0.0, value)


def _features() -> int:
    """Departures of all names, the season's step, and the long mean."""
    return len(NAMES) * PASTS + 2


def no_levels(cells: int) -> Levels:
    """Before the first report."""
    names, features = len(NAMES), _features()
    zeros = jnp.zeros((names, cells))
    first = jnp.zeros((names, features))
    for number in range(names):
        own = slice(number * PASTS, (number + 1) * PASTS)
        first = first.at[number, own].set(OWN * jnp.asarray(FIRST_RULE))
    first = first.at[:, -2].set(SEASON).at[:, -1].set(LONG)
    usual = jnp.full(features, USUAL).at[-2].set(USUAL_SEASON)
    eye = PRIOR * jnp.diag(usual**2)
    return Levels(
        mean=jnp.zeros((len(RATES), names, cells)),
        lasting=zeros,
        count=zeros,
        age=zeros,
        normal=jnp.broadcast_to(eye, (names, features, features)),
        moment=PRIOR * first * usual[None] ** 2,
        scale=jnp.full((names, cells), FIRST_SCALE),
        pooled=jnp.full(names, FIRST_SCALE),
        low_edge=jnp.full(names, -EDGE),
        high_edge=jnp.full(names, EDGE),
    )


def _of_cells(
    levels: Levels, season: Float[Array, " cell"]
) -> Float[Array, "name past cell"]:
    """What the rule is applied to, for every name.

    season: step of the logarithm of demand from the last period to the one meant
    """
    slow = levels.mean[-1]
    fresh = FADING**levels.age
    away = (levels.mean[:-1] - slow[None]) * fresh[None]
    shared = jnp.moveaxis(away, 0, 1).reshape(-1, slow.shape[1])
    names = slow.shape[0]
    every = jnp.broadcast_to(shared[None], (names, *shared.shape))
    load = looked_season(levels, season)
    long = levels.lasting - slow
    return jnp.concatenate([every, load[:, None], long[:, None]], 1)


def looked_season(
    levels: Levels, season: Float[Array, " cell"]
) -> Float[Array, "name cell"]:
    """What more demand is in each name: of a load as much as the load, of throughput
    the less the fuller, of energy a share of what the load grows by."""
    load = levels.mean[-1][NAMES.index("RRU.PrbTotDl")]
    part = {
        "RRU.PrbTotDl": load,
        "DRB.PdcpSduVolumeDL": jnp.ones_like(load),
        "DRB.UEThpDl": -load / jnp.maximum(1.0 - load, 0.2),
        "PEE.Energy": load,
    }
    none = jnp.zeros_like(load)
    return jnp.stack([part.get(name, none) for name in NAMES]) * season[None]


def _of_season(
    levels: Levels, season: Float[Array, " cell"]
) -> Float[Array, "name cell"]:
    """What a step of demand is worth in each name, as far as that was learned."""
    worth = jnp.clip(rule(levels)[:, -2:-1], 0.0, MOST_SEASON)
    return worth * looked_season(levels, season)


def rule(levels: Levels) -> Float[Array, "name past"]:
    """How much the next report owes to each."""
    return jnp.linalg.solve(levels.normal, levels.moment[..., None])[..., 0]


def expected(
    levels: Levels,
    season: Float[Array, " cell"],
    ahead: Float[Array, ""] | float = 0.0,
) -> Expected:
    """The report of the next period, or of one `ahead` periods after it."""
    pasts = _of_cells(levels, season)
    departure = (rule(levels)[..., None] * pasts).sum(1)
    # Further ahead the departure of now is forgotten, but for the season's step.
    stays = pasts[:, -2]
    departure = stays + (departure - stays) * FADING**ahead
    middle = levels.mean[-1] + jnp.clip(departure, -FARTHEST, FARTHEST)
    width = widths(levels) * jnp.sqrt(1.0 + AGEING * (levels.age + ahead))
    return Expected(
        middle,
        middle + levels.low_edge[:, None] * width,
        middle + levels.high_edge[:, None] * width,
    )


def widths(levels: Levels) -> Float[Array, "name cell"]:
    """Usual errors: a cell's own, as far as it has any, and those of all cells."""
    own = levels.count / (levels.count + POOLED)
    return own * levels.scale + (1.0 - own) * levels.pooled[:, None]


def shifted(levels: Levels, by: Float[Array, "name cell"]) -> Levels:
    """As if all reports had been so much higher: what a turned knob does."""
    return eqx.tree_at(
        lambda one: (one.mean, one.lasting),
        levels,
        (levels.mean + by[None], levels.lasting + by),
    )


def told(
    levels: Levels,
    measured: dict[str, Measured],
    awake: Bool[Array, " cell"],
    season: Float[Array, " cell"],
) -> Levels:
    """After a report. A cell asleep says nothing of how it will be when awake."""
    value, there = looked_over(measured, awake)
    levels = _lesson(levels, value, there, season)
    # What was told in other hours is worth what it would have been in this one.
    levels = shifted(levels, _of_season(levels, season))
    # A mean of few is the mean of those few.
    count = levels.count + 1.0
    rates = jnp.maximum(jnp.asarray(RATES)[:, None, None], 1.0 / count[None])
    mean = levels.mean + rates * (value[None] - levels.mean)
    lasting = levels.lasting + (value - levels.lasting) / jnp.minimum(count, 1e4)
    return eqx.tree_at(
        lambda one: (one.mean, one.lasting, one.count, one.age),
        levels,
        (
            jnp.where(there[None], mean, levels.mean),
            jnp.where(there, lasting, levels.lasting),
            jnp.where(there, count, levels.count),
            jnp.where(there, 0.0, levels.age + 1.0),
        ),
    )


def looked_over(
    measured: dict[str, Measured], awake: Bool[Array, " cell"]
) -> tuple[Float[Array, "name cell"], Bool[Array, "name cell"]]:
    """All values of a report in the order of `NAMES`, and which of them are there."""
    nothing = jnp.zeros(awake.shape)
    none = Measured(nothing, jnp.zeros_like(awake), nothing)
    each = [measured.get(name, none) for name in NAMES]
    there = jnp.stack([one.present for one in each]) & awake[None]
    value = [looked_at(n, one.value) for n, one in zip(NAMES, each, strict=True)]
    return jnp.where(there, jnp.stack(value), 0.0), there


def _lesson(
    levels: Levels,
    value: Float[Array, "name cell"],
    there: Bool[Array, "name cell"],
    season: Float[Array, " cell"],
) -> Levels:
    """What the report teaches of the rule, and of how far off it is."""
    counts = jnp.where(there & (levels.count >= 2.0), 1.0, 0.0)
    some = counts.sum(1)
    guess = expected(levels, season)
    pasts = _of_cells(levels, season)
    off = jnp.where(there, value - guess.middle, 0.0)
    usual = jnp.maximum(widths(levels), 1e-4)
    weight = counts / jnp.maximum(jnp.abs(off), SOFT * usual)
    weight = weight * levels.pooled[:, None]  # about one for a usual error
    target = value - levels.mean[-1]
    weighed = pasts * weight[:, None]
    normal = jnp.einsum("nfc,ngc->nfg", weighed, pasts)
    moment = jnp.einsum("nfc,nc->nf", weighed, target)
    kept = jnp.where(some > 0.0, KEPT, 1.0)
    prior = no_levels(1)
    fresh = (1.0 - kept)[:, None, None]  # the first rule is never quite forgotten
    grown = jnp.sqrt(1.0 + AGEING * levels.age)
    error = jnp.minimum(jnp.abs(off) / grown, 10.0 * usual)
    own_rate = jnp.maximum(SCALE_RATE, 1.0 / (levels.count + 1.0))
    pooled = (error * counts).sum(1) / jnp.maximum(some, 1.0)
    pooled_rate = jnp.where(some > 0.0, SCALE_RATE, 0.0)
    share = counts / jnp.maximum(some, 1.0)[:, None]
    below = jnp.where(value < guess.low, share, 0.0).sum(1) - OUTSIDE
    above = jnp.where(value > guess.high, share, 0.0).sum(1) - OUTSIDE
    step = jnp.where(some > 0.0, EDGE_RATE, 0.0)
    return eqx.tree_at(
        lambda one: (
            one.normal,
            one.moment,
            one.scale,
            one.pooled,
            one.low_edge,
            one.high_edge,
        ),
        levels,
        (
            kept[:, None, None] * levels.normal + normal + fresh * prior.normal,
            kept[:, None] * levels.moment + moment + fresh[:, 0] * prior.moment,
            jnp.where(
                counts > 0.0,
                levels.scale + own_rate * (error - levels.scale),
                levels.scale,
            ),
            levels.pooled + pooled_rate * (pooled - levels.pooled),
            jnp.minimum(levels.low_edge - step * below, -0.2),
            jnp.maximum(levels.high_edge + step * above, 0.2),
        ),
    )


def stacked(reported: dict[str, Float[Array, "*axes"]]) -> Float[Array, "name *axes"]:
    """Values of a report by name, in the order of `NAMES`, as they are filtered."""
    return jnp.stack([looked_at(name, reported[name]) for name in NAMES])


MOST_RATE = 1.0  # logarithm: what a turned knob may do to a cell's throughput


def moved(
    level: Float[Array, "name cell"],
    before: Float[Array, "name cell"],
    after: Float[Array, "name cell"],
) -> Float[Array, "name cell"]:
    """What a level, as `looked_at` has it, rises by when physics says so.

    Users that come from elsewhere bring what they want, however little the cell had
    before; users that leave take a share of what it has. Of a throughput only its ratio
    means anything, and that not where physics had nobody there before.
    """
    by = after - before
    ratio = jnp.clip(by, -MOST_RATE, MOST_RATE)
    come = jnp.maximum(jnp.exp(after) - jnp.exp(before), 0.0)
    added = jnp.log(jnp.exp(level) + come) - level
    changes = []
    for number, name in enumerate(NAMES):
        if name in IN_POINTS:
            changes.append(by[number])
        elif name == "DRB.UEThpDl":
            nobody = (before[number] <= 0.0) | (after[number] <= 0.0)
            changes.append(jnp.where(nobody, 0.0, ratio[number]))
        else:
            changes.append(jnp.where(by[number] > 0.0, added[number], by[number]))
    return jnp.stack(changes)
