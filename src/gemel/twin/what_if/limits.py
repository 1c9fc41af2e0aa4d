"""Between which limits does a change lie, if the network is one more member?

A belief of eight members says little of its own spread, so limits are those that
Student's t gives for one more draw from where the members came from, with nothing
fitted to any outcome.
"""

import numpy as np
from jaxtyping import Float

NORMAL = 1.6448536  # the normal distribution's point with 5 % beyond


def limits(
    members: Float[np.ndarray, "member *axes"],
    grain: float = 0.0,
    normal: float = NORMAL,
) -> tuple[Float[np.ndarray, "*axes"], Float[np.ndarray, "*axes"]]:
    """The least and the largest that one more draw would be, of nine in ten.

    grain:   standard deviation of what nobody could tell apart
    normal:  the normal distribution's point beyond which lies half of the rest
    """
    count = members.shape[0]
    spread = np.sqrt(members.var(0, ddof=1) * (1.0 + 1.0 / count) + grain**2)
    reach = student(count - 1, normal) * spread
    mean = members.mean(0)
    return np.asarray(mean - reach), np.asarray(mean + reach)


def student(freedom: int, normal: float = NORMAL) -> float:
    """The point of Student's t with as much beyond it as beyond `normal`; Abramowitz
    and Stegun, 26.7.5."""
    x = normal
    terms = (
        (x**3 + x) / 4.0,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96.0,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384.0,
    )
    return x + sum(term / freedom ** (n + 1) for n, term in enumerate(terms))
