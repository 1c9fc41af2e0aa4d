"""What is set on every cell, for managed objects and for the equipment?"""

import dataclasses
from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from gemel.emulator.mobility.relations import Relations, relations_of
from gemel.emulator.settings import Settings, usual_settings
from gemel.network.cells import Cells
from gemel.network.controls import Controls


@dataclasses.dataclass(frozen=True)
class Knobs:
    """All that a management system may change; never changed in place.

    controls:   as set; `awake` and `individual_offset_db` follow from the next three
    unlocked:   administrativeState of the NRCellDU
    saving:     what energySavingControl asked for
    offset_db:  rsrpOffsetSsb of every relation, the target's own offset included
    other_offset_db: the other five of cellIndividualOffset, which nothing heeds
    allowed:    isHOAllowed of every relation
    neighbour:  the target of every relation; -1 where there is none
    """

    controls: Controls
    settings: Settings
    unlocked: Bool[np.ndarray, " cell"]
    saving: Bool[np.ndarray, " cell"]
    neighbour: Int[np.ndarray, "cell n"]
    offset_db: Float[np.ndarray, "cell n"]
    other_offset_db: Int[np.ndarray, "cell n 5"]
    allowed: Bool[np.ndarray, "cell n"]

    @property
    def awake(self) -> Bool[np.ndarray, " cell"]:
        """Neither locked nor saving energy."""
        return self.unlocked & ~self.saving

    def own_offset_db(self) -> Float[np.ndarray, " cell"]:
        """The part of the offsets that all relations towards a cell share.

        A per-cell offset is how `Controls` knows it; where relations towards a cell
        differ, all of it stays with the relations.
        """
        cells, there = len(self.neighbour), self.neighbour >= 0
        target, offset_db = self.neighbour[there], self.offset_db[there]
        low, high = np.full(cells, np.inf), np.full(cells, -np.inf)
        np.minimum.at(low, target, offset_db)
        np.maximum.at(high, target, offset_db)
        return np.where(low == high, low, 0.0).astype(np.float32)

    def relation_offset_db(self) -> Float[np.ndarray, "cell n"]:
        """What is left of the offsets without the targets' own."""
        own_db = self.own_offset_db()[np.maximum(self.neighbour, 0)]
        return np.where(self.neighbour >= 0, self.offset_db - own_db, 0.0).astype(
            np.float32
        )

    def relations(self) -> Relations:
        """As the equipment takes them, the targets' own offsets left out."""
        return Relations(
            neighbour=jnp.asarray(self.neighbour, jnp.int32),
            offset_db=jnp.asarray(self.relation_offset_db(), jnp.float32),
            allowed=jnp.asarray(self.allowed),
        )

    def settled(self) -> "Knobs":
        """The same, with the controls that follow from everything else."""
        controls = eqx.tree_at(
            lambda c: (c.awake, c.individual_offset_db),
            self.controls,
            (jnp.asarray(self.awake), jnp.asarray(self.own_offset_db(), jnp.float32)),
        )
        return dataclasses.replace(self, controls=controls)


def knobs_of(
    cells: Cells,
    controls: Controls,
    settings: Settings | None = None,
    relations: Relations | None = None,
) -> Knobs:
    """What is set before anybody changes anything.

    cells:  as the inventory has them
    """
    relations = relations_of(cells) if relations is None else relations
    near = np.asarray(relations.neighbour)
    count = len(cells.name)
    own_db = np.asarray(controls.individual_offset_db)[np.maximum(near, 0)]
    return Knobs(
        controls=controls,
        settings=usual_settings(count) if settings is None else settings,
        unlocked=np.ones(count, bool),
        saving=~np.asarray(controls.awake),
        neighbour=near,
        offset_db=(own_db + np.asarray(relations.offset_db)).astype(np.float32),
        other_offset_db=np.zeros((*near.shape, 5), np.int32),
        allowed=np.array(relations.allowed) & (near >= 0),
    ).settled()


_OWN = ("unlocked", "saving", "neighbour", "offset_db", "other_offset_db", "allowed")


def saved_knobs(knobs: Knobs) -> dict[str, np.ndarray]:
    """Everything that is set but the controls, which the network keeps itself."""
    settings = {
        f"settings.{name}": np.asarray(getattr(knobs.settings, name))
        for name in type(knobs.settings).__dataclass_fields__
    }
    return {**{name: getattr(knobs, name) for name in _OWN}, **settings}


def restored_knobs(controls: Controls, arrays: Mapping[str, np.ndarray]) -> Knobs:
    """The same again, beside these controls."""
    settings = {
        name: jnp.asarray(arrays[f"settings.{name}"])
        for name in Settings.__dataclass_fields__
    }
    own = {name: arrays[name] for name in _OWN}
    return Knobs(controls=controls, settings=Settings(**settings), **own)
