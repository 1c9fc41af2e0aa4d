"""Which worlds are ready-made, and how is a day lived in one?"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A place by name.

    needs:  what data it takes, in words
    build:  seed and data folder (or None) -> its WorldPlan
    """

    summary: str
    needs: str
    build: Callable[[int, Path | None], Any]


# Each is imported when it is built: a list of names must not wait for JAX.
def _munich(seed: int, data: Path | None) -> Any:
    from gemel.scenarios.munich import munich

    return munich(seed, data)


def _paris(seed: int, data: Path | None) -> Any:
    from gemel.scenarios.paris import paris

    return paris(seed, data)


def _paris_etoile(seed: int, data: Path | None) -> Any:
    from gemel.scenarios.paris_etoile import paris_etoile

    return paris_etoile(seed, data)


def _hexagons(seed: int, data: Path | None) -> Any:
    from gemel.scenarios.hexagons import hexagons

    return hexagons(seed, data)


SCENARIOS = {
    "munich": Scenario(
        "central Munich: real buildings, sites planned on real roofs",
        "nothing: the map comes with gemel's dependencies, works offline",
        _munich,
    ),
    "paris": Scenario(
        "Paris: the real 5G sites of Free Mobile, about 250 with three sectors",
        "the official list of sites: gemel data get paris, --data DIR or GEMEL_DATA",
        _paris,
    ),
    "paris-etoile": Scenario(
        "around the Arc de Triomphe: real 5G sites of Orange, rays traced for them",
        "as paris, and LLVM 16 or newer: apt-get install libllvm19",
        _paris_etoile,
    ),
    "hexagons": Scenario(
        "textbook grid: 19 three-sector sites, 700 MHz and 3.5 GHz",
        "nothing",
        _hexagons,
    ),
}
