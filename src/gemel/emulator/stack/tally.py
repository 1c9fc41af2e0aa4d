"""What do millions of delays say, and how sure is it?

Delays are whole ticks, so counts of each tick lose nothing: percentiles are exact order
statistics. Their interval is that of the rank: how many of n packets exceed the true
percentile is a Poisson number (a binomial one with a rare event; where it is not rare,
the interval is too wide, never too narrow). Packets of one series share a fading and a
phase, so n is not the number of packets: exceedances are counted chunk by chunk, chunks
are independent, and the variance of those counts over their mean says how many packets
count as one. A single chunk has no variance: its packets are taken as independent.
"""

import dataclasses
import math

import numpy as np
from jaxtyping import Float, Int, Num

SURE = 0.95  # of every interval
NORMAL_QUANTILE = 1.959963984540054  # two-sided, of SURE
TAIL_SHARE = 1 / 64  # of a chunk's packets, the latest, kept to count exceedances


def _poisson_below(count: int, mean: float) -> float:
    """P(X <= count), summed from the term next to the mode."""
    if count < 0:
        return 0.0
    if mean <= 0.0:
        return 1.0
    reach = 12.0 * math.sqrt(mean) + 40.0
    numbers = np.arange(max(0, math.floor(mean - reach)), count + 1)
    factorial = np.array([math.lgamma(number + 1.0) for number in numbers])
    terms = numbers * math.log(mean) - mean - factorial
    return float(min(1.0, np.exp(terms).sum())) if len(numbers) else 0.0


def poisson_quantile(mean: float, share: float) -> int:
    """The least count that is not exceeded with this probability."""
    count = max(0, math.floor(mean - 12.0 * math.sqrt(mean) - 40.0))
    high = math.ceil(mean + 12.0 * math.sqrt(mean) + 40.0)
    while count < high:
        middle = (count + high) // 2
        if _poisson_below(middle, mean) >= share:
            high = middle
        else:
            count = middle + 1
    return count


def poisson_limits(count: int) -> tuple[float, float]:
    """The means between which a count leaves us, Garwood's exact interval."""
    tail = 0.5 * (1.0 - SURE)

    def solve(below: int, share: float) -> float:
        low, high = 0.0, count + 12.0 * math.sqrt(count + 1.0) + 40.0
        for _ in range(100):
            middle = 0.5 * (low + high)
            if _poisson_below(below, middle) > share:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)

    least = 0.0 if count == 0 else solve(count - 1, 1.0 - tail)
    return least, solve(count, tail)


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A number between its limits; None is beyond everything seen."""

    value: float | None
    low: float | None
    high: float | None


@dataclasses.dataclass(frozen=True)
class Tally:
    """Counts of all chunks together.

    packets:  counted, lost ones included
    counts:   of delivered packets with each delay in ticks
    lost:     of packets that never came, chunk by chunk
    late:     of packets beyond the budget, lost ones included, chunk by chunk
    mean:     delay of those delivered, chunk by chunk, in ticks; NaN where none was
    tails:    the latest delays of each chunk, lost ones as infinity
    """

    packets: int
    counts: Int[np.ndarray, " tick"]
    lost: Int[np.ndarray, " chunk"]
    late: Int[np.ndarray, " chunk"]
    mean: Float[np.ndarray, " chunk"]
    tails: Float[np.ndarray, "chunk place"]

    def mean_delay(self) -> Estimate:
        """In ticks, of those delivered; limits from the scatter between chunks."""
        delivered = int(self.counts.sum())
        if delivered == 0:
            return Estimate(None, None, None)
        mean = float((self.counts * np.arange(len(self.counts))).sum() / delivered)
        if len(self.mean) < 2 or np.isnan(self.mean).any():
            return Estimate(mean, None, None)
        off = NORMAL_QUANTILE * float(self.mean.std(ddof=1)) / math.sqrt(len(self.mean))
        return Estimate(mean, mean - off, mean + off)

    def percentile(self, share: float) -> Estimate:
        """The delay in ticks that all but 1 - share of the packets keep."""
        allowed = self.packets * (1.0 - share)
        value = self._delay_exceeded_by(math.floor(allowed + 1e-6))
        together = self._packets_that_count_as_one(value)
        tail, independent = 0.5 * (1.0 - SURE), allowed / together
        fewest = poisson_quantile(independent, tail) - 1
        most = poisson_quantile(independent, 1.0 - tail)
        high = None if fewest < 0 else self._delay_exceeded_by(int(fewest * together))
        low = self._delay_exceeded_by(math.ceil(most * together))
        return Estimate(value, low, high)

    def reliability(self) -> Estimate:
        """The share of packets within the budget."""
        late = int(self.late.sum())
        together = dispersion(self.late)
        low, high = (
            limit * together for limit in poisson_limits(round(late / together))
        )
        packets = self.packets
        return Estimate(
            1.0 - late / packets, max(0.0, 1.0 - high / packets), 1.0 - low / packets
        )

    def exceeding(self) -> Float[np.ndarray, " tick"]:
        """The share of packets later than each tick, or lost."""
        return 1.0 - np.cumsum(self.counts) / self.packets

    def _delay_exceeded_by(self, packets: int) -> float | None:
        """The least delay that no more packets exceed; None if more are lost."""
        if int(self.lost.sum()) > packets:
            return None
        kept = np.cumsum(self.counts)
        return float(np.searchsorted(kept, self.packets - packets))

    def _packets_that_count_as_one(self, delay: float | None) -> float:
        level = np.inf if delay is None else delay
        beyond = (self.tails > level).sum(axis=1) if delay is not None else self.lost
        return dispersion(beyond)


def dispersion(counts: Int[np.ndarray, " chunk"]) -> float:
    """Variance over mean of the counts: 1 for independent events, never less."""
    mean = float(counts.mean()) if len(counts) else 0.0
    if len(counts) < 2 or mean == 0.0:
        return 1.0
    return max(1.0, float(counts.var(ddof=1)) / mean)


class Counting:
    """Chunk after chunk, in whole numbers of 64 bit."""

    def __init__(self, budget: float, never: int):
        """budget: in ticks; never: from this delay on a packet is lost."""
        self.budget, self.never = budget, never
        self.counts = np.zeros(1, np.int64)
        self.lost: list[int] = []
        self.late: list[int] = []
        self.mean: list[float] = []
        self.tails: list[Float[np.ndarray, " place"]] = []
        self.packets = 0

    def add(self, delay: Num[np.ndarray, "*axes"]) -> None:
        """The delays of one chunk, in ticks."""
        flat = delay.ravel().astype(np.int64)
        arrived = flat[flat < self.never]
        counts = np.bincount(arrived, minlength=len(self.counts))
        counts[: len(self.counts)] += self.counts
        self.counts = counts
        self.packets += len(flat)
        self.lost.append(len(flat) - len(arrived))
        self.late.append(int((flat > self.budget).sum()))
        self.mean.append(float(arrived.mean()) if len(arrived) else math.nan)
        place = max(1, int(len(flat) * TAIL_SHARE))
        latest = np.partition(flat, len(flat) - place)[-place:].astype(np.float64)
        self.tails.append(np.where(latest < self.never, latest, np.inf))

    def tally(self) -> Tally:
        """What was counted so far."""
        return Tally(
            packets=self.packets,
            counts=self.counts,
            lost=np.asarray(self.lost, np.int64),
            late=np.asarray(self.late, np.int64),
            mean=np.asarray(self.mean),
            tails=np.stack(self.tails),
        )
