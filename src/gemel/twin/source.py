"""What does a network tell, whether it is real, recorded or stood in for?"""

import abc

import equinox as eqx
from jaxtyping import Array, Bool, Float

from gemel.network.controls import Controls


class Measured(eqx.Module):
    """Values that may be missing, and how old they are."""

    value: Float[Array, "*axes"]
    present: Bool[Array, "*axes"]
    age_s: Float[Array, "*axes"]


class Observation(eqx.Module):
    """One granularity period as it was reported.

    elapsed_s:  when the period began, seconds since Monday 00:00 local time
    measured:   by TS 28.552 name, one value a cell
    controls:   what the knobs were during the period, read back and not believed
    rsrp_count: how many phones told how loudly they hear the cell that serves them,
                by the bins of `network.rsrp_bins`; None where none were asked
    """

    elapsed_s: Float[Array, ""]
    period_s: Float[Array, ""]
    measured: dict[str, Measured]
    controls: Controls
    rsrp_count: Float[Array, "cell bin"] | None = None


class AbstractSource(abc.ABC):
    """Where observations come from; the twin cannot tell which kind it is."""

    @abc.abstractmethod
    def observe(self) -> Observation:
        """The report of the last finished period."""

    @abc.abstractmethod
    def controls(self) -> Controls:
        """What the knobs are now."""
