"""How strongly does each sector of a site, with each of its beams, send to a user?

Without multipath it is the gain towards the user (TR 38.901, clause 7.8.1), with it the
sum over all rays and polarisations (TR 36.873, equation 8.1-1).

All antennas hang upright, and a beam is a product of what rows and what columns do: a
ray leaves three sectors under one zenith, beams of one zenith share their rows, and the
columns' part is a short Fourier series whose terms are summed over rays before any beam
is asked for. Asking every antenna for its field gives the same, 20 times slower.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from gemel.radio.arrays import (
    PanelArray,
    column_tilt_weights,
    port_gain_db,
    steered_weights,
)
from gemel.radio.elements import macro_element
from gemel.radio.rotation import (
    RADIAN_PER_DEG,
    Orientation,
    angles_deg,
    azimuth_from_bearing_deg,
)
from gemel.radio.small_scale.multipath import LEAST_GAIN
from gemel.radio.small_scale.rays import Rays
from gemel.scenarios.calibration.cases import Port
from gemel.units import db_from_ratio, ratio_from_db

# Counter-clockwise from east; a nearest site lies in each of these directions.
BORESIGHTS_DEG = (30.0, 150.0, 270.0)
COLUMN_SPACING_WL = 0.5


class Sectors(eqx.Module):
    """The antennas of every site.

    array:      of one sector
    weights:    of its first port, for every beam that it can choose
    faces:      where the sectors look, without mechanical tilt
    slant_deg:  of the port's polarisation
    rows:       their part of the weights, one for each zenith that beams point to
    series:     |sum over columns|² of every beam: its Fourier coefficients
    """

    array: PanelArray
    weights: Complex[Array, "beam element"]
    faces: Orientation
    slant_deg: Float[Array, ""]
    rows: Complex[Array, "zenith row"]
    series: Complex[Array, "zenith azimuth column"]


def sectors_of(port: Port) -> Sectors:
    """Three sectors with this port each."""
    array = PanelArray(
        element=macro_element(),
        rows=port.rows,
        columns=port.columns,
        row_spacing_wl=port.row_spacing_wl,
        column_spacing_wl=COLUMN_SPACING_WL,
        slants_deg=(port.slant_deg,),
    )
    if port.beam_zeniths_deg:
        beams = [
            steered_weights(array, jnp.asarray(zenith_deg), jnp.asarray(azimuth_deg))
            for zenith_deg in port.beam_zeniths_deg
            for azimuth_deg in port.beam_azimuths_deg
        ]
    else:
        beams = [column_tilt_weights(port.rows, port.row_spacing_wl, port.zenith_deg)]
    faces = jax.vmap(Orientation.of_azimuth)(jnp.asarray(BORESIGHTS_DEG))
    weights = jnp.stack(beams)
    zeniths = max(len(port.beam_zeniths_deg), 1)
    panels = weights.reshape(zeniths, -1, port.columns, port.rows)
    return Sectors(
        array=array,
        weights=weights,
        faces=faces,
        slant_deg=jnp.asarray(port.slant_deg),
        rows=panels[:, 0, 0, :],
        series=_series(panels[..., 0] / panels[:, :1, :1, 0]),
    )


def _series(
    columns: Complex[Array, "zenith azimuth column"],
) -> Complex[Array, "zenith azimuth column"]:
    """Coefficients of cos(k x) - j sin(k x) in |sum of w_n exp(j n x)|², k from 0."""
    count = columns.shape[-1]
    terms = [
        (columns[..., k:] * columns[..., : count - k].conj()).sum(-1)
        for k in range(count)
    ]
    # Terms below 0 are those above, conjugated: together, twice the real part.
    return jnp.stack([terms[0], *(2.0 * term for term in terms[1:])], -1)


def direct_gain_db(
    sectors: Sectors, offset_m: Float[Array, "3"]
) -> Float[Array, "sector beam"]:
    """Towards one user, dBi.

    offset_m:  user minus antenna: east, north, up
    """
    length_m = jnp.sqrt((offset_m**2).sum())
    return _gains_towards_db(sectors, *angles_deg(offset_m / length_m))


def _gains_towards_db(
    sectors: Sectors, zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
) -> Float[Array, "sector beam"]:
    def gain_db(
        face: Orientation, weights: Complex[Array, " element"]
    ) -> Float[Array, ""]:
        return port_gain_db(sectors.array, weights, face, zenith_deg, azimuth_deg)

    every_beam = jax.vmap(gain_db, (None, 0))
    return jax.vmap(every_beam, (0, None))(sectors.faces, sectors.weights)


def multipath_gains_db(sectors: Sectors, rays: Rays) -> Float[Array, "sector beam"]:
    """Over all rays to one user with two isotropic ports at 0 and 90 degrees, dB.

    What `gemel.radio.small_scale.multipath.multipath_gain_db` says of each port.
    """
    array = sectors.array
    # The direct ray turns no polarisation: the user's two ports share it.
    heard = rays.power * _heard_share(sectors.slant_deg, rays)
    heard = jnp.append(heard, 0.5 * rays.direct_power)
    zenith_deg = jnp.append(rays.departure_zenith_deg, rays.direct_departure_zenith_deg)
    azimuth_deg = jnp.append(
        rays.departure_azimuth_deg, rays.direct_departure_azimuth_deg
    )
    zenith = zenith_deg * RADIAN_PER_DEG
    up = 2.0 * jnp.pi * array.row_spacing_wl * jnp.cos(zenith)
    heard_by_rows = heard[None, :] * _power_of_sum(sectors.rows, up)

    def one_sector(face: Orientation) -> Float[Array, " beam"]:
        aside_deg = azimuth_deg - azimuth_from_bearing_deg(face.bearing_deg)
        left = jnp.sin(zenith) * jnp.sin(aside_deg * RADIAN_PER_DEG)
        across = 2.0 * jnp.pi * array.column_spacing_wl * left
        element_db = jax.vmap(array.element.gain_db)(zenith_deg, aside_deg)
        sent = heard_by_rows * ratio_from_db(element_db)[None, :]
        waves = _multiples(array.columns, across)
        # In full precision wherever it runs: nulls are differences.
        terms = jnp.einsum("zr,nr->zn", sent, waves, precision="highest")
        series = sectors.series
        coefficients = jnp.concatenate([series.real, -series.imag], -1)
        return (coefficients * terms[:, None]).sum(-1).reshape(-1)

    total = jax.vmap(one_sector)(sectors.faces)
    return db_from_ratio(jnp.maximum(total, LEAST_GAIN))


def _heard_share(
    slant_deg: Float[Array, ""], rays: Rays
) -> Float[Array, "cluster ray"]:
    """Of a ray's power, by one of the user's ports, on average."""
    slant = slant_deg * RADIAN_PER_DEG
    both = jnp.cos(slant) * jnp.sin(slant) * jnp.sqrt(rays.cross_power)
    phase = rays.phase_rad
    meeting = jnp.cos(phase[0] - phase[1]) + jnp.cos(phase[2] - phase[3])
    return 0.5 * (1.0 + rays.cross_power) + both * meeting


def _power_of_sum(
    weights: Complex[Array, "zenith row"], turn: Float[Array, " ray"]
) -> Float[Array, "zenith ray"]:
    """|sum of w_k · exp(j k turn)|²: a polynomial, by Horner."""
    cos, sin = jnp.cos(turn)[None, :], jnp.sin(turn)[None, :]
    weights = weights[:, :, None]
    real, imag = weights.real[:, -1], weights.imag[:, -1]
    for k in reversed(range(weights.shape[1] - 1)):
        real, imag = (
            real * cos - imag * sin + weights.real[:, k],
            real * sin + imag * cos + weights.imag[:, k],
        )
    return real**2 + imag**2


def _multiples(count: int, turn: Float[Array, " ray"]) -> Float[Array, "wave ray"]:
    """cos of k · turn for k = 0, 1, … and then sin, by turning on and on."""
    cos, sin = jnp.cos(turn), jnp.sin(turn)

    def turn_on(
        at: tuple[Float[Array, " ray"], Float[Array, " ray"]], _: None
    ) -> tuple[
        tuple[Float[Array, " ray"], Float[Array, " ray"]], Float[Array, "2 ray"]
    ]:
        at_cos, at_sin = at
        further = at_cos * cos - at_sin * sin, at_sin * cos + at_cos * sin
        return further, jnp.stack(at)

    start = jnp.ones_like(cos), jnp.zeros_like(sin)
    _, waves = jax.lax.scan(turn_on, start, None, length=count)
    return waves.transpose(1, 0, 2).reshape(-1, turn.shape[0])
