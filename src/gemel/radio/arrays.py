"""What do many elements that send the same signal together add up to?

Panels are those of 3GPP TR 38.901, clause 7.3: (M, N, P, Mg, Ng) elements in a
rectangle. A port sends sum(w · exp(j 2 pi d·r)) into the direction r: weights turn
phases back, so the conjugate of the steering vector points a beam.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from gemel.errors import ScenarioError
from gemel.radio.elements import AbstractElement
from gemel.radio.rotation import (
    RADIAN_PER_DEG,
    Orientation,
    angles_deg,
    unit_vector,
)
from gemel.units import db_from_ratio, ratio_from_db

# 100 dB below one element: a null is a null, and its logarithm stays finite.
LEAST_FACTOR = 1e-10


class PanelArray(eqx.Module):
    """Mg by Ng panels of M by N places, each with one element per polarisation.

    rows, columns:              M upwards and N across within a panel
    panel_rows, panel_columns:  Mg and Ng
    row_spacing_wl, ...:        distances between neighbours, in wavelengths; between
                                panels from first element to first element
    slants_deg:                 of each polarisation: (0.0,) or (45.0, -45.0)

    Elements of one polarisation are numbered with rows fastest, then columns, panel
    columns and panel rows. Raises ScenarioError where a count is below one or there is
    no polarisation.
    """

    element: AbstractElement
    rows: int = eqx.field(static=True)
    columns: int = eqx.field(default=1, static=True)
    panel_rows: int = eqx.field(default=1, static=True)
    panel_columns: int = eqx.field(default=1, static=True)
    row_spacing_wl: Float[Array, ""] = eqx.field(default=0.5, converter=jnp.asarray)
    column_spacing_wl: Float[Array, ""] = eqx.field(default=0.5, converter=jnp.asarray)
    panel_row_spacing_wl: Float[Array, ""] = eqx.field(
        default=0.0, converter=jnp.asarray
    )
    panel_column_spacing_wl: Float[Array, ""] = eqx.field(
        default=0.0, converter=jnp.asarray
    )
    slants_deg: tuple[float, ...] = eqx.field(default=(0.0,), static=True)

    def __check_init__(self):
        counts = self.rows, self.columns, self.panel_rows, self.panel_columns
        if min(counts) < 1 or not self.slants_deg:
            raise ScenarioError(
                f"a panel of (M, N, P, Mg, Ng) = ({self.rows}, {self.columns}, "
                f"{len(self.slants_deg)}, {self.panel_rows}, {self.panel_columns}) has "
                "no elements; give at least one of each."
            )

    @property
    def polarisations(self) -> int:
        """P."""
        return len(self.slants_deg)

    @property
    def elements(self) -> int:
        """How many places there are, Mg · Ng · N · M."""
        return self.panel_rows * self.panel_columns * self.columns * self.rows

    def positions_wl(self) -> Float[Array, "element 3"]:
        """Places in the antenna's own coordinates: x ahead, y left, z up."""
        up = jnp.arange(self.rows, dtype=float) * self.row_spacing_wl
        left = jnp.arange(self.columns, dtype=float) * self.column_spacing_wl
        panel_up = jnp.arange(self.panel_rows, dtype=float) * self.panel_row_spacing_wl
        panel_left = (
            jnp.arange(self.panel_columns, dtype=float) * self.panel_column_spacing_wl
        )
        z_wl = panel_up[:, None, None, None] + up[None, None, None, :]
        y_wl = panel_left[None, :, None, None] + left[None, None, :, None]
        shape = (self.panel_rows, self.panel_columns, self.columns, self.rows)
        y_wl, z_wl = jnp.broadcast_to(y_wl, shape), jnp.broadcast_to(z_wl, shape)
        return jnp.stack(
            [jnp.zeros(self.elements), y_wl.reshape(-1), z_wl.reshape(-1)], axis=1
        )

    def steering(
        self, zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
    ) -> Complex[Array, " element"]:
        """exp(j 2 pi d·r) of every place; the antenna's own coordinates."""
        return self.steering_towards(unit_vector(zenith_deg, azimuth_deg))

    def steering_towards(
        self, direction: Float[Array, "3"]
    ) -> Complex[Array, " element"]:
        """The same for a unit vector of the antenna's own coordinates."""
        _, y, z = direction
        up = _progression(self.rows, self.row_spacing_wl * z)
        left = _progression(self.columns, self.column_spacing_wl * y)
        panel_up = _progression(self.panel_rows, self.panel_row_spacing_wl * z)
        panel_left = _progression(self.panel_columns, self.panel_column_spacing_wl * y)
        # M + N + Mg + Ng exponentials instead of their product.
        panels = (panel_up[:, None] * panel_left[None, :]).reshape(-1)
        places = (left[:, None] * up[None, :]).reshape(-1)
        return (panels[:, None] * places[None, :]).reshape(-1)


