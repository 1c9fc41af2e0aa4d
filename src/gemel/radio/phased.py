"""How strongly does an array with one port and electrical tilt send into a direction?

All elements carry the same power and phases that rise evenly from row to row, so their
sum has a closed form, |sin(n x / 2) / sin(x / 2)| for n phases x apart. That is the
Chebyshev polynomial U of cos(x / 2), which needs neither sine nor division.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.radio.antenna import AbstractAntenna
from gemel.radio.arrays import LEAST_FACTOR, PanelArray
from gemel.radio.rotation import RADIAN_PER_DEG, ahead_left_up, angles_deg
from gemel.units import db_from_ratio


class PhasedAntenna(AbstractAntenna):
    """One polarisation of an array on one port, as in TR 38.901, table 7.8-1.

    Tilt is electrical: the beam is strongest straight ahead, so far below the horizon,
    and its zenith is the same at every azimuth. The housing hangs upright.
    """

    array: PanelArray

    @property
    def turned_by_tilt(self) -> bool:
        return False

    def gain_db(
        self,
        offset_m: Float[Array, "3"],
        azimuth_deg: Float[Array, ""],
        tilt_deg: Float[Array, ""],
    ) -> Float[Array, ""]:
        """As `port_gain_db` of weights steered to zenith 90 + tilt, dBi."""
        array = self.array
        local = ahead_left_up(offset_m, azimuth_deg, jnp.zeros_like(tilt_deg))
        left = local[1]
        above = local[2] + jnp.sin(tilt_deg * RADIAN_PER_DEG)
        power = (
            _even_phases(array.rows, array.row_spacing_wl * above)
            * _even_phases(array.columns, array.column_spacing_wl * left)
            * _even_phases(array.panel_rows, array.panel_row_spacing_wl * above)
            * _even_phases(array.panel_columns, array.panel_column_spacing_wl * left)
        )
        element_db = array.element.gain_db(*angles_deg(local))
        return element_db + db_from_ratio(jnp.maximum(power, LEAST_FACTOR))


def _even_phases(count: int, turns: Float[Array, ""]) -> Float[Array, ""]:
    """|sum of exp(j 2 pi k turns), k < count|² / count."""
    twice_cos = 2.0 * jnp.cos(jnp.pi * turns)
    before, now = jnp.zeros_like(turns), jnp.ones_like(turns)
    for _ in range(count - 1):
        before, now = now, twice_cos * now - before
    return now * now * (1.0 / count)
