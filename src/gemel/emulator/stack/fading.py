"""How does the strength of a link come and go between packets and attempts?

Rayleigh or Rician, flat, on independent branches whose powers add up (maximum-ratio
combining). In time, every branch is a sum of oscillators with random directions and
phases (Jakes' spectrum, Clarke's autocorrelation J0): so attempts a few milliseconds
apart fade alike, and those a second apart do not.
"""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

OSCILLATORS = 6  # of each quadrature; the outage of deep fades is right to a tenth
TURN = 2.0 * math.pi
GRID_DB = np.arange(-60.0, 20.0, 0.05)
MOST_TERMS = 400  # of the Poisson mixture: enough up to 64 branches with K = 5


class Waves(eqx.Module):
    """What every series of packets sees; quadrature is the real and imaginary part.

    speed: of each oscillator, radian a millisecond
    """

    speed: Float[Array, "branch quadrature oscillator series"]
    phase: Float[Array, "branch quadrature oscillator series"]
    sight_speed: Float[Array, "branch series"]
    sight_phase: Float[Array, "branch series"]
    k_factor: Float[Array, ""]

    def power(self, at_ms: Float[Array, " series"]) -> Float[Array, " series"]:
        """Mean of the branches' powers, one on average, for one packet of each."""
        branches, _, oscillators, _ = self.speed.shape
        scattered = jnp.sqrt(1.0 / (oscillators * (1.0 + self.k_factor)))
        sight = jnp.sqrt(self.k_factor / (1.0 + self.k_factor))
        total = jnp.zeros_like(at_ms)
        # Unrolled: one fused loop over packets, and nothing larger than they are.
        for branch in range(branches):
            angle = self.sight_speed[branch] * at_ms + self.sight_phase[branch]
            parts = sight * jnp.cos(angle), sight * jnp.sin(angle)
            for quadrature, direct in enumerate(parts):
                wave = jnp.zeros_like(at_ms)
                for one in range(oscillators):
                    speed = self.speed[branch, quadrature, one]
                    phase = self.phase[branch, quadrature, one]
                    wave = wave + jnp.cos(speed * at_ms + phase)
                total = total + (direct + scattered * wave) ** 2
        return total / branches


def waves(
    key: PRNGKeyArray,
    branches: int,
    series: int,
    doppler_hz: Float[Array, ""],
    k_factor: Float[Array, ""],
) -> Waves:
    """Directions and phases drawn anew for every series."""
    keys = jax.random.split(key, 4)
    shape = (branches, 2, OSCILLATORS, series)
    most = TURN * doppler_hz * 1e-3

    def angle(key: PRNGKeyArray, shape: tuple[int, ...]) -> Float[Array, "..."]:
        return jax.random.uniform(key, shape, maxval=TURN)

    return Waves(
        speed=most * jnp.cos(angle(keys[0], shape)),
        phase=angle(keys[1], shape),
        sight_speed=most * jnp.cos(angle(keys[2], (branches, series))),
        sight_phase=angle(keys[3], (branches, series)),
        k_factor=k_factor,
    )


def power_shares(branches: int, k_factor: float) -> Float[np.ndarray, " step"]:
    """The probability of each step of GRID_DB, of the mean of the branches' powers.

    The power is a noncentral chi-squared with two degrees of freedom a branch: a
    mixture of gamma distributions with Poisson weights (Johnson, Kotz, Balakrishnan,
    Continuous Univariate Distributions 2, equation 29.4).
    """
    power = 10.0 ** (GRID_DB / 10.0)
    scaled = power * branches * (1.0 + k_factor)
    mean = branches * k_factor
    density = np.zeros_like(power)
    for term in range(MOST_TERMS if k_factor > 0.0 else 1):
        weight = -mean + (
            term * math.log(mean) - math.lgamma(term + 1) if mean else 0.0
        )
        shape = branches + term
        # Over decibels, hence one power more than the density over the ratio.
        density += np.exp(weight + shape * np.log(scaled) - scaled - math.lgamma(shape))
    return density / density.sum()
