"""Which antenna does each cell carry, and how strongly does it send into a direction?

Antennas that are all two parabolas are computed; as soon as one of a network is a real
array, all are read from one shelf of tables. Either way every cell may carry another
one.
"""

import abc
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.radio.antenna import AbstractAntenna, SectorPattern
from gemel.radio.tabulated import AntennaShelf, shelf_of


class AbstractCellAntennas(eqx.Module):
    """The antennas of all cells."""

    @abc.abstractmethod
    def towards_db(
        self,
        cell: Int[Array, ""],
        sideways_deg: Float[Array, ""],
        fall_deg: Float[Array, ""],
        tilt_deg: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Gain over an isotropic antenna, dBi.

        sideways_deg:  of the user off the boresight, clockwise, -180..180
        fall_deg:      of the user below the horizon
        tilt_deg:      of the antenna below the horizon
        """


class ParabolicAntennas(AbstractCellAntennas):
    """Two parabolas each.

    pattern:  every leaf has the axis `kind`
    number:   the kind of every cell; where there is one kind only, nobody looks
    """

    pattern: SectorPattern
    number: Int[Array, " cell"]

    def towards_db(
        self,
        cell: Int[Array, ""],
        sideways_deg: Float[Array, ""],
        fall_deg: Float[Array, ""],
        tilt_deg: Float[Array, ""],
    ) -> Float[Array, ""]:
        only_one = self.pattern.gain_dbi.shape[0] == 1
        kind = 0 if only_one else self.number[cell]
        own = jax.tree.map(lambda leaf: leaf[kind], self.pattern)
        return own.towards_db(sideways_deg, fall_deg - tilt_deg)


class ShelvedAntennas(AbstractCellAntennas):
    """Any antennas at all, by their tables."""

    shelf: AntennaShelf
    number: Int[Array, " cell"]

    def towards_db(
        self,
        cell: Int[Array, ""],
        sideways_deg: Float[Array, ""],
        fall_deg: Float[Array, ""],
        tilt_deg: Float[Array, ""],
    ) -> Float[Array, ""]:
        number = self.number[cell]
        return self.shelf.towards_db(number, sideways_deg, fall_deg, tilt_deg)


def antennas_of(each: Sequence[AbstractAntenna]) -> AbstractCellAntennas:
    """The antennas of cells in the cells' order; the same object is worked out once."""
    kinds = list({id(one): one for one in each}.values())
    order = {id(one): number for number, one in enumerate(kinds)}
    number = jnp.asarray([order[id(one)] for one in each], jnp.int32)
    parabolas = [one for one in kinds if isinstance(one, SectorPattern)]
    if len(parabolas) < len(kinds):
        return ShelvedAntennas(shelf_of(kinds), number)
    stacked = jax.tree.map(lambda *leaf: jnp.stack(leaf), *parabolas)
    return ParabolicAntennas(stacked, number)
