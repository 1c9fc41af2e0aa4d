"""How do a stand-in network and its twin come from one plan, knowing different things?

They share what is public: inventory, map, where people tend to be. Each has its own
shadows, walls and people; only the stand-in has the secrets.
"""

import dataclasses

import numpy as np

from gemel.emulator.building import stand_in_of
from gemel.emulator.faults.fate import Fate
from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.emulator.tempos.seconds import Tempo
from gemel.interfaces.raytracing.survey import Progress
from gemel.network.bins import Bins, bins_of
from gemel.network.cells import Cells, cells_of
from gemel.network.controls import Controls, controls_of
from gemel.network.line_of_sight import AbstractLineOfSight, ByChance, ByMap
from gemel.network.path_gain import Propagation
from gemel.network.radio_maps import radio_maps_of
from gemel.radio.shadowing import CorrelatedField, correlated_field
from gemel.scenarios.plan import WorldPlan
from gemel.world.people import draw_people

CANDIDATES = 12  # a layer; two sites further out there is little left to hear
NEAREST_MASTS = 96  # find the strongest cell for 9,998 of 10,000 users


@dataclasses.dataclass(frozen=True)
class PublicFacts:
    """What the inventory says, as arrays; the propagation is the twin's own."""

    plan: WorldPlan
    cells: Cells
    controls: Controls
    propagation: Propagation
    bins: Bins


def public_facts(
    plan: WorldPlan, seed: int, progress: Progress = lambda what, share: None
) -> PublicFacts:
    """Cells, controls and the twin's idea of propagation.

    Raises InterfaceError where radio maps are to be traced and cannot be.
    """
    cells = cells_of(plan.inventory, plan.rain_mm_h, plan.link_rate)
    controls = controls_of(plan.inventory)
    path_loss = plan.loss
    bins = bins_of(cells, path_loss, controls, near=NEAREST_MASTS)
    field = correlated_field(_number(seed, 10))
    sight = _line_of_sight(plan, field)
    maps = None
    if plan.survey is not None:
        maps = radio_maps_of(cells, plan.survey.grid, plan.survey.maps(progress))
    propagation = Propagation(path_loss, sight, field, bins, CANDIDATES, maps=maps)
    return PublicFacts(plan, cells, controls, propagation, bins)


def stand_in_for(
    facts: PublicFacts,
    seed: int,
    elapsed_s: float,
    lives: int,
    secrets: Secrets,
    fate: Fate | None = None,
    tempo: Tempo = "flow",
    duty: float = 1.0,
    period_s: float = 900.0,
) -> StandIn:
    """The network, with shadows and people that the twin will never see."""
    plan = facts.plan
    field = correlated_field(_number(seed, 20))
    propagation = Propagation(
        facts.propagation.path_loss,
        _line_of_sight(plan, field),
        field,
        facts.bins,
        CANDIDATES,
        maps=facts.propagation.maps,
    )
    people = draw_people(
        plan.density,
        plan.people,
        np.random.default_rng([seed, 0]),
        buildings=plan.buildings,
    )
    return stand_in_of(
        facts.cells,
        facts.controls,
        propagation,
        plan.density,
        people,
        secrets,
        plan.busy_hour_load,
        seed,
        elapsed_s,
        lives,
        fate,
        tempo,
        duty,
        period_s,
    )


def _line_of_sight(plan: WorldPlan, field: CorrelatedField) -> AbstractLineOfSight:
    if plan.buildings is not None:
        return ByMap(plan.buildings)
    return ByChance(field, plan.loss)


def _number(seed: int, stream: int) -> int:
    """A seed of its own for every purpose."""
    return int(np.random.default_rng([seed, stream]).integers(2**31))
