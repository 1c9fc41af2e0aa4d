"""QoS-aware: proportional fair, but whose packets are about to be late goes first.

The exponential rule of Shakkottai and Stolyar (Proc. ITC-17, 2001): urgency grows with
exp((a W - mean) / (1 + sqrt(mean))), where W is the age of the oldest packet, a is
-ln(d) / budget, d the share that may be late, and the mean of a W is over all of a cell
who wait. Where all are equally late only the channel counts. Priority levels weigh as
their inverse, and a flow that has not got its guaranteed rate goes before all that
have.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.network.scheduling.base import LEAST_BYTE, AbstractScheduler, SeatFacts

LATE_SHARE = 0.01  # of packets; TS 23.501 clause 5.7.3.4: 98 % arrive within the budget
BEFORE_ALL = 1e6  # more than channels, levels and urgencies differ by
MOST_URGENT = 8.0  # of the exponent: three thousand times as urgent as the mean


class QosAware(AbstractScheduler):
    """late_share: of packets that may miss their budget."""

    late_share: Float[Array, ""] = eqx.field(
        default=LATE_SHARE, converter=lambda share: jnp.asarray(share, float)
    )

    def priority(
        self, achievable_byte: Float[Array, "seat group cell"], facts: SeatFacts
    ) -> Float[Array, "seat group cell"]:
        waits = facts.waiting_ms > 0.0
        late = -jnp.log(self.late_share) * facts.waiting_ms / facts.budget_ms
        mean = late.sum(0) / jnp.maximum(waits.astype(late.dtype).sum(0), 1.0)
        exponent = (late - mean[None]) / (1.0 + jnp.sqrt(mean))[None]
        urgent = jnp.exp(jnp.clip(exponent, -MOST_URGENT, MOST_URGENT))
        owed = jnp.where(facts.credit_byte > 0.0, BEFORE_ALL, 1.0)
        worth = urgent * owed / jnp.maximum(facts.memory_byte, LEAST_BYTE) / facts.level
        return achievable_byte * worth[:, None]
