"""Which beams can an array form, and which of them suits a user?

A beam is a row of weights of power one over the elements of one polarisation. Beams
point where their weights undo the phases: TR 38.802, clause A.2.1 has the same sum for
analog beams. Directions are in the antenna's own coordinates (zenith 90, azimuth 0
straight ahead) unless they are called those of the world.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int, PRNGKeyArray

from gemel.errors import ScenarioError
from gemel.radio.antenna import AbstractAntenna
from gemel.radio.arrays import LEAST_FACTOR, PanelArray, port_gain_db, steered_weights
from gemel.radio.rotation import (
    Orientation,
    ahead_left_up,
    angles_deg,
    unit_vector,
)
from gemel.units import db_from_ratio

SECTOR_DEG = 120.0  # a third of the circle
# Half-power width of a row of n elements half a wavelength apart: 102 degrees / n.
WIDTH_OF_ONE_DEG = 102.0


def dft_beams(
    array: PanelArray,
    azimuths_deg: Float[Array, " azimuth"],
    zeniths_deg: Float[Array, " zenith"],
) -> Complex[Array, "beam element"]:
    """A grid of beams that point to every azimuth at every zenith, azimuths fastest."""
    zenith_deg = jnp.repeat(zeniths_deg, len(azimuths_deg))
    azimuth_deg = jnp.tile(azimuths_deg, len(zeniths_deg))

    def one(zenith_deg, azimuth_deg):
        return steered_weights(array, zenith_deg, azimuth_deg)

    return jax.vmap(one)(zenith_deg, azimuth_deg)


def oversampled_dft_beams(
    array: PanelArray, over_columns: int = 4, over_rows: int = 4
) -> Complex[Array, "beam element"]:
    """All beams v(l, m) of TS 38.214, clause 5.2.2.2.1, on one panel; m fastest.

    over_columns, over_rows:  O1 and O2; N1 are the columns and N2 the rows

    The spacing does not enter: l walks once round the circle in N1 · O1 steps.
    Every group of O1 · O2-th beams is orthogonal. Raises ScenarioError for an array of
    several panels.
    """
    if array.panel_rows * array.panel_columns > 1:
        raise ScenarioError(
            f"a type I codebook of one panel cannot feed {array.panel_rows} x "
            f"{array.panel_columns} panels; use dft_beams, which knows their distance."
        )
    across = _dft(array.columns, over_columns)
    upwards = _dft(array.rows, over_rows)
    beams = across[:, None, :, None] * upwards[None, :, None, :]
    weights = beams.reshape(-1, array.elements) / array.elements**0.5
    return jnp.asarray(weights, jnp.zeros((), complex).dtype)


def _dft(count: int, oversampling: int) -> np.ndarray:
    steps = np.arange(count * oversampling)[:, None] * np.arange(count)
    return np.exp(2j * np.pi * steps / (count * oversampling))


def ssb_beams(
    array: PanelArray,
    count: int = 8,
    zenith_deg: float = 97.0,
    sector_deg: float = SECTOR_DEG,
    height_deg: float = 25.0,
) -> Complex[Array, "beam element"]:
    """A few wide beams side by side that share a sector: what is swept for all to hear.

    zenith_deg:  of all of them
    height_deg:  half-power width in zenith, about

    Wide beams come from fewer elements: a corner of the first panel, as large as the
    width allows, sends all the power. Raises ScenarioError where count is below one.
    """
    if count < 1:
        raise ScenarioError(f"{count} beams cover no sector; give at least one.")
    width_deg = sector_deg / count
    columns = _elements_across(array.columns, array.column_spacing_wl, width_deg)
    rows = _elements_across(array.rows, array.row_spacing_wl, height_deg)
    active = np.zeros(
        (array.panel_rows, array.panel_columns, array.columns, array.rows)
    )
    active[0, 0, :columns, :rows] = (array.elements / (columns * rows)) ** 0.5
    azimuths_deg = (np.arange(count) + 0.5) * width_deg - 0.5 * sector_deg
    beams = dft_beams(
        array, jnp.asarray(azimuths_deg, float), jnp.asarray([zenith_deg])
    )
    return beams * jnp.asarray(active.reshape(1, -1), beams.dtype)


def _elements_across(most: int, spacing_wl: Float[Array, ""], width_deg: float) -> int:
    """How many neighbours make a beam about this wide."""
    wanted = WIDTH_OF_ONE_DEG / width_deg * 0.5 / max(float(spacing_wl), 1e-3)
    return int(np.clip(round(wanted), 1, most))


def data_beams(
    array: PanelArray,
    sector_deg: float = SECTOR_DEG,
    highest_zenith_deg: float = 85.0,
    lowest_zenith_deg: float = 120.0,
) -> Complex[Array, "beam element"]:
    """Narrow beams of the whole aperture, as many as fit between their first nulls.

    Neighbours are one null apart in the sine of azimuth and in the cosine of zenith.
    """
    columns_wl = array.columns * float(array.column_spacing_wl)
    rows_wl = array.rows * float(array.row_spacing_wl)
    edge = np.sin(np.radians(0.5 * sector_deg))
    across = _evenly(-edge, edge, columns_wl)
    low, high = np.cos(np.radians([lowest_zenith_deg, highest_zenith_deg]))
    upwards = _evenly(low, high, rows_wl)
    return dft_beams(
        array,
        jnp.asarray(np.degrees(np.arcsin(across)), float),
        jnp.asarray(np.degrees(np.arccos(upwards))[::-1], float),
    )


def _evenly(start: float, end: float, aperture_wl: float) -> np.ndarray:
    """Centres of the fewest equal parts of an interval, at most 1 / aperture wide."""
    parts = max(int(np.ceil((end - start) * aperture_wl - 1e-9)), 1)
    return start + (np.arange(parts) + 0.5) * (end - start) / parts


def dense_urban_beams(array: PanelArray) -> Complex[Array, "beam element"]:
    """The twelve analog beams of the dense urban set-up of RP-180524."""
    return dft_beams(
        array,
        jnp.asarray([-56.25, -33.75, -11.25, 11.25, 33.75, 56.25]),
        jnp.asarray([112.5, 157.5]),
    )


def beam_gains_db(
    array: PanelArray,
    beams: Complex[Array, "beam element"],
    orientation: Orientation,
    zenith_deg: Float[Array, ""],
    azimuth_deg: Float[Array, ""],
) -> Float[Array, " beam"]:
    """Gain of every beam into one direction of the world, dBi."""
    local = orientation.to_local(unit_vector(zenith_deg, azimuth_deg))
    return _gains_db(array, beams, local)


def _gains_db(
    array: PanelArray, beams: Complex[Array, "beam element"], local: Float[Array, "3"]
) -> Float[Array, " beam"]:
    # All digits, also where a product of matrices is rounded to fewer by default.
    factor = jnp.dot(beams, array.steering_towards(local), precision="highest")
    power = jnp.maximum(factor.real**2 + factor.imag**2, LEAST_FACTOR)
    return array.element.gain_db(*angles_deg(local)) + db_from_ratio(power)


def best_beam(
    array: PanelArray,
    beams: Complex[Array, "beam element"],
    orientation: Orientation,
    zenith_deg: Float[Array, ""],
    azimuth_deg: Float[Array, ""],
) -> Int[Array, ""]:
    """Which beam is strongest in a direction of the world."""
    gains_db = beam_gains_db(array, beams, orientation, zenith_deg, azimuth_deg)
    return jnp.argmax(gains_db)


def best_beam_gain_db(
    array: PanelArray,
    beams: Complex[Array, "beam element"],
    orientation: Orientation,
    zenith_deg: Float[Array, ""],
    azimuth_deg: Float[Array, ""],
) -> Float[Array, ""]:
    """Gain of the strongest beam into a direction of the world, dBi."""
    return beam_gains_db(array, beams, orientation, zenith_deg, azimuth_deg).max()


def random_beam_gain_db(
    array: PanelArray,
    beams: Complex[Array, "beam element"],
    orientation: Orientation,
    zenith_deg: Float[Array, ""],
    azimuth_deg: Float[Array, ""],
    key: PRNGKeyArray,
) -> Float[Array, ""]:
    """Gain of a beam drawn evenly: one that serves somebody else, dBi."""
    drawn = jax.random.randint(key, (), 0, len(beams))
    return port_gain_db(array, beams[drawn], orientation, zenith_deg, azimuth_deg)


class BeamedAntenna(AbstractAntenna):
    """The strongest of a set of beams, whoever asks. Tilt is mechanical.

    downtilt_deg:  of the housing at tilt 0; 90 hangs under a ceiling and looks down
    """

    array: PanelArray
    beams: Complex[Array, "beam element"]
    downtilt_deg: Float[Array, ""] = eqx.field(default=0.0, converter=jnp.asarray)

    @property
    def turned_by_tilt(self) -> bool:
        return True

    def gain_db(
        self,
        offset_m: Float[Array, "3"],
        azimuth_deg: Float[Array, ""],
        tilt_deg: Float[Array, ""],
    ) -> Float[Array, ""]:
        """As `best_beam_gain_db` of this array turned to the azimuth and tilted."""
        turned_deg = self.downtilt_deg + tilt_deg
        local = ahead_left_up(offset_m, azimuth_deg, turned_deg)
        return _gains_db(self.array, self.beams, local).max()
