"""Are levels that a calibration never saw as it says, in a part of a real city?

The whole city is in benchmarks/chengdu.py. Here: the 60 cells nearest to the middle.
"""

from pathlib import Path

import numpy as np
import pytest

from gemel.interfaces.learning.boosting import grow
from gemel.interfaces.tables.measurements import read_points
from gemel.interfaces.tables.measurements_cells import read_cells
from gemel.interfaces.tables.terrain import read_terrain
from gemel.twin.calibration.calibrate import calibrate
from gemel.twin.calibration.places import square_of

CELLS, NEW_CELLS = 60, 8
# The errors that plain boosted trees with a shadow map reach in the whole city.
BLOCKS_RMSE_DB, CELLS_RMSE_DB = 7.2, 9.1


@pytest.fixture
def chengdu(data_dir: Path) -> Path:
    folder = data_dir / "chengdu"
    if not folder.is_dir():
        pytest.skip(f"{folder} is no folder: no measured levels to compare with")
    return folder


@pytest.mark.slow
def test_unseen_blocks_and_new_cells(chengdu):
    pytest.importorskip("lightgbm")
    sites, frame = read_cells(chengdu / "cells.csv")
    places_m = np.stack([sites.x_m, sites.y_m], -1)
    terrain = read_terrain(chengdu / "map_core_5m.npz", frame, places_m)
    table = read_points(
        chengdu / "measurements.parquet", sites, frame, terrain, measured=True
    )
    points = table.points
    heard = np.unique(points.cell)
    off_m = np.hypot(*(places_m - np.median(places_m, axis=0)).T)
    near = heard[np.argsort(off_m[heard])][:CELLS]
    points = points.chosen(np.isin(points.cell, near))
    lot = np.random.default_rng(0)
    block = square_of(points.x_m, points.y_m, 100.0)
    names = np.unique(block)
    block_out = np.isin(block, lot.permutation(names)[: len(names) // 5])
    cell_out = np.isin(points.cell, lot.permutation(near)[:NEW_CELLS])
    told = points.chosen(~block_out & ~cell_out)
    model = calibrate(sites, told, terrain, grow=grow, seed=0)
    away_m = np.hypot(
        points.x_m - sites.x_m[points.cell], points.y_m - sites.y_m[points.cell]
    )
    counts = (20.0 <= away_m) & (away_m <= 1_500.0)
    for out, rmse_db, share in (
        (block_out & ~cell_out, BLOCKS_RMSE_DB, (0.75, 0.85)),
        # Eight cells: the luck of each is in the share.
        (cell_out, CELLS_RMSE_DB, (0.65, 0.95)),
    ):
        asked = points.chosen(out & counts)
        said = model.predict(sites, asked, None)
        assert asked.rsrp_dbm is not None
        off_db = asked.rsrp_dbm - said.mean_dbm
        assert np.sqrt(np.mean(off_db**2)) < rmse_db
        inside = (said.p10_dbm <= asked.rsrp_dbm) & (asked.rsrp_dbm <= said.p90_dbm)
        assert share[0] < inside.mean() < share[1]
