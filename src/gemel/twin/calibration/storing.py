"""Which plain arrays say all of a calibration, and how does it come back from them?"""

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from gemel.twin.calibration.asking import Knowledge
from gemel.twin.calibration.fitted import CellFits
from gemel.twin.calibration.heard import Heard
from gemel.twin.calibration.kriging import Field
from gemel.twin.calibration.measured import SiteTable, Terrain
from gemel.twin.calibration.physics import Physics
from gemel.twin.calibration.residual import Residual
from gemel.twin.forest import Forest

Arrays = dict[str, np.ndarray]


def stored_table(table: Any, prefix: str) -> Arrays:
    """Every field of a dataclass of arrays."""
    return {
        f"{prefix}.{field.name}": np.asarray(getattr(table, field.name))
        for field in dataclasses.fields(table)
    }


def _fields(kind: type, arrays: Arrays, prefix: str) -> dict[str, Any]:
    return {
        field.name: arrays[f"{prefix}.{field.name}"]
        for field in dataclasses.fields(kind)
    }


def stored_knowledge(knowledge: Knowledge) -> tuple[Arrays, dict[str, Any]]:
    """Arrays and facts."""
    arrays = {
        **stored_table(knowledge.sites, "sites"),
        **stored_table(knowledge.physics, "physics"),
        **stored_table(knowledge.heard, "heard"),
        "is_measured": knowledge.measured,
    }
    if knowledge.terrain is not None:
        arrays |= stored_table(knowledge.terrain, "terrain")
    facts = {
        "field": dataclasses.asdict(knowledge.field),
        "place_db": knowledge.place_db,
        "carrier_ghz": knowledge.carrier_ghz,
    }
    return arrays, facts


def knowledge_of(arrays: Arrays, facts: dict[str, Any]) -> Knowledge:
    """What `stored_knowledge` gave."""
    sites = _fields(SiteTable, arrays, "sites")
    sites["name"] = tuple(map(str, sites["name"]))
    physics = _fields(Physics, arrays, "physics")
    terrain = None
    if "terrain.altitude" in arrays:
        rasters = _fields(Terrain, arrays, "terrain")
        for name in ("x0_m", "y0_m", "step_m"):
            rasters[name] = float(rasters[name])
        terrain = Terrain(**rasters)
    return Knowledge(
        sites=SiteTable(**sites),
        physics=Physics(**{name: jnp.asarray(leaf) for name, leaf in physics.items()}),
        heard=Heard(**_fields(Heard, arrays, "heard")),
        field=Field(**facts["field"]),
        terrain=terrain,
        measured=arrays["is_measured"],
        place_db=facts["place_db"],
        carrier_ghz=facts["carrier_ghz"],
    )


def stored_residual(residual: Residual, prefix: str) -> tuple[Arrays, dict[str, float]]:
    """Arrays, and where the interval ends."""
    arrays = {
        f"{prefix}.{part}.{name}": array
        for part, forest in (("mean", residual.mean), ("scale", residual.scale))
        for name, array in forest.to_arrays().items()
    }
    return arrays, {"low": residual.low, "high": residual.high}


def residual_of(arrays: Arrays, ends: dict[str, float], prefix: str) -> Residual:
    """What `stored_residual` gave."""

    def forest(part: str) -> Forest:
        return Forest.from_arrays(_fields(Forest, arrays, f"{prefix}.{part}"))

    return Residual(forest("mean"), forest("scale"), ends["low"], ends["high"])


def cells_of(arrays: Arrays) -> CellFits:
    """What `stored_table` of them gave."""
    fields = _fields(CellFits, arrays, "cells")
    fields["name"] = tuple(map(str, fields["name"]))
    return CellFits(**fields)
