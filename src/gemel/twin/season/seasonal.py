"""What will every cell's load or demand be in the next hour and over the next day?

A day looks like the days before it, and what is unusual now fades: habit at that time
of day, plus a departure that shrinks with every period ahead. Boosted trees, learned
from all cells together, say where the interval ends, and from a week of history on what
the middle misses. A cell with little history is carried by what it has: its last value,
its mean, or the mean of all cells.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Float, Int

from gemel.errors import ScenarioError
from gemel.twin.forest import Forest
from gemel.twin.season.features import Origin, origins
from gemel.twin.trees import Grow, said_by
from gemel.world.demand import DAY_S

SURE = 0.90  # of every interval
ENDS = ((1.0 - SURE) / 2.0, (1.0 + SURE) / 2.0)
HOUR_S = 3_600.0
FADES = np.linspace(0.0, 1.0, 21)  # what is tried, a period
ROUNDS, RATE, LEAST_ROWS, L2 = 200, 0.06, 100, 5.0
LEAVES = 15
LOST = 0.6  # share of reports that the unluckiest cell loses in lessons
TRUSTS = (0.0, 0.25, 0.5, 0.75, 1.0)
MOST_ROWS = 60_000  # to learn one forest from
# From fewer days the trees learn what those days had of their own: on measured load
# they were better on a fourth day after three, and worse on three days after four.
FEWEST_DAYS = 7
FEWEST_ROWS = 2_000  # fewer teach a forest nothing that the habit does not say


class Reach(eqx.Module):
    """What was learned for periods up to so many ahead.

    fade:    what of a departure from the habit is left, a period later
    middle, low, high: what trees add to habit and departure; None without them
    trust:   how much of what the trees say of the middle is believed
    spread:  how far the ends lie from the middle without trees, and how much further
             with them
    """

    up_to: int = eqx.field(static=True)
    fade: float
    trust: float
    middle: Forest | None
    low: Forest | None
    high: Forest | None
    spread: Float[np.ndarray, "2"]


class Seasonal(eqx.Module):
    """What was learned from all cells of a history.

    scale:    a usual value: all is learned in units of it
    typical:  mean of all cells, for those nobody has heard of
    most:     what a value never exceeds, e.g. 1 for a load; None: anything
    reaches:  the next hour, the next day
    """

    period_s: float = eqx.field(static=True)
    most: float | None = eqx.field(static=True)
    scale: float
    typical: float
    reaches: tuple[Reach, ...]

    def forecast(
        self,
        history: Float[np.ndarray, "time cell"],
        periods: int,
        starts_s: float = 0.0,
    ) -> "Ahead":
        """The coming periods of every cell.

        history:   all that is known so far, NaN where it is missing; cells may be
                   others than those learned from
        starts_s:  seconds from midnight to the first period of the history
        """
        if periods < 1:
            raise ScenarioError(f"{periods} periods ahead are none. Ask for 1 or more.")
        scaled = np.asarray(history, np.float64) / self.scale
        past = origins(scaled, self.first_slot(starts_s), self.slots)
        return self.from_origin(past[-1], periods)

    @property
    def slots(self) -> int:
        """Periods of a day."""
        return _slots(self.period_s)

    def first_slot(self, starts_s: float) -> int:
        """Which period of the day begins so many seconds after midnight."""
        return _first_slot(starts_s, self.period_s)

    def from_origin(self, origin: Origin, periods: int) -> "Ahead":
        """The coming periods of every cell, from a history in units of `scale`."""
        cells = origin.history.shape[1]
        found = []
        for ahead in range(1, periods + 1):
            reach = next(
                (r for r in self.reaches if ahead <= r.up_to), self.reaches[-1]
            )
            found.append(self._one(origin, reach, np.full(cells, ahead)))
        mean, low, high = (np.stack(part) for part in zip(*found, strict=True))
        return Ahead(mean, low, high)

    def _one(
        self, origin: Origin, reach: Reach, ahead: Int[np.ndarray, " cell"]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        cell = np.arange(len(ahead))
        base = guess(origin, cell, ahead, self.typical / self.scale).faded(reach.fade)
        middle = low = high = base
        if reach.low is not None and reach.high is not None:
            shown = origin.features(cell, ahead)
            low = base + said_by(reach.low, shown)
            high = base + said_by(reach.high, shown)
            if reach.middle is not None:
                middle = base + reach.trust * said_by(reach.middle, shown)
        ends = (low - reach.spread[0], middle, high + reach.spread[1])
        # Learned apart, the ends may cross the middle where rows are few.
        low, middle, high = (np.clip(end, 0.0, self._top()) for end in ends)
        scale = self.scale
        return (
            middle * scale,
            np.minimum(low, middle) * scale,
            np.maximum(high, middle) * scale,
        )

    def _top(self) -> float:
        return np.inf if self.most is None else self.most / self.scale


class Ahead(NamedTuple):
    """Coming periods of every cell; low and high hold nine of ten values."""

    mean: Float[np.ndarray, "ahead cell"]
    low: Float[np.ndarray, "ahead cell"]
    high: Float[np.ndarray, "ahead cell"]


class Guess(NamedTuple):
    """What a cell's past says, before anybody knows how fast departures fade.

    fades_for:  periods from the latest value to the one that is asked about
    without:    for whoever has no habit at that time of day
    """

    usual: Float[np.ndarray, " row"]
    departure: Float[np.ndarray, " row"]
    fades_for: Float[np.ndarray, " row"]
    without: Float[np.ndarray, " row"]

    def faded(self, fade: float) -> Float[np.ndarray, " row"]:
        """Habit, plus what is left of the latest departure from it."""
        guess = self.usual + self.departure * fade**self.fades_for
        return np.where(np.isfinite(guess), guess, self.without)


def guess(
    origin: Origin,
    cell: Int[np.ndarray, " row"],
    ahead: Int[np.ndarray, " row"],
    typical: float,
) -> Guess:
    """Whoever has no habit at that time of day keeps his last value, then his mean,
    then the mean of all."""
    habits = origin.habits
    age = np.maximum(habits.age[cell], 1.0)
    usual_then = habits.of_slot(origin.slot(1 - age.astype(np.int64)), cell)
    without = np.full(len(cell), typical)
    for other in (habits.level(cell), habits.last[cell]):
        without = np.where(np.isfinite(other), other, without)
    return Guess(
        habits.of_slot(origin.slot(ahead), cell),
        np.nan_to_num(habits.last[cell] - usual_then),
        ahead + age - 1.0,
        without,
    )


def fit(
    history: Float[np.ndarray, "time cell"],
    period_s: float,
    *,
    starts_s: float = 0.0,
    most: float | None = None,
    grow: Grow | None = None,
    seed: int = 0,
) -> Seasonal:
    """What a history of all cells teaches about their coming periods.

    history:   one value a period and cell, NaN where it is missing
    starts_s:  seconds from midnight to the first period
    most:      what a value never exceeds, e.g. 1 for a load
    grow:      how trees are grown; None: habit and departure alone

    ScenarioError: periods do not divide a day, or nothing in the history is known.
    """
    slots = _slots(period_s)
    known = np.isfinite(history)
    if not known.any():
        raise ScenarioError(
            "the history holds no value at all. Wait for the first reports."
        )
    typical = float(np.mean(history, where=known))
    scale = float(np.mean(np.abs(history), where=known)) or 1.0
    scaled = np.asarray(history, np.float64) / scale
    past = origins(scaled, _first_slot(starts_s, period_s), slots)
    luck = np.random.default_rng(seed)
    # Reports get lost later on even if none was lost so far: half of the lessons are
    # taken from a past in which some were.
    lost = luck.random(scaled.shape) < luck.uniform(0.0, LOST, scaled.shape[1])
    holed = origins(np.where(lost, np.nan, scaled), past[0].first, slots)
    hour = max(int(HOUR_S / period_s), 1)
    reaches = tuple(
        _learnt(past, holed, scaled, from_to, typical / scale, grow, seed, luck)
        for from_to in ((1, hour), (hour + 1, slots))
        if from_to[0] <= from_to[1]
    )
    return Seasonal(period_s, most, scale, typical, reaches)


def _learnt(
    past: list[Origin],
    holed: list[Origin],
    scaled: Float[np.ndarray, "time cell"],
    from_to: tuple[int, int],
    typical: float,
    grow: Grow | None,
    seed: int,
    luck: np.random.Generator,
) -> Reach:
    """One reach, from pairs of an origin and a period that came true."""
    pairs = _Pairs.drawn(past, holed, scaled, from_to, luck)
    known = pairs.guess(typical)
    fade = min(FADES, key=lambda one: np.abs(known.faded(one) - pairs.value).sum())
    rest = pairs.value - known.faded(float(fade))
    if grow is None or len(rest) < FEWEST_ROWS:
        # The later half: habits were nearly as well known then as they are from now on.
        middle = np.median(pairs.time) if len(rest) else 0
        whole = rest[(pairs.time >= middle) & ~pairs.holed]
        ends = np.quantile(whole, ENDS) if len(whole) else np.zeros(2)
        spread = np.array([-ends[0], ends[1]])
        return Reach(from_to[1], float(fade), 0.0, None, None, None, spread)
    features = pairs.features()
    # The latest fifth judges the trees that the rest grew, and their ends
    # (conformalised quantile regression, Romano, Patterson and Candès, NeurIPS 2019);
    # then all rows together grow those that stay.
    late = pairs.time >= np.quantile(pairs.time, 0.8)

    def told(end: float | None) -> np.ndarray:
        forest = _trees(grow, features[~late], rest[~late], seed, end)
        return said_by(forest, features)[late]

    low, high = (told(end) for end in ENDS)
    true = rest[late]
    spread = np.array(
        [np.quantile(low - true, ENDS[1]), np.quantile(true - high, ENDS[1])]
    )
    trust, middle = 0.0, None
    if len(scaled) >= FEWEST_DAYS * past[0].slots:
        said = told(None)
        trust = min(TRUSTS, key=lambda share: np.abs(share * said - true).mean())
        middle = _trees(grow, features, rest, seed, None)
    low, high = (_trees(grow, features, rest, seed, end) for end in ENDS)
    return Reach(from_to[1], float(fade), trust, middle, low, high, spread)


def _trees(
    grow: Grow,
    features: np.ndarray,
    rest: np.ndarray,
    seed: int,
    quantile: float | None,
) -> Forest:
    return grow(
        features,
        rest,
        seed=seed,
        objective="absolute" if quantile is None else "quantile",
        quantile=quantile,
        rounds=ROUNDS,
        leaves=LEAVES,
        learning_rate=RATE,
        least_rows=LEAST_ROWS,
        l2=L2,
    )


class _Pairs(NamedTuple):
    """Questions of which the answer is known, drawn from the past.

    past:    as it was, and with reports lost
    holed:   which of the two a question is asked of
    origin:  number of the origin there
    """

    past: tuple[list[Origin], list[Origin]]
    holed: Bool[np.ndarray, " row"]
    origin: Int[np.ndarray, " row"]
    cell: Int[np.ndarray, " row"]
    ahead: Int[np.ndarray, " row"]
    value: Float[np.ndarray, " row"]

    @classmethod
    def drawn(
        cls,
        past: list[Origin],
        holed: list[Origin],
        scaled: Float[np.ndarray, "time cell"],
        from_to: tuple[int, int],
        luck: np.random.Generator,
    ) -> "_Pairs":
        """Every value of the past that somebody could have foretold, or as many as are
        enough, each from one origin before it."""
        time, cell = np.nonzero(np.isfinite(scaled))
        ahead = luck.integers(from_to[0], from_to[1] + 1, len(time))
        origin = time - ahead + 1
        # Before one whole day there is no habit to depart from.
        slots = past[0].slots
        usable = origin >= min(slots, max(len(scaled) // 2, 1))
        rows = np.flatnonzero(usable)
        if len(rows) > MOST_ROWS:
            rows = np.sort(luck.choice(rows, MOST_ROWS, replace=False))
        rows = rows[np.argsort(origin[rows], kind="stable")]
        return cls(
            (past, holed),
            luck.random(len(rows)) < 0.5,
            origin[rows],
            cell[rows],
            ahead[rows],
            scaled[time[rows], cell[rows]],
        )

    @property
    def time(self) -> Int[np.ndarray, " row"]:
        """The period that was asked about."""
        return self.origin + self.ahead - 1

    def guess(self, typical: float) -> Guess:
        """By habit and departure."""
        columns = self._each(
            lambda origin, cell, ahead: np.column_stack(
                guess(origin, cell, ahead, typical)
            )
        )
        return Guess(*columns.reshape(-1, 4).T)

    def features(self) -> Float[np.ndarray, "row feature"]:
        """Of every question."""
        return self._each(lambda origin, cell, ahead: origin.features(cell, ahead))

    def _each(self, ask: "Ask") -> np.ndarray:
        """The answers, asked of every origin once for each of its two pasts."""
        answer: np.ndarray | None = None
        for number in np.unique(self.origin):
            for holed, past in enumerate(self.past):
                rows = (self.origin == number) & (self.holed == bool(holed))
                if rows.any():
                    said = ask(past[number], self.cell[rows], self.ahead[rows])
                    if answer is None:
                        answer = np.zeros((len(self.origin), *said.shape[1:]))
                    answer[rows] = said
        return np.zeros(0) if answer is None else answer


Ask = Callable[[Origin, Int[np.ndarray, " row"], Int[np.ndarray, " row"]], np.ndarray]


def _slots(period_s: float) -> int:
    slots = round(DAY_S / period_s) if period_s > 0 else 0
    if slots < 1 or abs(slots * period_s - DAY_S) > 1e-6 * DAY_S:
        raise ScenarioError(
            f"period_s is {period_s}; periods must divide a day. Give e.g. 900 or 3600."
        )
    return slots


def _first_slot(starts_s: float, period_s: float) -> int:
    return round(starts_s % DAY_S / period_s) % _slots(period_s)
