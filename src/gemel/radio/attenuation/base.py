"""How much does something in the way take from a signal, and may we believe it?

No library answers this here: those there are (itur, crc-covlib) count in NumPy, one
link or one array at a time, without gradients and without a word on validity.
"""

import abc
from typing import ClassVar, Literal

import equinox as eqx
from jaxtyping import Array, Bool, Float


class AbstractAttenuation(eqx.Module):
    """What lies in the way of one link; the fields say what must be known about it.

    source:  the Recommendation that is computed
    unit:    of `attenuation`: "db" of the whole way, or "db_per_km" of it
    """

    source: ClassVar[str]
    unit: ClassVar[Literal["db", "db_per_km"]]

    @abc.abstractmethod
    def attenuation(self) -> Float[Array, ""]:
        """How much is lost, in `unit`; finite even where it is not `valid`."""

    @abc.abstractmethod
    def valid(self) -> Bool[Array, ""]:
        """Whether the source stands behind `attenuation` with these fields."""


def inside(value: Float[Array, ""], limits: tuple[float, float]) -> Bool[Array, ""]:
    """Whether a number is within its limits, both of them included."""
    low, high = limits
    return (low <= value) & (value <= high)
