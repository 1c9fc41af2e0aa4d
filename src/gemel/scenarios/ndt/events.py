"""What happens to a network, as the networkEventInfo of an NDTJob says it?

TS 28.561 makes it a text and says no more. Ours is one event, or several with
semicolons between them: `fail-site NAME`, and once
`crowd x_m=120,y_m=-80,radius_m=200,factor=5`.
"""

import dataclasses

import numpy as np
from jaxtyping import Bool

from gemel.errors import InterfaceError, ScenarioError
from gemel.scenarios.what_if_events import Gathering, cells_at, read_crowd
from gemel.world.inventory import Inventory

FAIL, CROWD = "fail-site", "crowd"
EXAMPLE = (
    f"Give '{FAIL} NAME' or '{CROWD} x_m=120,y_m=-80,radius_m=200,factor=5', several "
    "with semicolons between."
)


@dataclasses.dataclass(frozen=True)
class Happening:
    """Cells that fail, and a crowd or none."""

    failed: Bool[np.ndarray, " cell"]
    crowd: Gathering | None = None


def read_event(text: str, inventory: Inventory) -> Happening:
    """Raises InterfaceError for what is no event, or names a site that is not there."""
    failed, crowd = np.zeros(len(inventory.cells), bool), None
    for part in filter(None, (each.strip() for each in text.split(";"))):
        word, _, rest = part.partition(" ")
        try:
            if word == FAIL and rest.strip():
                failed[cells_at(inventory, rest.strip())] = True
            elif word == CROWD and rest.strip():
                if crowd is not None:
                    raise InterfaceError(
                        "networkEventInfo has two crowds, and this twin can gather "
                        "one. Leave one out."
                    )
                crowd = read_crowd(rest.strip())
            else:
                raise InterfaceError(
                    f"networkEventInfo: {part!r} is no event that is known. {EXAMPLE}"
                )
        except ScenarioError as error:
            raise InterfaceError(f"networkEventInfo: {error}") from error
    if failed.all():
        raise InterfaceError(
            "networkEventInfo: every site fails, and nothing is left to be asked "
            "about. Name fewer."
        )
    return Happening(failed, crowd)
