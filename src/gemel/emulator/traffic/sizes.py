"""How large is a unit, drawn from one uniform number, and how large is the mean one?

Means are closed forms of what is really drawn, bounds included: a demand in bit/s is
met by the rate of units, so a mean that is wrong by a percent is a load wrong by one.
"""

import math

import equinox as eqx
import jax.numpy as jnp
from jax.scipy.special import ndtri
from jaxtyping import Array, Float

from gemel.errors import ScenarioError


def _below(z: float) -> float:
    """The standard normal distribution."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _bounded(
    share: Float[Array, "*axes"], low_z: float, high_z: float
) -> Float[Array, "*axes"]:
    """Standard normal, drawn again until between two bounds."""
    low, high = _below(low_z), _below(high_z)
    inside = low + share * (high - low)
    # float32 cannot tell the last millionth from 1, whose normal is infinite.
    return jnp.clip(ndtri(jnp.clip(inside, 1e-7, 1.0 - 1e-7)), low_z, high_z)


class Normal(eqx.Module):
    """Truncated Gaussian: drawn again until between its bounds."""

    mean: float = eqx.field(static=True)
    std: float = eqx.field(static=True)
    low: float = eqx.field(static=True)
    high: float = eqx.field(static=True)

    def __check_init__(self):
        if not (self.std > 0 and self.low < self.mean < self.high):
            raise ScenarioError(
                f"a Gaussian of mean {self.mean} and deviation {self.std} between "
                f"{self.low} and {self.high} cannot be; put the mean between the bounds"
                " and the deviation above zero."
            )

    def draw(self, share: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        """One number for each uniform one."""
        z = _bounded(share, self._z(self.low), self._z(self.high))
        return self.mean + self.std * z

    def _z(self, value: float) -> float:
        return (value - self.mean) / self.std


class LogNormal(eqx.Module):
    """Lognormal, drawn again until between its bounds.

    mean, std:  before the bounds, as the sources give them
    """

    mean: float = eqx.field(static=True)
    std: float = eqx.field(static=True)
    low: float = eqx.field(static=True)
    high: float = eqx.field(static=True)

    def __check_init__(self):
        if not (0 < self.low < self.high and self.mean > 0 and self.std > 0):
            raise ScenarioError(
                f"a lognormal size of mean {self.mean} and deviation {self.std} between"
                f" {self.low} and {self.high} cannot be; give positive bytes in order."
            )

    @property
    def sigma(self) -> float:
        """Deviation of the logarithm."""
        return math.sqrt(math.log1p((self.std / self.mean) ** 2))

    @property
    def mu(self) -> float:
        """Mean of the logarithm."""
        return math.log(self.mean) - self.sigma**2 / 2.0

    @property
    def mean_inside(self) -> float:
        """The mean of what is drawn."""
        low, high, sigma = self._z(self.low), self._z(self.high), self.sigma
        kept = _below(high) - _below(low)
        return self.mean * (_below(high - sigma) - _below(low - sigma)) / kept

    def draw(self, share: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        """One number for each uniform one."""
        z = _bounded(share, self._z(self.low), self._z(self.high))
        return jnp.clip(jnp.exp(self.mu + self.sigma * z), self.low, self.high)

    def _z(self, value: float) -> float:
        return (math.log(value) - self.mu) / self.sigma


class Pareto(eqx.Module):
    """Pareto less its least value; what lies above the bound is at the bound."""

    shape: float = eqx.field(static=True)
    scale: float = eqx.field(static=True)
    high: float = eqx.field(static=True)

    def __check_init__(self):
        if not (self.shape > 0 and self.shape != 1.0 and 0 < self.scale < self.high):
            raise ScenarioError(
                f"a Pareto number of shape {self.shape} from {self.scale} to "
                f"{self.high} cannot be; give a shape above 0 other than 1 and a scale "
                "below the bound."
            )

    @property
    def mean(self) -> float:
        """The integral of the share above, from the least value to the bound."""
        less = 1.0 - self.shape
        return self.scale**self.shape * (self.high**less - self.scale**less) / less

    def draw(self, share: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        """One number for each uniform one."""
        value = self.scale * jnp.exp(-jnp.log1p(-share) / self.shape)
        return jnp.minimum(value, self.high) - self.scale
