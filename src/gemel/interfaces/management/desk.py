"""How does a change get from a request to the equipment, whole or not at all?"""

from collections.abc import Callable, Sequence

import numpy as np

from gemel.interfaces.management.equipment import AbstractEquipment, EquipmentError
from gemel.interfaces.management.facts import Facts
from gemel.interfaces.management.knobs import Knobs
from gemel.interfaces.management.rendering import Now, Status
from gemel.interfaces.management.tree import Tree, tree_of
from gemel.interfaces.management.turning import changed
from gemel.interfaces.management.turnstile import Turnstile
from gemel.interfaces.standards.problem import SERVER, Refusal, refusal
from gemel.interfaces.standards.ts28532_provmns_patch import Wish


class Desk:
    """The one place from which the equipment is turned.

    turnstile:  between whoever turns it and the clock that lives it
    keep:       called after every change, while nobody else may touch anything: what
                was answered with yes must survive a crash
    tell:       takes the names of the objects that were changed
    """

    def __init__(self, equipment: AbstractEquipment, facts: Facts):
        self.equipment, self.facts = equipment, facts
        self.turnstile = Turnstile()
        self.tree: Tree = tree_of(facts, equipment.knobs().neighbour)
        self.keep: Callable[[], None] = lambda: None
        self.tell: Callable[[Sequence[str]], None] = lambda names: None
        nobody = np.zeros(facts.cells)
        self.now = Now(
            facts, equipment.knobs(), Status(nobody, equipment.working().copy())
        )

    def refresh(self, users: np.ndarray | None = None) -> None:
        """Look again at what is really set, and at who is there if that is known."""
        seen = self.now.status.users if users is None else users
        status = Status(np.asarray(seen, np.float64), self.equipment.working().copy())
        self.now = Now(self.facts, self.equipment.knobs(), status)

    def patch(self, wishes: Sequence[Wish]) -> None:
        """All of these wishes now. Raises Refusal, and then nothing was changed."""
        with self.turnstile.visit():
            knobs = changed(self.tree, self.now, wishes)
            names = [wish.dn for wish in wishes]
            if not names:
                return
            for dn in names:
                if why := self.equipment.refuses(dn):
                    raise refusal(SERVER, dn, f"{dn} takes no change: {why}.")
            before = self.equipment.knobs()
            if (undone := self.set(knobs)) is not None:
                raise undone
            try:
                self.keep()
            except OSError as error:
                self.set(before)
                why = error.strerror or str(error)
                detail = f"nothing was changed: it could not be kept: {why}."
                raise refusal(SERVER, names[0], detail) from error
        self.tell(names)

    def set(self, knobs: Knobs) -> Refusal | None:
        """Turn the equipment; if that fails, turn it back and say why.

        Only inside the turnstile. EquipmentError: it could not be turned back either.
        """
        before = self.equipment.knobs()
        try:
            self.equipment.turn(knobs)
        except EquipmentError as error:
            self.equipment.turn(before)
            self.refresh()
            return refusal(SERVER, "SubNetwork=1", f"nothing was changed: {error}.")
        self.refresh()
        return None
