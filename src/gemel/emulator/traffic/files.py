"""Files that come as they please: FTP models, at a rate that meets the demand.

FTP model 3 of 3GPP (TR 36.872 annex A): files of 0.5 MB, each user a Poisson process.
NGMN's files are lognormal, 180 s apart. Up go a request and the acknowledgements of
TCP, all at once with the file: nobody here knows when it was delivered.
"""

import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from gemel.emulator.traffic.base import (
    BIT_PER_BYTE,
    EVENTS,
    US_PER_MS,
    AbstractTraffic,
    Arrivals,
    packed,
)
from gemel.emulator.traffic.luck import seed_of, shares, waits, whole
from gemel.emulator.traffic.sizes import LogNormal

FTP3_BYTE = 500_000.0
NGMN_MU, NGMN_SIGMA, NGMN_MOST_BYTE = 14.45, 0.35, 5e6  # of the file, NGMN white paper
NGMN_READING_S = 180.0
FTP3_GAP_S = 8.0  # of one user at his own rate: 0.5 Mbit/s; TR 36.872 leaves it open
REQUEST_BYTE = 328  # as a web request
SEGMENT_BYTE, ACK_BYTE = 1_460, 40  # one acknowledgement every second segment
WAITS, SIZES, ROUNDING, REST = 8, 9, 10, 11


class Files(AbstractTraffic):
    """A Poisson process of files.

    size:   bytes, always the same or drawn
    gap_s:  mean time between the files of a user at his own rate
    """

    size: float | LogNormal = eqx.field(static=True, default=FTP3_BYTE)
    gap_s: float = eqx.field(static=True, default=FTP3_GAP_S)
    five_qi: int = eqx.field(static=True, default=9)
    sst: int = eqx.field(static=True, default=1)
    greedy: bool = eqx.field(static=True, default=False)

    def begin(self, users: int, key: PRNGKeyArray) -> None:
        return None  # a Poisson process forgets

    def arrivals(
        self,
        state: None,
        wanted_bps: Float[Array, " user"],
        key: PRNGKeyArray,
        began_ms: Int[Array, ""],
        tick_ms: int,
    ) -> tuple[None, Arrivals, Arrivals]:
        users, tick_us = wanted_bps.shape[0], float(tick_ms * US_PER_MS)
        seed = seed_of(key)
        per_us = wanted_bps.astype(jnp.float32) / (self._mean_bit * 1e6)
        gap = waits(shares(seed, WAITS, users, EVENTS))
        # Where nobody wants anything the first file is infinitely far.
        at_us = jnp.cumsum(gap, axis=0) / jnp.maximum(per_us, 1e-30)[None, :]
        there = at_us < tick_us
        size = self._draw(shares(seed, SIZES, users, EVENTS))
        # Whoever asks for more files than fit gets, with the last, the mean of the
        # rest.
        rest_us = jnp.where(there[-1], tick_us - at_us[-1], 0.0)
        rest = whole(rest_us * per_us, shares(seed, REST, users)[0])
        size = size.at[-1].add(rest.astype(jnp.float32) * self._mean_byte)
        down = whole(size, shares(seed, ROUNDING, users, EVENTS))
        up = REQUEST_BYTE + down // (2 * SEGMENT_BYTE) * ACK_BYTE
        at = jnp.minimum(at_us, tick_us).astype(jnp.int32)
        # A float32 just below the end may round up to it.
        at = jnp.minimum(at, tick_ms * US_PER_MS - 1)
        downlink = packed(at, down, there, tick_ms)
        downlink = eqx.tree_at(lambda a: a.merged, downlink, downlink.merged + rest)
        return None, downlink, packed(at, up, there, tick_ms)

    @property
    def nominal_bps(self) -> float:
        return self._mean_bit / self.gap_s

    @property
    def guaranteed_bps(self) -> tuple[float, float]:
        return 0.0, 0.0

    @property
    def _mean_byte(self) -> float:
        return self.size.mean_inside if isinstance(self.size, LogNormal) else self.size

    @property
    def _mean_bit(self) -> float:
        return self._mean_byte * BIT_PER_BYTE

    def _draw(self, share: Float[Array, "event user"]) -> Float[Array, "event user"]:
        if isinstance(self.size, LogNormal):
            return self.size.draw(share)
        return jnp.full_like(share, self.size)


def ngmn_files() -> Files:
    """Files as NGMN describes them: about 2 MB, three minutes apart."""
    mean = math.exp(NGMN_MU + NGMN_SIGMA**2 / 2.0)
    std = mean * math.sqrt(math.expm1(NGMN_SIGMA**2))
    size = LogNormal(mean, std, 1.0, NGMN_MOST_BYTE)
    return Files(size=size, gap_s=NGMN_READING_S)
