"""What is set after these wishes, and which of them cannot be?

Nothing is changed in place: a draft is checked wish by wish, and only a draft without
mistakes becomes new knobs. So a request is carried out whole or not at all.
"""

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from gemel.emulator.settings import SLICES
from gemel.interfaces.management.knobs import Knobs
from gemel.interfaces.management.rendering import Node, Now, attributes
from gemel.interfaces.management.tree import Tree
from gemel.interfaces.standards.problem import (
    APPLICATION,
    BAD_VALUE,
    SCHEMA,
    TREE,
    ErrorDetail,
    Refusal,
)
from gemel.interfaces.standards.ts28532_provmns import MISSING, at
from gemel.interfaces.standards.ts28532_provmns_patch import Wish
from gemel.interfaces.standards.ts28541 import mistake

# Where in `Knobs` the arrays lie that a wish may write to.
_CONTROLS = ("power_dbm", "tilt_deg", "azimuth_turn_deg", "handover_margin_db")
_SETTINGS = (
    "hysteresis_db",
    "time_to_trigger_ms",
    "conditional",
    "slice_min_share",
    "slice_max_share",
)
_OWN = ("unlocked", "saving", "offset_db", "other_offset_db", "allowed")


class Draft:
    """Knobs in the making."""

    def __init__(self, tree: Tree, now: Now):
        self._tree, self._now = tree, now
        knobs = now.knobs
        self.arrays: dict[str, np.ndarray] = {
            **{name: np.array(getattr(knobs.controls, name)) for name in _CONTROLS},
            **{name: np.array(getattr(knobs.settings, name)) for name in _SETTINGS},
            **{name: np.array(getattr(knobs, name)) for name in _OWN},
        }
        self._touched = False

    def take(self, wishes: Iterable[Wish]) -> tuple[ErrorDetail, ...]:
        """All of these wishes, or none of them and why."""
        touched = self._touched
        before = {name: array.copy() for name, array in self.arrays.items()}
        wishes = list(wishes)
        errors = [error for wish in wishes if (error := self._take(wish))]
        errors = errors or self._slices_wrong({wish.dn for wish in wishes})
        if errors:
            self.arrays, self._touched = before, touched
        return tuple(errors)

    def knobs(self) -> Knobs:
        """What is set if this is taken over; the very same where nothing changes."""
        knobs = self._now.knobs
        if not self._touched:
            return knobs
        get = self.arrays.get
        controls = eqx.tree_at(
            lambda c: [getattr(c, name) for name in _CONTROLS],
            knobs.controls,
            [jnp.asarray(get(name)) for name in _CONTROLS],
        )
        settings = eqx.tree_at(
            lambda s: [getattr(s, name) for name in _SETTINGS],
            knobs.settings,
            [jnp.asarray(get(name)) for name in _SETTINGS],
        )
        drafted = copy.copy(knobs.__dict__)
        drafted |= {name: self.arrays[name] for name in _OWN}
        drafted |= {"controls": controls, "settings": settings}
        return Knobs(**drafted).settled()

    def _take(self, wish: Wish) -> ErrorDetail | None:
        try:
            node = self._tree.node(wish.dn)
        except Refusal as refused:
            return refused.errors[0]
        if wish.expected is not MISSING:
            return _differs(wish, attributes(node, self._shown()))
        value = wish.value
        if wish.path or isinstance(value, dict):  # else nothing of it is kept
            value = _whole(wish, attributes(node, self._shown()).get(wish.name))
        if value is MISSING:
            inside = "/".join(wish.path)
            return ErrorDetail(
                TREE,
                f"{wish.dn}/attributes/{wish.name}/{inside}",
                f"{wish.name} of {wish.dn} has no part {inside}. Name one that is.",
            )
        if wrong := mistake(wish.dn, node.kind, wish.name, value):
            return wrong
        if wrong := self._too_strong(node, wish.name, value):
            return wrong
        _SET[wish.name](self.arrays, node, value)
        self._touched = True
        return None

    def _shown(self) -> Now:
        """What a wish sees: those before it have been granted."""
        if not self._touched:
            return self._now
        return Now(self._now.facts, self.knobs(), self._now.status)

    def _too_strong(self, node: Node, name: str, value: Any) -> ErrorDetail | None:
        if name != "configuredMaxTxPower":
            return None
        most_mw = self._now.facts.most_power_mw[node.cell]
        if value <= most_mw:
            return None
        return ErrorDetail(
            APPLICATION,
            f"{node.dn}/attributes/{name}",
            f"{name} of {node.dn} is {value} mW; its equipment sends {most_mw} mW at "
            "most. Give 1 to that.",
            BAD_VALUE,
        )

    def _slices_wrong(self, touched: set[str]) -> list[ErrorDetail]:
        """Shares that cannot all be kept, TS 28.541 clause 4.3.36."""
        errors = []
        for dn in sorted(touched):
            node = self._tree.nodes.get(dn)
            if node is None or node.kind != "RRMPolicyRatio":
                continue
            least = self.arrays["slice_min_share"][node.cell]
            most = self.arrays["slice_max_share"][node.cell]
            why = None
            if least[node.part] > most[node.part]:
                why = f"keeps more for slice {SLICES[node.part]} than it may ever get"
            elif least.sum() > 1.0 + 1e-6:  # float32 sums of whole percents
                why = f"makes the cell keep {100 * least.sum():.0f} % for its slices"
            if why:
                errors.append(
                    ErrorDetail(SCHEMA, dn, f"{dn} {why}. Give less.", BAD_VALUE)
                )
        return errors


