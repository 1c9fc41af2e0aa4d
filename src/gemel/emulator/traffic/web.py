"""Pages: a main object, some thought, the objects it names, and time to read them.

The web traffic of 3GPP2 C.R1002-0, clause 3, which 3GPP's own simulators use. Objects
named by a page are asked for together and arrive one after the other, `OBJECT_GAP_US`
apart (assumption). Each is asked for by a request that goes up when it comes down.

A person who wants more than the source's 14 kbit/s reads faster, down to half of the
time; who wants more than that has larger objects (up to about 1 Gbit/s, where the
largest outgrow 32 bits). Late events keep their schedule: what
a tick delays by a few milliseconds does not slow the next page, so the rate is exact.
"""

import csv
import functools
import importlib.resources

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from gemel.emulator.traffic.base import (
    BIT_PER_BYTE,
    US_PER_MS,
    AbstractTraffic,
    Arrivals,
    packed,
    rows_of,
)
from gemel.emulator.traffic.luck import seed_of, shares, waits, whole
from gemel.emulator.traffic.sizes import LogNormal, Pareto

SOURCE = "web.csv"
LOGNORMAL = ("mean", "std", "low", "high")
OBJECT_GAP_US = 10_000
NEVER_US = 1e9  # longer than any tick and any delay, and still an int32
READING = -1  # objects left while no page is loaded
READ, PARSE, OBJECTS, OBJECTS_ROUNDING, SIZE, ROUNDING = 8, 9, 10, 11, 12, 13


class WebState(eqx.Module):
    """Between two ticks.

    left:     objects of the page still to come, or READING
    next_us:  when the next is due, or reading began (not after the tick did)
    """

    left: Int[Array, " user"]
    next_us: Int[Array, " user"]


class Web(AbstractTraffic):
    """People who read pages.

    main, embedded:  bytes of the page's own object and of those that it names
    objects:         how many it names
    """

    main: LogNormal
    embedded: LogNormal
    objects: Pareto
    request_byte: int = eqx.field(static=True)
    reading_s: float = eqx.field(static=True)
    parsing_s: float = eqx.field(static=True)
    five_qi: int = eqx.field(static=True, default=8)
    sst: int = eqx.field(static=True, default=1)
    greedy: bool = eqx.field(static=True, default=False)

    def begin(self, users: int, key: PRNGKeyArray) -> WebState:
        # Everybody reads; how long he has been at it does not matter.
        return WebState(
            jnp.full(users, READING, jnp.int32), jnp.zeros(users, jnp.int32)
        )

    def arrivals(
        self,
        state: WebState,
        wanted_bps: Float[Array, " user"],
        key: PRNGKeyArray,
        began_ms: Int[Array, ""],
        tick_ms: int,
    ) -> tuple[WebState, Arrivals, Arrivals]:
        users, seed, tick_us = wanted_bps.shape[0], seed_of(key), tick_ms * US_PER_MS
        reading_us, larger = self._pace(wanted_bps.astype(jnp.float32), tick_ms)
        loading = state.left >= 0
        on_page = loading[None, :]
        # A page opens when enough was read: exponential, so that nothing is kept of it.
        read_us = waits(shares(seed, READ, users)[0]) * reading_us
        opens_us = state.next_us + jnp.minimum(read_us, NEVER_US).astype(jnp.int32)
        opens = ~loading & (opens_us < tick_us)
        # One row a named object; the page itself takes the first.
        rows = rows_of(tick_ms, OBJECT_GAP_US)
        row = jnp.arange(rows, dtype=jnp.int32)[:, None]
        due_us = state.next_us[None, :] + row * OBJECT_GAP_US
        comes = on_page & (row < state.left[None, :]) & (due_us < tick_us)
        due_us = jnp.where(on_page, due_us, opens_us[None, :])
        there = jnp.where(on_page, comes, opens[None, :] & (row == 0))
        size = self._size_byte(shares(seed, SIZE, users, rows), loading)
        size = whole(size * larger[None, :], shares(seed, ROUNDING, users, rows))
        at_us = jnp.maximum(due_us, 0)
        down = packed(at_us, size, there, tick_ms)
        up = packed(at_us, jnp.full_like(size, self.request_byte), there, tick_ms)
        # What is left afterwards.
        came = comes.sum(0, dtype=jnp.int32)
        left = state.left - came
        next_us = state.next_us + came * OBJECT_GAP_US
        finished = loading & (left <= 0) & (next_us < tick_us)
        named = whole(
            self.objects.draw(shares(seed, OBJECTS, users)[0]),
            shares(seed, OBJECTS_ROUNDING, users)[0],
        )
        parse_us = waits(shares(seed, PARSE, users)[0]) * (self.parsing_s * 1e6)
        after = WebState(
            jnp.where(opens, named, jnp.where(finished | ~loading, READING, left)),
            jnp.where(
                loading,
                next_us,
                jnp.where(opens, opens_us + parse_us.astype(jnp.int32), tick_us),
            )
            - tick_us,
        )
        return after, down, up

    @property
    def nominal_bps(self) -> float:
        return self._page_bit / (self.reading_s + self._loading_s)

    @property
    def guaranteed_bps(self) -> tuple[float, float]:
        return 0.0, 0.0

    @property
    def _page_bit(self) -> float:
        named = self.objects.mean * self.embedded.mean_inside
        return (self.main.mean_inside + named) * BIT_PER_BYTE

    @property
    def _loading_s(self) -> float:
        return self.parsing_s + self.objects.mean * OBJECT_GAP_US / 1e6

    def _pace(
        self, wanted_bps: Float[Array, " user"], tick_ms: int
    ) -> tuple[Float[Array, " user"], Float[Array, " user"]]:
        """Mean time to read a page, and how much larger than usual its objects are."""
        # A page takes two ticks at least, and must not fall behind its schedule.
        fastest_s = max(2.0 * self._loading_s, 4.0 * tick_ms / US_PER_MS)
        page_s = self._page_bit / jnp.maximum(wanted_bps, 1e-3)
        reading_us = (jnp.maximum(page_s, fastest_s) - self._loading_s) * 1e6
        return reading_us, jnp.maximum(fastest_s / page_s, 1.0)

    def _size_byte(self, share: Float[Array, "row user"], loading: Array) -> Array:
        return jnp.where(
            loading[None, :], self.embedded.draw(share), self.main.draw(share)
        )


@functools.cache
def _published() -> dict[str, float]:
    source = importlib.resources.files("gemel.emulator.traffic") / SOURCE
    with source.open(encoding="utf-8") as lines:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(lines)}


def web() -> Web:
    """With the published numbers."""
    of = _published()

    def size(name: str) -> LogNormal:
        return LogNormal(*(of[f"{name}.{part}"] for part in LOGNORMAL))

    return Web(
        main=size("main"),
        embedded=size("embedded"),
        objects=Pareto(of["objects.shape"], of["objects.scale"], of["objects.high"]),
        request_byte=round(of["request"]),
        reading_s=of["reading"],
        parsing_s=of["parsing"],
    )
