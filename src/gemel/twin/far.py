"""How well is the next hour known, and the next day?

As well as forecasts so far ahead turned out: each is kept until its time has come, and
how far it was off scales the interval of those that are made now, as in `levels`. Until
the first has come due, doubt grows with time as that of a silent cell does.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.twin.levels import (
    AGEING,
    EDGE,
    EDGE_RATE,
    NAMES,
    OUTSIDE,
    POOLED,
    SCALE_RATE,
    Expected,
    Levels,
    expected,
)

MOST_KEPT = 96  # of forecasts that wait for their time; a day's quarters of an hour


class Far(eqx.Module):
    """Forecasts `ahead` periods ahead.

    every:      how many periods lie between two forecasts that are kept
    waiting:    what was said, one row each
    said:       which rows say anything
    number:     periods so far
    scale, count: usual absolute error, and of how many
    low_edge, high_edge: ends of the interval, in usual errors
    """

    ahead: int = eqx.field(static=True)
    every: int = eqx.field(static=True)
    waiting: Float[Array, "time name cell"]
    said: Bool[Array, "time name cell"]
    number: Int[Array, ""]
    scale: Float[Array, "name cell"]
    count: Float[Array, "name cell"]
    low_edge: Float[Array, " name"]
    high_edge: Float[Array, " name"]


def nothing_said(ahead: int, cells: int) -> Far:
    """Before the first report; `ahead` in periods, rounded down to whole rows."""
    every = -(-ahead // MOST_KEPT)
    rows, names = max(1, ahead // every), len(NAMES)
    zeros = jnp.zeros((names, cells))
    return Far(
        ahead=rows * every,
        every=every,
        waiting=jnp.zeros((rows, names, cells)),
        said=jnp.zeros((rows, names, cells), bool),
        number=jnp.int32(0),
        scale=zeros,
        count=zeros,
        low_edge=jnp.full(names, -EDGE),
        high_edge=jnp.full(names, EDGE),
    )


def far_expected(far: Far, levels: Levels, season: Float[Array, " cell"]) -> Expected:
    """The report `ahead` periods after the last.

    season: step of the logarithm of demand from then to that time
    """
    near = expected(levels, season, ahead=float(far.ahead - 1))
    width = _widths(far)
    # Silence adds what it adds to the nearest forecast.
    width = width * jnp.sqrt(1.0 + AGEING * levels.age)
    known = (far.count.sum(1) > 0.0)[:, None]
    low = near.middle + far.low_edge[:, None] * width
    high = near.middle + far.high_edge[:, None] * width
    return Expected(
        near.middle, jnp.where(known, low, near.low), jnp.where(known, high, near.high)
    )


def _widths(far: Far) -> Float[Array, "name cell"]:
    some = far.count.sum(1)
    pooled = (far.scale * far.count).sum(1) / jnp.maximum(some, 1.0)
    own = far.count / (far.count + POOLED)
    return own * far.scale + (1.0 - own) * pooled[:, None]


def come_due(
    far: Far,
    levels: Levels,
    value: Float[Array, "name cell"],
    there: Bool[Array, "name cell"],
    season: Float[Array, " cell"],
) -> Far:
    """After a report, which `levels` know of already: one forecast is judged, and
    one is made in its place."""
    rows = far.waiting.shape[0]
    row = (far.number // far.every) % rows
    mine = far.number % far.every == 0
    judged = there & far.said[row] & mine
    off = jnp.where(judged, value - far.waiting[row], 0.0)
    counts = jnp.where(judged, 1.0, 0.0)
    count = far.count + counts
    rate = jnp.maximum(SCALE_RATE, 1.0 / jnp.maximum(count, 1.0))
    scale = jnp.where(judged, far.scale + rate * (jnp.abs(off) - far.scale), far.scale)
    width = _widths(far)
    share = counts / jnp.maximum(counts.sum(1), 1.0)[:, None]
    low, high = far.low_edge[:, None] * width, far.high_edge[:, None] * width
    below = jnp.where(off < low, share, 0.0).sum(1) - OUTSIDE
    above = jnp.where(off > high, share, 0.0).sum(1) - OUTSIDE
    # The first judged have no width to be outside of.
    step = jnp.where(judged.any(1) & (far.count.sum(1) > 0.0), EDGE_RATE, 0.0)
    say = far_expected(far, levels, season).middle
    known = (levels.count > 0.0) & mine
    return eqx.tree_at(
        lambda f: (
            f.waiting,
            f.said,
            f.number,
            f.scale,
            f.count,
            f.low_edge,
            f.high_edge,
        ),
        far,
        (
            far.waiting.at[row].set(jnp.where(mine, say, far.waiting[row])),
            far.said.at[row].set(jnp.where(mine, known, far.said[row])),
            far.number + 1,
            scale,
            count,
            jnp.minimum(far.low_edge - step * below, -0.2),
            jnp.maximum(far.high_edge + step * above, 0.2),
        ),
    )


def far_shifted(far: Far, by: Float[Array, "name cell"]) -> Far:
    """As if all that was said had been said under the controls of now."""
    return eqx.tree_at(lambda f: f.waiting, far, far.waiting + by[None])
