"""How many bits can one modulated symbol carry through noise, and how evenly?

Bit-interleaved coded modulation, as NR uses it: square QAM with Gray labels (TS 38.211,
clause 5.1), a demapper that looks at every bit alone. The first moment of its
information density is the BICM capacity (Caire, Taricco, Biglieri, IEEE Trans. Inf.
Theory 44, 1998), the second central one its dispersion. Both are worked
out by Gauss-Hermite quadrature over the noise and tabulated, not fitted.
"""

import functools

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.units import db_from_ratio

ORDERS = (2, 4, 6, 8)  # Q_m of QPSK, 16QAM, 64QAM, 256QAM
LOWEST_DB, HIGHEST_DB, STEP_DB = -30.0, 45.0, 0.25
NODES = 64  # of the quadrature: more move nothing above 1e-6 bit
LEAST_RATIO = 1e-3  # -30 dB; below, the table's first entry is used
NEVER = 1e-300  # keeps a logarithm finite where a probability underflows


class InformationTable(eqx.Module):
    """Per modulation (rows in the order of ORDERS), evenly spaced in decibels.

    bits:      mean of the information density of a symbol, bit
    variance:  of the same, bit²
    """

    sinr_db: Float[Array, " point"]
    bits: Float[Array, "order point"]
    variance: Float[Array, "order point"]

    def look_up(
        self, sinr: Float[Array, ""], bits_per_symbol: Float[Array, ""]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Mean and variance of the bits in one symbol.

        sinr:             a ratio
        bits_per_symbol:  Q_m, one of ORDERS
        """
        sinr_db = db_from_ratio(jnp.maximum(sinr, LEAST_RATIO))
        row = (bits_per_symbol * 0.5).astype(jnp.int32) - 1
        place = jnp.clip(
            (sinr_db - LOWEST_DB) / STEP_DB, 0.0, self.sinr_db.shape[0] - 1.001
        )
        floor = jnp.floor(place)
        left, beyond = floor.astype(jnp.int32), place - floor

        def between(table: Float[Array, "order point"]) -> Float[Array, ""]:
            return table[row, left] * (1.0 - beyond) + table[row, left + 1] * beyond

        return between(self.bits), between(self.variance)


def _gray_amplitudes(order: int) -> tuple[np.ndarray, np.ndarray]:
    """The amplitudes of one real dimension, mean square one, and their labels."""
    levels = 2 ** (order // 2)
    index = np.arange(levels)
    gray = index ^ (index >> 1)
    labels = (gray[:, None] >> np.arange(order // 2)) & 1
    amplitude = 2.0 * index - (levels - 1)
    return amplitude / np.sqrt((amplitude**2).mean()), labels


def _moments(order: int, sinr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the information density of a symbol, per SINR."""
    amplitude, labels = _gray_amplitudes(order)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    noise = np.sqrt(1.0 / sinr)[:, None, None]  # relative to the amplitudes
    seen = amplitude[:, None] + noise * nodes  # SINR, sent, node
    distance = (seen[..., None] - amplitude) / noise[..., None]
    nearest = (distance**2).min(-1, keepdims=True)
    likely = np.exp(-0.5 * (distance**2 - nearest))  # SINR, sent, node, candidate
    in_all = likely.sum(-1)
    density = np.zeros_like(in_all)
    for label in labels.T:
        alike = label[:, None] == label
        with_label = (likely * alike[None, :, None, :]).sum(-1)
        density += 1.0 + np.log2(np.maximum(with_label, NEVER) / in_all)
    share = weights / weights.sum() / len(amplitude)
    mean = (density * share).sum((1, 2))
    variance = ((density - mean[:, None, None]) ** 2 * share).sum((1, 2))
    return 2.0 * mean, 2.0 * variance  # a symbol is two real dimensions


@functools.cache
def _tabulated() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = round((HIGHEST_DB - LOWEST_DB) / STEP_DB) + 1
    sinr_db = np.linspace(LOWEST_DB, HIGHEST_DB, count)
    moments = [_moments(order, 10.0 ** (sinr_db / 10.0)) for order in ORDERS]
    bits, variance = map(np.stack, zip(*moments, strict=True))
    return sinr_db, bits, variance


def information_table() -> InformationTable:
    """Worked out once a process: a few tenths of a second."""
    return InformationTable(*(jnp.asarray(part, float) for part in _tabulated()))
