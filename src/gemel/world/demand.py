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
    day = jnp.floor(elapsed_s / DAY_S)
    hour = (elapsed_s - day * DAY_S) / HOUR_S
    before = jnp.clip(jnp.floor(hour).astype(jnp.int32), 0, 23)
    fraction = hour - before.astype(hour.dtype)
    weekend = jnp.mod(day, 7.0) >= 5.0

    def between(curve):
        table = jnp.asarray(curve, hour.dtype)
        return table[before] * (1.0 - fraction) + table[(before + 1) % 24] * fraction

    return jnp.where(weekend, between(WEEKEND), between(WEEKDAY))
