"""Which power and which delays does TR 38.864 give the states of each cell?

Category 1 is equipment that is quick to sleep; category 2 draws less when idle and
takes seconds to fall asleep. The report is relative, so what a unit is in watts is
ours: the same cell at full downlink draws the same watts in either category.
"""

import csv
import functools
from importlib import resources

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.errors import ScenarioError
from gemel.network.carriers import FDD, Carriers

CATEGORIES = (1, 2)
TDD_SET, FDD_SET, MMWAVE_SET = 1, 2, 3  # table 5.1-1
MMWAVE_FROM_GHZ = 24.0
NOTICE_MS = 1_000  # our default: some twenty handovers one after the other


class PowerRules(eqx.Module):
    """One value a cell; powers in relative units.

    deep, light, micro, downlink, uplink: P1 to P5 of table 5.1-3
    watts_per_unit:    what one unit stands for
    downlink_share:    of the symbols; 1 for FDD, whose uplink the report neglects
    prb:               resource blocks of the carrier
    deep_ms, light_ms: one way into that sleep or out of it, half of table 5.1-4
    deep_unit_ms, light_unit_ms: extra energy of one way, half of table 5.1-5
    hold_ms:           in light sleep first, before deep sleep; 0 goes straight to deep
    notice_ms:         on the air after the order to sleep, so that users can leave
    """

    deep: Float[Array, " cell"]
    light: Float[Array, " cell"]
    micro: Float[Array, " cell"]
    downlink: Float[Array, " cell"]
    uplink: Float[Array, " cell"]
    watts_per_unit: Float[Array, " cell"]
    downlink_share: Float[Array, " cell"]
    prb: Float[Array, " cell"]
    deep_ms: Int[Array, " cell"]
    light_ms: Int[Array, " cell"]
    deep_unit_ms: Float[Array, " cell"]
    light_unit_ms: Float[Array, " cell"]
    hold_ms: Int[Array, " cell"]
    notice_ms: Int[Array, " cell"]


@functools.cache
def listed() -> dict[str, float]:
    """Every number of the tables: category.set.state, and category.transition."""
    path = resources.files("gemel.emulator.power").joinpath("tr38864.csv")
    rows = csv.DictReader(path.read_text("utf-8").splitlines())
    return {row["name"]: float(row["value"]) for row in rows}


def power_rules(
    radio: Carriers, category: int = 1, hold_ms: int = 0, notice_ms: int = NOTICE_MS
) -> PowerRules:
    """The rules of cells, from their carriers.

    radio:     one entry a cell, as `network.energy.power_w` takes it
    category:  one of CATEGORIES
    """
    if category not in CATEGORIES:
        raise ScenarioError(
            f"power category {category} is unknown; TR 38.864 has "
            f"{', '.join(map(str, CATEGORIES))}. Choose one."
        )
    for name, value in (("hold_ms", hold_ms), ("notice_ms", notice_ms)):
        if value < 0:
            raise ScenarioError(
                f"{name} is {value}; nobody waits for less than nothing. Give 0 or "
                "more milliseconds."
            )
    found, sets = listed(), _sets(radio)

    def each(state: str) -> Float[Array, " cell"]:
        of_cell = [found[f"{category}.{one}.{state}"] for one in sets]
        return jnp.asarray(of_cell, jnp.float32)

    def half(name: str) -> Float[Array, " cell"]:
        return jnp.full(len(sets), 0.5 * found[f"{category}.{name}"], jnp.float32)

    def whole(value_ms: float | int) -> Int[Array, " cell"]:
        return jnp.full(len(sets), round(value_ms), jnp.int32)

    downlink = each("downlink")
    return PowerRules(
        deep=each("deep"),
        light=each("light"),
        micro=each("micro"),
        downlink=downlink,
        uplink=each("uplink"),
        watts_per_unit=radio.watts_per_unit * radio.downlink / downlink,
        downlink_share=radio.downlink_share,
        prb=radio.prb,
        deep_ms=whole(0.5 * found[f"{category}.deep_ms"]),
        light_ms=whole(0.5 * found[f"{category}.light_ms"]),
        deep_unit_ms=half("deep_extra"),
        light_unit_ms=half("light_extra"),
        hold_ms=whole(hold_ms),
        notice_ms=whole(notice_ms),
    )


def _sets(radio: Carriers) -> list[int]:
    """The reference set of table 5.1-1 that each cell is most like."""
    high = np.asarray(radio.carrier_ghz) >= MMWAVE_FROM_GHZ
    paired = np.asarray(radio.downlink_share) == FDD
    return np.where(high, MMWAVE_SET, np.where(paired, FDD_SET, TDD_SET)).tolist()
