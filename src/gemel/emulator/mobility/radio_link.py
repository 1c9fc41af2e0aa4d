"""Is the serving cell still heard, and when is the link given up?

TS 38.331 clause 5.3.10: N310 indications out of sync in a row start T310, N311 in sync
in a row stop it, and its end is radio-link failure. An indication comes every 10 ms;
between Qout and Qin there is none. Within a tick the SINR stays as it is, so all times
are known to the millisecond.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.state import LONG_MS, NOBODY

INDICATION_MS = 10  # TS 38.133 clause 8.1.2: the shortest indication interval


class RadioLink(eqx.Module):
    """Where monitoring stands.

    out_ms, in_ms:  out of sync and in sync, without a break
    t310_ms:        left of T310; -1 while it does not run
    """

    out_ms: Int[Array, " user"]
    in_ms: Int[Array, " user"]
    t310_ms: Int[Array, " user"]


def monitored(
    rules: MobilityRules,
    link: RadioLink,
    sinr_db: Float[Array, " user"],
    watched: Bool[Array, " user"],
    tick_ms: int,
) -> tuple[RadioLink, Int[Array, " user"]]:
    """The link after a tick, and when in it the link failed (LONG_MS: it did not)."""
    late_ms, back_ms = rules.n310 * INDICATION_MS, rules.n311 * INDICATION_MS
    out = watched & (sinr_db < rules.q_out_db)
    synced = watched & (sinr_db >= rules.q_in_db)
    running = watched & (link.t310_ms >= 0)

    out_ms = jnp.where(out, jnp.minimum(link.out_ms + tick_ms, late_ms), link.out_ms)
    out_ms = jnp.where(synced | ~watched, 0, out_ms)
    starts = out & ~running & (out_ms >= late_ms)
    ends_ms = jnp.where(running, link.t310_ms, late_ms - link.out_ms + rules.t310_ms)

    in_ms = jnp.where(synced, link.in_ms + tick_ms, link.in_ms)
    in_ms = jnp.where(running & ~out, in_ms, 0)
    stops = running & synced & (in_ms >= back_ms)
    stops &= back_ms - link.in_ms <= ends_ms

    runs = (running | starts) & ~stops
    fails = runs & (ends_ms < tick_ms)
    t310_ms = jnp.where(runs & ~fails, ends_ms - tick_ms, NOBODY)
    after = RadioLink(
        out_ms=jnp.where(stops | fails, 0, out_ms),
        in_ms=jnp.where(runs & ~fails, in_ms, 0),
        t310_ms=t310_ms,
    )
    return after, jnp.where(fails, ends_ms, LONG_MS)
