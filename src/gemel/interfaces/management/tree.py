"""Which managed objects are there, and what is below which?"""

import dataclasses
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Int

from gemel.interfaces.management.facts import Facts
from gemel.interfaces.management.rendering import (
    SLICES_PER_CELL,
    Node,
    Now,
    attributes,
)
from gemel.interfaces.standards.naming import SUB_NETWORK
from gemel.interfaces.standards.problem import BAD_NAME, TREE, refusal
from gemel.interfaces.standards.ts28532_provmns import Scope

Select = Callable[[dict[str, Any]], dict[str, Any]]
Passes = Callable[[dict[str, Any]], bool]


@dataclasses.dataclass(frozen=True)
class Extra:
    """An object that comes and goes: a job, a subscription, the list of alarms."""

    dn: str
    attributes: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Tree:
    """The objects of a network by name, parents first; none is created or deleted."""

    nodes: dict[str, Node]

    @cached_property
    def below(self) -> dict[str, list[str]]:
        """The names of the children of every object, in order."""
        children: dict[str, list[str]] = {dn: [] for dn in self.nodes}
        for dn in self.nodes:
            if dn != SUB_NETWORK:
                children[parent_of(dn)].append(dn)
        return children

    def node(self, dn: str) -> Node:
        """The object of that name. Raises Refusal."""
        if dn not in self.nodes:
            raise unknown(dn, self._nearest(dn))
        return self.nodes[dn]

    def _nearest(self, dn: str) -> str:
        """The last part of the name that exists, and what is below it."""
        while dn and dn not in self.nodes:
            dn = parent_of(dn)
        if not dn:
            return f"the tree begins at {SUB_NETWORK}"
        names = [each.rpartition(",")[2] for each in self.below[dn]]
        shown = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
        return f"{dn} has below it {shown or 'nothing'}"


def tree_of(facts: Facts, neighbour: Int[np.ndarray, "cell n"]) -> Tree:
    """The objects of these cells and their relations."""
    nodes = [Node(SUB_NETWORK, "SubNetwork", "1", 0)]
    names = facts.names
    for number, element in enumerate(names.element):
        of_site = [c for c, e in enumerate(names.element_of_cell) if e == number]
        first = of_site[0]
        nodes.append(_node(element, first))
        nodes.append(_node(f"{element},GNBDUFunction=1", first))
        for cell in of_site:
            du, carrier = names.cell_du[cell], names.sector_carrier[cell]
            nodes.append(_node(du, cell))
            for part in range(SLICES_PER_CELL):
                nodes.append(_node(f"{du},RRMPolicyRatio={part + 1}", cell, part))
            nodes.append(_node(carrier, cell))
            nodes.append(_node(names.beamforming[cell], cell))
            nodes.append(_node(names.beam[cell], cell))
        nodes.append(_node(f"{element},GNBCUCPFunction=1", first))
        for cell in of_site:
            cu = names.cell_cu[cell]
            nodes.append(_node(cu, cell))
            for part in np.flatnonzero(neighbour[cell] >= 0):
                nodes.append(_node(f"{cu},NRCellRelation={part + 1}", cell, int(part)))
            nodes.append(_node(names.energy_saving[cell], cell))
            nodes.append(_node(names.vendor_data[cell], cell))
    return Tree({node.dn: node for node in nodes})


def read(
    tree: Tree,
    now: Now,
    extras: list[Extra],
    dn: str,
    scope: Scope,
    passes: Passes = lambda node: True,
    select: Select = lambda attributes: attributes,
) -> dict[str, Any] | None:
    """The object with those below it that scope and filter take, one in the other.

    Objects on the way to one that is taken appear with their names alone (TS 32.158,
    hierarchical responses). None where nothing is taken. Raises Refusal for an unknown
    name.
    """
    more = {extra.dn: extra for extra in extras}
    if dn not in more:
        tree.node(dn)

    def one(dn: str, depth: int) -> dict[str, Any] | None:
        kind, _, identity = dn.rpartition(",")[2].partition("=")
        told: dict[str, Any] = {
            "id": identity,
            "objectClass": kind,
            "objectInstance": dn,
        }
        taken = False
        if scope.takes(depth):
            values = more[dn].attributes if dn in more else _attributes(dn)
            whole = {**told, "attributes": values}
            if taken := passes(whole):
                told["attributes"] = select(values)
        if scope.type != "BASE_ONLY":
            for child in _children(dn):
                inside = one(child, depth + 1)
                if inside is not None:
                    told.setdefault(inside["objectClass"], []).append(inside)
                    taken = True
        return told if taken else None

    def _attributes(dn: str) -> dict[str, Any]:
        return attributes(tree.nodes[dn], now)

    def _children(dn: str) -> Iterator[str]:
        yield from tree.below.get(dn, ())
        yield from (each for each in more if parent_of(each) == dn)

    return one(dn, 0)


def parent_of(dn: str) -> str:
    """The name without its last part; empty for the top."""
    return dn.rpartition(",")[0]


def unknown(dn: str, nearest: str) -> Exception:
    """What to say of a name that nothing has."""
    return refusal(
        TREE,
        dn,
        f"there is no object {dn}; {nearest}. Name one that is.",
        BAD_NAME,
        404,
    )


def _node(dn: str, cell: int, part: int = 0) -> Node:
    kind, _, identity = dn.rpartition(",")[2].partition("=")
    return Node(dn, kind, identity, cell, part)
