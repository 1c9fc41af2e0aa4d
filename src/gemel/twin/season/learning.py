"""What does a history of all cells teach about their coming periods?

How fast departures fade; and by boosted trees, grown from all cells together, where the
interval ends, and from a week of history on what the middle misses.
"""

import numpy as np
from jaxtyping import Float

from gemel.errors import ScenarioError
from gemel.twin.forest import Forest
from gemel.twin.season.features import Origin, origins
from gemel.twin.season.lessons import Lessons
from gemel.twin.season.seasonal import ENDS, Reach, Seasonal, first_slot, slots_of_day
from gemel.twin.trees import Grow, said_by

HOUR_S = 3_600.0
FADES = np.linspace(0.0, 1.0, 21)  # what is tried, a period
ROUNDS, RATE, LEAST_ROWS, L2 = 200, 0.06, 100, 5.0
LEAVES = 15
LOST = 0.6  # share of reports that the unluckiest cell loses in lessons
TRUSTS = (0.0, 0.25, 0.5, 0.75, 1.0)
# From fewer days the trees learn what those days had of their own: on measured load
# they were better on a fourth day after three, and worse on three days after four.
FEWEST_DAYS = 7
FEWEST_ROWS = 2_000  # fewer teach a forest nothing that the habit does not say


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
    slots = slots_of_day(period_s)
    known = np.isfinite(history)
    if not known.any():
        raise ScenarioError(
            "the history holds no value at all. Wait for the first reports."
        )
    typical = float(np.mean(history, where=known))
    scale = float(np.mean(np.abs(history), where=known)) or 1.0
    scaled = np.asarray(history, np.float64) / scale
    past = origins(scaled, first_slot(starts_s, period_s), slots)
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
    pairs = Lessons.drawn(past, holed, scaled, from_to, luck)
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
