"""What did calibration find out about every cell, and with which evidence?"""

import dataclasses

import numpy as np

TURNS_DEG = np.arange(-180.0, 180.0, 10.0)  # tried for every cell


@dataclasses.dataclass(frozen=True)
class CellFits:
    """One entry for each cell that was measured.

    name:               of the cell, as in the inventory
    points:             measured levels of it that were within reach
    mislocated:         how many of those were probably taken elsewhere
    gain_db:            what the cell is louder than its inventory and the place say
    gain_spread_db:     standard deviation of that
    turn_deg:           the best turn of the azimuth, clockwise, -180..180; added to
                        the inventory's azimuth it is where the cell seems to look
    turn_spread_deg:    standard deviation of that
    tilt_error_deg:     how much further down it seems to look than the inventory says
    turns_deg:          [turn] the turns that were tried
    log_likelihood:     [cell, turn] evidence: natural logarithm of how likely the
                        cell's levels are when it is turned so, its gain free each time;
                        points near each other count as one
    """

    name: tuple[str, ...]
    points: np.ndarray
    mislocated: np.ndarray
    gain_db: np.ndarray
    gain_spread_db: np.ndarray
    turn_deg: np.ndarray
    turn_spread_deg: np.ndarray
    tilt_error_deg: np.ndarray
    turns_deg: np.ndarray
    log_likelihood: np.ndarray
