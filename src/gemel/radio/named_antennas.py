"""Which antennas can a table of sites call by name?"""

from collections.abc import Callable

import jax.numpy as jnp

from gemel.errors import ScenarioError
from gemel.radio.antenna import SECTOR_PATTERNS, AbstractAntenna
from gemel.radio.arrays import PanelArray
from gemel.radio.beams import (
    BeamedAntenna,
    data_beams,
    dense_urban_beams,
    dft_beams,
    ssb_beams,
)
from gemel.radio.elements import Isotropic, ceiling_element, macro_element
from gemel.radio.phased import PhasedAntenna

STRAIGHT_DOWN_DEG = 90.0
CROSSED_DEG = (45.0, -45.0)


def column_10() -> PhasedAntenna:
    """(10, 1, 1), 0.5 wavelengths: TR 38.901, table 7.8-1."""
    return PhasedAntenna(PanelArray(macro_element(), rows=10))


def column_8() -> PhasedAntenna:
    """(8, 1, 1), 0.8 wavelengths: one port of RP-180524, rural and urban URLLC."""
    return PhasedAntenna(PanelArray(macro_element(), rows=8, row_spacing_wl=0.8))


def dense_urban_array() -> PanelArray:
    """(8, 8, 2), 0.8 wavelengths up and 0.5 across: RP-180524, dense urban."""
    return PanelArray(macro_element(), 8, 8, row_spacing_wl=0.8, slants_deg=CROSSED_DEG)


def panel_8x8() -> BeamedAntenna:
    """The twelve analog beams of RP-180524, dense urban."""
    array = dense_urban_array()
    return BeamedAntenna(array, dense_urban_beams(array))


def panel_8x8_ssb() -> BeamedAntenna:
    """Eight wide beams over the sector."""
    array = dense_urban_array()
    return BeamedAntenna(array, ssb_beams(array))


def panel_8x8_data() -> BeamedAntenna:
    """Narrow beams, one null apart."""
    array = dense_urban_array()
    return BeamedAntenna(array, data_beams(array))


def ceiling() -> BeamedAntenna:
    """One element that looks straight down: ITU-R M.2412, table 10."""
    array = PanelArray(ceiling_element(), rows=1)
    return BeamedAntenna(array, jnp.ones((1, 1), complex), STRAIGHT_DOWN_DEG)


def ceiling_4x4() -> BeamedAntenna:
    """(4, 4, 2), 0.5 wavelengths, under a ceiling; beams 30 degrees apart."""
    array = PanelArray(ceiling_element(), 4, 4, slants_deg=CROSSED_DEG)
    beams = dft_beams(
        array,
        jnp.asarray([-45.0, -15.0, 15.0, 45.0]),
        jnp.asarray([45.0, 75.0, 105.0, 135.0]),
    )
    return BeamedAntenna(array, beams, STRAIGHT_DOWN_DEG)


def isotropic() -> PhasedAntenna:
    """0 dBi everywhere."""
    return PhasedAntenna(PanelArray(Isotropic(), rows=1))


ANTENNAS: dict[str, Callable[[], AbstractAntenna]] = {
    **SECTOR_PATTERNS,
    "column_10": column_10,
    "column_8": column_8,
    "panel_8x8": panel_8x8,
    "panel_8x8_ssb": panel_8x8_ssb,
    "panel_8x8_data": panel_8x8_data,
    "ceiling": ceiling,
    "ceiling_4x4": ceiling_4x4,
    "isotropic": isotropic,
}


def antenna_named(name: str) -> AbstractAntenna:
    """An antenna by its name. Raises ScenarioError that lists the known ones."""
    if name not in ANTENNAS:
        raise ScenarioError(
            f"no antenna is called {name!r}; known are {', '.join(sorted(ANTENNAS))}."
        )
    return ANTENNAS[name]()
