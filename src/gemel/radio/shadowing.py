"""How does the shadow of a place stay the same for everybody who comes back to it?

One periodic texture of correlated normal numbers is drawn once. Every site and every
purpose (stream) looks at its own place of it, so a map of shadows for millions of links
costs one look each and no memory. The correlation exp(-d / d_corr) is that of 3GPP
TR 38.901, clause 7.4.4, equation 7.4-5.
"""

import functools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from gemel.errors import ScenarioError
from gemel.radio.mixing import mixed_of

SAMPLES_PER_CORRELATION = 8.0  # a step of the texture is an eighth of d_corr
SMALLEST = 256  # below, the texture repeats within 32 correlation distances
LARGEST = 65_536  # sixteen bits of the hash choose a column, sixteen a row
EVERYBODY = -1  # the site that nobody is: what the shadows of all sites may share
SURELY_INSIDE = 2.0**-24  # keeps a uniform number in float32 off zero and one


class CorrelatedField(eqx.Module):
    """Standard normal numbers all over the plane, alike where places are near.

    The texture repeats after n/8 correlation distances (128 for n = 1024). Two sites
    look at nearly the same place of it with a probability of about (50 / n)², one in
    four hundred for n = 1024; all others are independent.
    """

    texture: Float[Array, "n n"]

    def value(
        self,
        east_m: Float[Array, ""],
        north_m: Float[Array, ""],
        site: Int[Array, ""],
        correlation_m: Float[Array, ""],
        stream: Int[Array, ""] | int,
        between_sites: Float[Array, ""] | float = 0.0,
    ) -> Float[Array, ""]:
        """The standard normal number of a place, as seen from a site.

        site:           whom the shadow belongs to; cells that share a mast share it
        stream:         what it is for, e.g. 0 line of sight, 1 its shadow, 2 the hidden
                        one's
        between_sites:  0..1, how much the shadows of two sites at one place correlate
                        when stream and correlation_m are the same; a plain 0.0 costs
                        nothing, all else one more look
        """
        own = self._look(east_m, north_m, site, correlation_m, stream)
        if isinstance(between_sites, float) and between_sites == 0.0:
            return own
        everybody = jnp.asarray(EVERYBODY, jnp.int32)
        shared = self._look(east_m, north_m, everybody, correlation_m, stream)
        share = jnp.asarray(between_sites, own.dtype)
        return jnp.sqrt(share) * shared + jnp.sqrt(1.0 - share) * own

    def _look(
        self,
        east_m: Float[Array, ""],
        north_m: Float[Array, ""],
        site: Int[Array, ""],
        correlation_m: Float[Array, ""],
        stream: Int[Array, ""] | int,
    ) -> Float[Array, ""]:
        size = self.texture.shape[0]
        samples_per_m = SAMPLES_PER_CORRELATION / correlation_m
        place = _scatter(site, stream)
        # The nearest sample, not a mix of neighbours: a mix would shrink sigma.
        column = _nearest(east_m * samples_per_m) + (place & np.uint32(0xFFFF))
        row = _nearest(north_m * samples_per_m) + (place >> np.uint32(16))
        column, row = column & np.uint32(size - 1), row & np.uint32(size - 1)
        index = (row * np.uint32(size) + column).astype(jnp.int32)
        flat = self.texture.reshape(-1)
        return flat.at[index].get(mode="promise_in_bounds")

    def uniform(
        self,
        east_m: Float[Array, ""],
        north_m: Float[Array, ""],
        site: Int[Array, ""],
        correlation_m: Float[Array, ""],
        stream: Int[Array, ""] | int,
    ) -> Float[Array, ""]:
        """The same, spread evenly over 0..1, both ends excluded: Phi(value)."""
        normal = self.value(east_m, north_m, site, correlation_m, stream)
        even = 0.5 + 0.5 * jax.lax.erf(normal * math.sqrt(0.5))
        return jnp.clip(even, SURELY_INSIDE, 1.0 - SURELY_INSIDE)


def correlated_field(key: PRNGKeyArray | int, n: int = 1_024) -> CorrelatedField:
    """A field with a texture of n by n samples, n a power of two.

    key:  a jax key, or the number to make one of

    Raises ScenarioError if n is no power of two between 256 and 65,536.
    """
    if not SMALLEST <= n <= LARGEST or n & (n - 1):
        raise ScenarioError(
            f"the texture of a correlated field cannot have {n} samples a side; "
            f"give a power of two from {SMALLEST} to {LARGEST}, e.g. 1024."
        )
    if isinstance(key, int):
        key = jax.random.key(key)
    return CorrelatedField(_texture(key, n))


def _texture(key: PRNGKeyArray, n: int) -> Float[Array, "n n"]:
    """White noise, coloured in the frequency domain, where correlations multiply.

    In NumPy's float64, rounded at the end: XLA's float32 transforms do not give the
    same last digit twice, and one seed must draw one texture.
    """
    white = np.asarray(jax.random.normal(key, (n, n)), np.float64)
    texture = np.fft.irfft2(np.fft.rfft2(white) * _colour(n), (n, n))
    # One texture holds few thousand independent places: make its sigma exact.
    texture = (texture - texture.mean()) / texture.std()
    return jnp.asarray(texture, jnp.zeros(()).dtype)


@functools.lru_cache(maxsize=2)
def _colour(n: int) -> np.ndarray:
    """What the frequencies of white noise are multiplied by; the same for all seeds."""
    step = np.arange(n)
    steps = np.minimum(step, n - step)
    apart = np.hypot(steps[:, None], steps[None, :])
    spectrum = np.fft.rfft2(np.exp(-apart / SAMPLES_PER_CORRELATION)).real
    # Rounding may leave the faintest frequencies a hair below zero.
    return np.sqrt(np.maximum(spectrum, 0.0))


def _nearest(steps: Float[Array, ""]) -> UInt32[Array, ""]:
    """The nearest whole number; negative ones wrap, which is what a torus wants."""
    return jnp.round(steps).astype(jnp.int32).astype(jnp.uint32)


def _scatter(site: Int[Array, ""], stream: Int[Array, ""] | int) -> UInt32[Array, ""]:
    return mixed_of(jnp.asarray(site), jnp.asarray(stream))
