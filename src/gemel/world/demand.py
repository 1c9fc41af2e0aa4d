"""How much of the busy hour's traffic is wanted at this time of day and week?

An own curve, shaped like measured ones: on a weekday lowest at 06 h (0.18 of the
highest) and highest at 19 h; at weekends the morning starts later, the day is flatter
and the evening lower.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

DAY_S = 86_400.0
HOUR_S = 3_600.0
# One value at every full hour; straight lines between.
WEEKDAY = (
    0.46, 0.34, 0.26, 0.215, 0.19, 0.182, 0.18, 0.27, 0.43, 0.56, 0.63, 0.68,
    0.74, 0.74, 0.70, 0.70, 0.74, 0.84, 0.95, 1.00, 0.97, 0.90, 0.78, 0.62,
)  # fmt: skip
WEEKEND = (
    0.55, 0.44, 0.34, 0.27, 0.23, 0.205, 0.20, 0.22, 0.29, 0.38, 0.48, 0.57,
    0.64, 0.67, 0.67, 0.68, 0.71, 0.77, 0.84, 0.90, 0.92, 0.88, 0.79, 0.67,
)  # fmt: skip


def activity(elapsed_s: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """Share of the busy hour's demand, `elapsed_s` after Monday 00:00 local time."""
    hour = elapsed_s / HOUR_S
    before = jnp.floor(hour)
    fraction = hour - before
    # The hour that ends Friday leads into Saturday's first value, not Friday's own.
    week = jnp.asarray(5 * WEEKDAY + 2 * WEEKEND, hour.dtype)
    at = before.astype(jnp.int32) % len(week)
    return week[at] * (1.0 - fraction) + week[(at + 1) % len(week)] * fraction