def changed(tree: Tree, now: Now, wishes: Iterable[Wish]) -> Knobs:
    """What is set after all of these. Raises Refusal if one of them cannot be."""
    draft = Draft(tree, now)
    if errors := draft.take(wishes):
        raise Refusal(*errors)
    return draft.knobs()


def _differs(wish: Wish, shown: dict[str, Any]) -> ErrorDetail | None:
    value = at(shown, "/".join((wish.name, *wish.path)))
    if value == wish.expected:
        return None
    node = f"{wish.dn}/attributes/{'/'.join((wish.name, *wish.path))}"
    said = "absent" if value is MISSING else repr(value)
    return ErrorDetail(TREE, node, f"{node} is {said}, not {wish.expected!r}. Read it.")


def _whole(wish: Wish, current: Any) -> Any:
    """The whole value after the wish; objects keep the members it does not name."""
    if not wish.path:
        both = isinstance(wish.value, dict) and isinstance(current, dict)
        return {**current, **wish.value} if both else wish.value
    whole = inside = copy.deepcopy({wish.name: current})
    *way, last = (wish.name, *wish.path)
    found = at(inside, "/".join(way))
    if isinstance(found, dict):
        found[last] = wish.value
    elif isinstance(found, list) and last.isdecimal() and int(last) < len(found):
        found[int(last)] = wish.value
    else:
        return MISSING
    return whole[wish.name]


Setter = Callable[[dict[str, np.ndarray], Node, Any], None]


def _cell(name: str, convert: Callable[[Any], Any]) -> Setter:
    def put(arrays: dict[str, np.ndarray], node: Node, value: Any) -> None:
        arrays[name][node.cell] = convert(value)

    return put


def _slice(name: str) -> Setter:
    def put(arrays: dict[str, np.ndarray], node: Node, value: Any) -> None:
        arrays[name][node.cell, node.part] = value / 100.0

    return put


def _offsets(arrays: dict[str, np.ndarray], node: Node, value: Any) -> None:
    arrays["offset_db"][node.cell, node.part] = value[0]
    arrays["other_offset_db"][node.cell, node.part] = value[1:]


def _allowed(arrays: dict[str, np.ndarray], node: Node, value: Any) -> None:
    arrays["allowed"][node.cell, node.part] = value


def _handover(arrays: dict[str, np.ndarray], node: Node, value: Any) -> None:
    arrays["handover_margin_db"][node.cell] = value["a3Offset"] / 2.0
    arrays["hysteresis_db"][node.cell] = value["hysteresis"] / 2.0
    arrays["time_to_trigger_ms"][node.cell] = value["timeToTrigger"]
    arrays["conditional"][node.cell] = value["conditionalHandover"]


# attribute -> how it is set; exactly those that TS 28.541 here calls writable
_SET: dict[str, Setter] = {
    "administrativeState": _cell("unlocked", lambda value: value == "UNLOCKED"),
    "energySavingControl": _cell(
        "saving", lambda value: value == "TO_BE_ENERGY_SAVING"
    ),
    "configuredMaxTxPower": _cell("power_dbm", lambda mw: 10.0 * math.log10(mw)),
    "digitalTilt": _cell("tilt_deg", lambda value: value / 10.0),
    "digitalAzimuth": _cell("azimuth_turn_deg", lambda value: value / 10.0),
    "rRMPolicyMaxRatio": _slice("slice_max_share"),
    "rRMPolicyMinRatio": _slice("slice_min_share"),
    "cellIndividualOffset": _offsets,
    "isHOAllowed": _allowed,
    "vsData": _handover,
}
SETTABLE = frozenset(_SET)
