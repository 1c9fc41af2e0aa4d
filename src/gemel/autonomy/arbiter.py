"""How do the wishes of all loops become one change?"""

import equinox as eqx
import numpy as np

from gemel.autonomy.decision import Joint, Proposal
from gemel.errors import LoopsDisagree
from gemel.network.controls import Controls


def arbitrate(
    controls: Controls,
    proposals: list[Proposal],
    names: tuple[str, ...],
    precedence: tuple[str, ...] = (),
) -> Joint | None:
    """One joint change, or None where nobody wishes anything.

    precedence: loops, strongest first, as people declared it.
    Raises LoopsDisagree when two loops want one knob of one cell two ways and
    precedence does not name both.
    """
    wish = controls
    turned: dict[str, np.ndarray] = {}
    for proposal in sorted(proposals, key=lambda p: _rank(p.loop, precedence)):
        for knob in proposal.knobs:
            before = np.asarray(getattr(controls, knob))
            wanted = np.asarray(getattr(proposal.wish, knob))
            taken = turned.setdefault(knob, np.full(before.shape, -1))
            changes = wanted != before
            so_far = np.array(getattr(wish, knob))
            rivals = changes & (taken >= 0) & (wanted != so_far)
            if rivals.any():
                cell = int(rivals.argmax())
                rival = proposals[taken[cell]].loop
                if not {rival, proposal.loop} <= set(precedence):
                    raise LoopsDisagree(
                        f"{rival} and {proposal.loop} want {knob} of cell "
                        f"{names[cell]} two ways. Declare which takes precedence."
                    )
            mine = changes & (taken < 0)
            taken[mine] = proposals.index(proposal)
            so_far[mine] = wanted[mine]
            wish = eqx.tree_at(
                lambda c, k=knob: getattr(c, k), wish, np.asarray(so_far)
            )
    wish = eqx.tree_at(
        lambda c: [getattr(c, k) for k in turned],
        wish,
        [_like(getattr(wish, k), getattr(controls, k)) for k in turned],
    )
    if not any(
        np.any(np.asarray(getattr(wish, k)) != np.asarray(getattr(controls, k)))
        for k in turned
    ):
        return None
    aims = "; ".join(proposal.aim for proposal in proposals)
    return Joint(tuple(p.loop for p in proposals), aims, controls, wish)


def _rank(loop: str, precedence: tuple[str, ...]) -> int:
    return precedence.index(loop) if loop in precedence else len(precedence)


def _like(value, model):
    return model.at[:].set(value)
