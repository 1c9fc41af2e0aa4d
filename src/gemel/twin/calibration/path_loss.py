"""How does a calibration serve as the path loss of any scenario?

It prices the way between antenna and user; antennas, tilts and powers are the
scenario's. Measured levels are those of whoever was there, on the street and in
houses, behind corners or not: one median for all, and the scatter around it as shadow.
They are also those of cells that a phone found worth reporting: of far cells only the
lucky links were heard, so that losses here rise more slowly than they would for all.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link
from gemel.radio.propagation.base import AbstractPathLoss
from gemel.radio.propagation.uma import UrbanMacro
from gemel.twin.calibration.calibrated import Calibrated
from gemel.twin.calibration.fitting import FREEDOM
from gemel.twin.calibration.geometry import NEAREST_M, REACH_M
from gemel.twin.calibration.physics import (
    REFERENCE_HEIGHT_M,
    REFERENCE_M,
    REFERENCE_MHZ,
    Physics,
    way_loss_db,
)

PEAK_GAIN_DBI = 17.0  # of the sectors that were measured: usual from 1 to 3 GHz
FLAT_GROUND_DB = 40.0  # per decade: the ray off the ground cancels the direct one
OCTAVE = 2.0  # 20 log10 of frequency is trusted so far from what was measured


class CalibratedPathLoss(AbstractPathLoss):
    """Two slopes found by gradient.

    physics:          of the calibration
    place_db:         what the place costs or gives on average, from roofs and clutter
    measured_ghz:     the carrier that was measured
    shadow_db:        scatter around the median, of one place
    shadow_m:         how far a shadow reaches
    peak_gain_dbi:    of the measured antennas: levels tell it and the loss together
    sight:            what sees what, where a scenario asks; the loss does not
    """

    physics: Physics
    place_db: Float[Array, ""]
    measured_ghz: Float[Array, ""]
    shadow_db: Float[Array, ""]
    shadow_m: Float[Array, ""]
    peak_gain_dbi: Float[Array, ""]
    sight: AbstractPathLoss

    @property
    def line_of_sight_correlation_m(self) -> Float[Array, ""]:
        return self.sight.line_of_sight_correlation_m

    def loss_db(self, link: Link) -> Float[Array, ""]:
        away_m = jnp.maximum(link.distance_2d_m, NEAREST_M)
        height_m = jnp.maximum(link.base_height_m, 1.0)
        way_db = way_loss_db(
            self.physics,
            jnp.log10(away_m / REFERENCE_M),
            jnp.log10(height_m / REFERENCE_HEIGHT_M),
        )
        # Further than anything measured it falls as over flat ground.
        slope_db = jnp.maximum(FLAT_GROUND_DB - 10.0 * self.physics.far_exponent, 0.0)
        way_db += slope_db * jnp.log10(jnp.maximum(away_m / REACH_M, 1.0))
        over = 1_000.0 * link.carrier_ghz / REFERENCE_MHZ
        frequency_db = 20.0 * jnp.log10(over)
        return way_db + frequency_db + self.peak_gain_dbi - self.place_db

    def line_of_sight_probability(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        base_height_m: Float[Array, ""],
    ) -> Float[Array, ""]:
        return self.sight.line_of_sight_probability(
            distance_2d_m, user_height_m, base_height_m
        )

    def valid(self, link: Link) -> Bool[Array, ""]:
        ratio = link.carrier_ghz / self.measured_ghz
        near_m, far_m = jnp.asarray(NEAREST_M), jnp.asarray(REACH_M)
        away_m = link.distance_2d_m
        return (
            (near_m <= away_m)
            & (away_m <= far_m)
            & (1.0 / OCTAVE <= ratio)
            & (ratio <= OCTAVE)
        )

    def effective_ground_m(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        uniform: Float[Array, ""],
    ) -> Float[Array, ""]:
        return self.sight.effective_ground_m(distance_2d_m, user_height_m, uniform)

    def shadowing_sigma_db(self, link: Link) -> Float[Array, ""]:
        return self.shadow_db

    def correlation_m(
        self, line_of_sight: Bool[Array, ""], indoor: Bool[Array, ""] | bool = False
    ) -> Float[Array, ""]:
        return self.shadow_m


def path_loss_of(
    calibrated: Calibrated, peak_gain_dbi: float = PEAK_GAIN_DBI
) -> CalibratedPathLoss:
    """The path loss in a calibration.

    peak_gain_dbi:  of the measured antennas
    """
    knowledge = calibrated.knowledge
    physics = knowledge.physics
    typical_db, ghz = knowledge.place_db, knowledge.carrier_ghz
    variance = FREEDOM / (FREEDOM - 2.0)  # of Student's t with scale one
    return CalibratedPathLoss(
        physics=eqx.tree_at(
            lambda p: (p.cell_gain, p.cell_turn, p.cell_tilt),
            physics,
            replace_fn=lambda leaf: leaf[:0],
        ),
        place_db=jnp.float32(typical_db),
        measured_ghz=jnp.float32(ghz),
        shadow_db=physics.spread_db * variance**0.5,
        shadow_m=jnp.float32(knowledge.field.shadow_m),
        peak_gain_dbi=jnp.float32(peak_gain_dbi),
        sight=UrbanMacro(),
    )
