"""How strongly does a beam that points at one user arrive at those in other directions?

A steered array sends each group of resource blocks in the beam of whom it serves. Its
directions are cut into as many parts as a row of its columns has beams across a sector
of 120 degrees, evenly in the sine of azimuth, and each part has one beam at its centre.
What leaks is the array factor of TR 38.802 clause A.2.1 over the envelope of all beams,
which the gain of a link carries already, averaged over the directions of a part. An
antenna that is not steered has one beam, and all of it leaks everywhere.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from gemel.errors import ScenarioError
from gemel.radio.arrays import PanelArray
from gemel.radio.beams import SECTOR_DEG, dft_beams
from gemel.radio.elements import Isotropic
from gemel.units import ratio_from_db

EDGE_SINE = float(np.sin(np.radians(0.5 * SECTOR_DEG)))
PER_BEAM = 64  # directions that stand for a part: more move no entry by 1 %
PAIRABLE_DB = -10.0  # two users sent to at once lose half a decibel at a ratio of 1
HORIZON_DEG = 90.0


class BeamLeak(eqx.Module):
    """Of all cells of a carrier.

    leak:      of the beam in row b, towards the directions of beam b', over the
               strongest beam there: 1 on the diagonal
    pairable:  whether users of two beams can be sent to at once (MU-MIMO)
    """

    leak: Float[Array, "beam beam"]
    pairable: Bool[Array, "beam beam"]

    @property
    def beams(self) -> int:
        """How many directions are told apart."""
        return self.leak.shape[0]

    @property
    def mean(self) -> Float[Array, ""]:
        """What arrives anywhere from beams drawn evenly, a ratio."""
        return self.leak.mean()

    def beam_of_sine(self, sideways_sine: Float[Array, "*axes"]) -> Int[Array, "*axes"]:
        """The beam for a direction, by the sine of its azimuth from straight ahead.

        Beyond the sector the outermost beam is used, and behind the antenna the one
        that is its mirror image in the plane of the array.
        """
        part = (sideways_sine + EDGE_SINE) * (0.5 * self.beams / EDGE_SINE)
        return jnp.clip(part, 0.0, self.beams - 1.0).astype(jnp.int32)

    def beam_of(self, sideways_deg: Float[Array, "*axes"]) -> Int[Array, "*axes"]:
        """The same by the angle; left and right only have to be told apart."""
        return self.beam_of_sine(jnp.sin(jnp.radians(sideways_deg)))


@functools.cache
def _leaks(beams: int) -> np.ndarray:
    """Worked out on the host: a few thousand array factors."""
    step = 2.0 * EDGE_SINE / beams
    centre = -EDGE_SINE + (np.arange(beams) + 0.5) * step
    within = (np.arange(PER_BEAM) + 0.5) / PER_BEAM - 0.5
    sine = (centre[:, None] + within * step).reshape(-1)
    row = PanelArray(Isotropic(), rows=1, columns=beams)
    weights = dft_beams(
        row,
        jnp.asarray(np.degrees(np.arcsin(centre)), float),
        jnp.asarray([HORIZON_DEG]),
    )
    ahead = jnp.asarray(np.stack([np.sqrt(1 - sine**2), sine, 0 * sine], 1), float)
    steering = jax.vmap(row.steering_towards)(ahead)
    factor = np.asarray(weights) @ np.asarray(steering).T
    power = np.abs(factor) ** 2
    leak = power / power.max(0)
    return leak.reshape(beams, beams, PER_BEAM).mean(-1)


def beam_leak(beams: int) -> BeamLeak:
    """Of a row of as many columns, half a wavelength apart; one is not steered."""
    if not 1 <= beams <= 64:
        raise ScenarioError(
            f"{beams} beams side by side cannot share a sector; give 1 to 64."
        )
    leak = jnp.asarray(_leaks(beams), float)
    most = ratio_from_db(jnp.asarray(PAIRABLE_DB))
    return BeamLeak(leak, jnp.maximum(leak, leak.T) < most)


def beams_of(spill: float) -> int:
    """How many beams an array has whose traffic spills so much onto others, a ratio.

    The inverse of a carrier's `spill`: a beam of n fills about one nth of the sector.
    """
    if not 0.0 < spill <= 1.0:
        raise ScenarioError(
            f"a spill of {spill} is not above 0 and at most 1; give a ratio, not dB."
        )
    return min((1, 2, 4, 8, 16, 32, 64), key=lambda n: abs(np.log(n * spill)))