def _progression(count: int, turns: Float[Array, ""]) -> Complex[Array, " n"]:
    """exp(j 2 pi k turns) for k = 0, 1, …"""
    phase = (2.0 * jnp.pi) * turns * jnp.arange(count, dtype=float)
    return jax.lax.complex(jnp.cos(phase), jnp.sin(phase))


def column_tilt_weights(
    rows: int,
    row_spacing_wl: Float[Array, ""] | float,
    tilt_zenith_deg: Float[Array, ""] | float,
) -> Complex[Array, " row"]:
    """Weights of one column whose beam is strongest at a zenith: electrical tilt.

    w_m = exp(-j 2 pi (m - 1) d cos(zenith)) / sqrt(M), TR 36.873, clause 7.1 (the same
    in TR 38.901, table 7.8-1). Rows are counted upwards. Power one in all.
    """
    turns = -row_spacing_wl * jnp.cos(jnp.asarray(tilt_zenith_deg) * RADIAN_PER_DEG)
    return _progression(rows, turns) * (1.0 / rows**0.5)


def steered_weights(
    array: PanelArray, zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
) -> Complex[Array, " element"]:
    """Weights of power one that point a port there, in the antenna's coordinates."""
    steering = array.steering(zenith_deg, azimuth_deg)
    return jnp.conj(steering) * (1.0 / array.elements**0.5)


def _factor(
    array: PanelArray, weights: Complex[Array, " element"], local: Float[Array, "3"]
) -> Complex[Array, ""]:
    """The sum over all elements. Products and a sum: full precision everywhere."""
    return (weights * array.steering_towards(local)).sum()


def port_gain_db(
    array: PanelArray,
    weights: Complex[Array, " element"],
    orientation: Orientation,
    zenith_deg: Float[Array, ""],
    azimuth_deg: Float[Array, ""],
) -> Float[Array, ""]:
    """Gain of one port over an isotropic antenna, dBi; angles of the world.

    azimuth_deg: counter-clockwise from east. Where the elements cancel, no less than
    100 dB below one of them.
    """
    local = orientation.to_local(unit_vector(zenith_deg, azimuth_deg))
    factor = _factor(array, weights, local)
    power = jnp.maximum(factor.real**2 + factor.imag**2, LEAST_FACTOR)
    return array.element.gain_db(*angles_deg(local)) + db_from_ratio(power)


def port_field(
    array: PanelArray,
    weights: Complex[Array, " element"],
    orientation: Orientation,
    slant_deg: Float[Array, ""] | float,
    zenith_deg: Float[Array, ""],
    azimuth_deg: Float[Array, ""],
) -> Complex[Array, "2"]:
    """F_theta and F_phi of one port in the world's coordinates.

    Polarisation model-2 of TR 38.901, clause 7.3.2 (equations 7.3-4 and 7.3-5), turned
    by equation 7.1-11. Their squares add up to the gain of `port_gain_db`.

    slant_deg:  zeta, of this polarisation; 0 is vertical
    """
    local = orientation.to_local(unit_vector(zenith_deg, azimuth_deg))
    element_db = array.element.gain_db(*angles_deg(local))
    amplitude = ratio_from_db(0.5 * element_db)
    zeta = jnp.asarray(slant_deg) * RADIAN_PER_DEG
    cos, sin = orientation.polarisation_turn(zenith_deg, azimuth_deg)
    along_theta = jnp.cos(zeta) * cos - jnp.sin(zeta) * sin
    along_phi = jnp.cos(zeta) * sin + jnp.sin(zeta) * cos
    sent = amplitude * jnp.stack([along_theta, along_phi])
    factor = _factor(array, weights, local)
    return jax.lax.complex(factor.real * sent, factor.imag * sent)
