"""How strongly does a cell send towards a user, as its antenna is turned today?"""

from jaxtyping import Array, Float, Int

from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.radio.angles import turn_deg


def cell_gain_db(
    cells: Cells,
    controls: Controls,
    cell: Int[Array, ""],
    bearing_deg: Float[Array, ""],
    fall_deg: Float[Array, ""],
) -> Float[Array, ""]:
    """Gain over an isotropic antenna, dBi.

    bearing_deg:  of the user from the mast, clockwise from north
    fall_deg:     how far below the mast's horizon the user lies
    """
    turned_deg = cells.azimuth_deg[cell] + controls.azimuth_turn_deg[cell]
    tilt_deg = cells.mount_tilt_deg[cell] + controls.tilt_deg[cell]
    sideways_deg = turn_deg(turned_deg, bearing_deg)
    gain_db = cells.antennas.towards_db(cell, sideways_deg, fall_deg, tilt_deg)
    return gain_db + cells.gain_error_db[cell]
