"""What does every closed loop answer: what would you change, believing this?"""

import abc

from gemel.autonomy.decision import Proposal
from gemel.network.controls import Controls
from gemel.twin.belief import Belief


class AbstractLoop(abc.ABC):
    """Sees beliefs and controls, nothing else; proposes, and only proposes."""

    @abc.abstractmethod
    def propose(
        self, belief: Belief, controls: Controls, elapsed_s: float
    ) -> Proposal | None:
        """A change for the period that begins now, or None."""
