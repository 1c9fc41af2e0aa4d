"""Who moves the users, and who tells them what to want?

A question with two answers: `Still` for a twin, whose users stand for many, and the
stand-in's own, which has people walk and drive (see the emulator).
"""

import abc
from typing import TYPE_CHECKING

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from gemel.network.controls import Controls

if TYPE_CHECKING:
    from gemel.network.simulator import Network, Users


class AbstractSurroundings(eqx.Module):
    """What happens to users between two steps."""

    @abc.abstractmethod
    def move(
        self,
        network: "Network",
        users: "Users",
        controls: Controls,
        key: PRNGKeyArray,
        elapsed_s: Float[Array, ""],
        step_s: Float[Array, ""],
    ) -> "Users":
        """The users one step later: places, candidates and demand."""


class Still(AbstractSurroundings):
    """Nobody moves and nobody changes their mind."""

    def move(
        self,
        network: "Network",
        users: "Users",
        controls: Controls,
        key: PRNGKeyArray,
        elapsed_s: Float[Array, ""],
        step_s: Float[Array, ""],
    ) -> "Users":
        return users
