"""How does an energy model become a file, and a file an energy model?"""

import dataclasses
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.stores.model_file import read_model, write_model
from gemel.twin.energy_model.energy_model import EnergyModel
from gemel.twin.energy_model.power import TypePowers
from gemel.twin.forest import Forest

KIND = "base-station energy"


def write_energy_model(
    path: Path | str, model: EnergyModel, learned_from: dict[str, Any]
) -> None:
    """The whole file, or none.

    learned_from:  what a reader wants to know about the learning; numbers and words

    InterfaceError: the file cannot be written.
    """
    arrays = {"doubt_low": model.low, "doubt_high": model.high}
    for field in dataclasses.fields(TypePowers):
        value = getattr(model.powers, field.name)
        arrays[f"powers_{field.name}"] = np.asarray(value)
    if model.forest is not None:
        for name, values in model.forest.to_arrays().items():
            arrays[f"forest_{name}"] = values
    facts = {
        "types": list(model.types),
        "modes": list(model.modes),
        "ahead": model.ahead,
        "learned_from": learned_from,
    }
    write_model(path, KIND, arrays, facts)


def read_energy_model(path: Path | str) -> EnergyModel:
    """The model in a file that `write_energy_model` wrote.

    InterfaceError: as `read_model`, or something is missing in it.
    """
    arrays, facts = read_model(path, KIND)
    try:
        powers = TypePowers(
            **{
                field.name: jnp.asarray(arrays[f"powers_{field.name}"])
                for field in dataclasses.fields(TypePowers)
            }
        )
        trees = {
            name.removeprefix("forest_"): values
            for name, values in arrays.items()
            if name.startswith("forest_")
        }
        return EnergyModel(
            powers=powers,
            forest=Forest.from_arrays(trees) if trees else None,
            low=arrays["doubt_low"],
            high=arrays["doubt_high"],
            types=tuple(facts["types"]),
            modes=tuple(facts["modes"]),
            ahead=int(facts["ahead"]),
        )
    except (KeyError, TypeError, ValueError):
        raise InterfaceError(
            f"{path} says it is a model of {KIND!r} but lacks a part. Make it anew "
            "with gemel calibrate-energy."
        ) from None
