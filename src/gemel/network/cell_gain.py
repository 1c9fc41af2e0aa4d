"""How strongly does a cell send towards a user, as its antenna is turned today?"""

import equinox as eqx
from jaxtyping import Array, Float, Int

from gemel.network.antennas import AbstractCellAntennas
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.radio.angles import turn_deg


class Turned(eqx.Module):
    """The antennas as they hang: added up once a cell, not once a link."""

    azimuth_deg: Float[Array, " cell"]
    tilt_deg: Float[Array, " cell"]
    gain_error_db: Float[Array, " cell"]
    antennas: AbstractCellAntennas

    def gain_db(
        self,
        cell: Int[Array, ""],
        bearing_deg: Float[Array, ""],
        fall_deg: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Gain over an isotropic antenna, dBi.

        bearing_deg:  of the user from the mast, clockwise from north
        fall_deg:     how far below the mast's horizon the user lies
        """
        sideways_deg = turn_deg(self.azimuth_deg[cell], bearing_deg)
        tilt_deg = self.tilt_deg[cell]
        gain_db = self.antennas.towards_db(cell, sideways_deg, fall_deg, tilt_deg)
        return gain_db + self.gain_error_db[cell]


def turned(cells: Cells, controls: Controls) -> Turned:
    """What is mounted, and what the controls add to it."""
    return Turned(
        cells.azimuth_deg + controls.azimuth_turn_deg,
        cells.mount_tilt_deg + controls.tilt_deg,
        cells.gain_error_db,
        cells.antennas,
    )
