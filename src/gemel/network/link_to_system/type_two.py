"""How well does a Type II report describe a channel?

TS 38.214, clause 5.2.2.2.3 and tables 5.2.2.2.3-1 to -5: out of N1 · N2 orthogonal DFT
beams, rotated by quarters of their distance, a user names the four that hold most power
in both polarisations together, and for each an amplitude in steps of 3 dB and a phase
of eight. Amplitudes of subbands, which refine this by a bit, are left out.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

OVERSAMPLING = 4  # O1 and O2
BEAMS = 4  # L
AMPLITUDE_STEP_DB, AMPLITUDES = 3.0, 8  # the last amplitude is zero
PHASES = 8


def _beams(count: int, quarter: Float[Array, ""]) -> Complex[Array, "beam port"]:
    """Orthogonal DFT beams of a row of ports, rotated by quarters."""
    number = jnp.arange(count, dtype=float)
    turns = jnp.outer(number + quarter / OVERSAMPLING, number) / count
    angle = 2.0 * jnp.pi * turns
    return jax.lax.complex(jnp.cos(angle), -jnp.sin(angle)) * count**-0.5


def _quantised(coefficient: Complex[Array, " entry"]) -> Complex[Array, " entry"]:
    """Relative to the strongest: amplitudes of 3 dB, 8-PSK."""
    strongest = coefficient[jnp.argmax(jnp.abs(coefficient))]
    relative = coefficient / strongest
    lost_db = -20.0 * jnp.log10(jnp.maximum(jnp.abs(relative), 1e-6))
    step = jnp.round(lost_db / AMPLITUDE_STEP_DB)
    amplitude = jnp.where(
        step < AMPLITUDES - 1, 10.0 ** (-AMPLITUDE_STEP_DB * step / 20.0), 0.0
    )
    eighth = 2.0 * jnp.pi / PHASES
    phase = eighth * jnp.round(jnp.angle(relative) / eighth)
    return jax.lax.complex(amplitude * jnp.cos(phase), amplitude * jnp.sin(phase))


def kept_share(channel: Complex[Array, "polarisation row column"]) -> Float[Array, ""]:
    """|<channel, report>|² over both their powers: 1 is a perfect report."""
    _, rows, columns = channel.shape

    def rotated(quarters: Float[Array, "2"]) -> Float[Array, ""]:
        up, across = _beams(rows, quarters[0]), _beams(columns, quarters[1])
        beams = jax.vmap(lambda one: up @ one @ across.T)(channel)
        flat = beams.reshape(beams.shape[0], -1)
        _, named = jax.lax.top_k((jnp.abs(flat) ** 2).sum(axis=0), BEAMS)
        coefficient = flat[:, named].reshape(-1)
        report = _quantised(coefficient)
        alike = jnp.abs(jnp.vdot(report, coefficient)) ** 2
        return alike / (jnp.abs(report) ** 2).sum()

    quarter = jnp.arange(OVERSAMPLING, dtype=float)
    grid = jnp.stack(jnp.meshgrid(quarter, quarter), axis=-1).reshape(-1, 2)
    return jax.vmap(rotated)(grid).max() / (jnp.abs(channel) ** 2).sum()
