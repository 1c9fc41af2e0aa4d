"""How much is lost in a factory hall, among machines and shelves?

3GPP TR 38.901 V16.1: row InF of table 7.4.1-1 (loss and shadowing), rows InF of table
7.4.2-1 (line of sight), of table 7.2-4 (halls), of table 7.5-6 (correlation distance of
SF) and of table 7.6.3.1-2 (of the line of sight). `inf.csv` has their numbers.
"""

import csv
import functools
from importlib import resources
from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link
from gemel.radio.propagation.base import STREET_M, AbstractPathLoss, log10_distance_3d

# Sparse or Dense clutter, Low or High base; HH: base and user both above the clutter.
Hall = Literal["sl", "dl", "sh", "dh", "hh"]
SURELY_OPEN = 1e-6  # of the floor is free even in a hall said to be full
LEAST_RISE_M = 1e-3  # keeps the slope of a level path finite


class IndoorFactory(AbstractPathLoss):
    """One kind of hall. Clutter moves the line of sight only; the kind, the loss.

    hall:              which row of the tables
    clutter_density:   share of the floor that machines and shelves stand on
    clutter_height_m:  how tall they are
    clutter_size_m:    how wide one of them is
    """

    hall: Hall = eqx.field(static=True)
    clutter_density: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    clutter_height_m: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    clutter_size_m: Float[Array, ""] = eqx.field(converter=jnp.asarray)

    @property
    def line_of_sight_correlation_m(self) -> Float[Array, ""]:
        return 0.5 * self.clutter_size_m

    def loss_db(self, link: Link) -> Float[Array, ""]:
        log10_m, log10_ghz = log10_distance_3d(link), jnp.log10(link.carrier_ghz)
        seen_db = (
            _number("seen_first_metre_db")
            + _number("seen_slope_db") * log10_m
            + _number("seen_carrier_db") * log10_ghz
        )
        hidden_db = seen_db
        for row in _rows_of_hidden(self.hall):
            row_db = (
                _number(f"{row}_first_metre_db")
                + _number(f"{row}_slope_db") * log10_m
                + _number("hidden_carrier_db") * log10_ghz
            )
            hidden_db = jnp.maximum(hidden_db, row_db)
        return jnp.where(link.line_of_sight, seen_db, hidden_db)

    def line_of_sight_probability(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        base_height_m: Float[Array, ""],
    ) -> Float[Array, ""]:
        open_floor = 1.0 - jnp.clip(self.clutter_density, 0.0, 1.0 - SURELY_OPEN)
        met_per_m = -jnp.log(open_floor) / self.clutter_size_m
        in_clutter_m = distance_2d_m * self._below_clutter(user_height_m, base_height_m)
        return jnp.exp(-in_clutter_m * met_per_m)

    def _below_clutter(
        self, user_height_m: Float[Array, ""], base_height_m: Float[Array, ""]
    ) -> Float[Array, ""] | float:
        """The share of the way that runs among the clutter, 0..1.

        The table stretches k by (h_BS - h_UT) / (h_c - h_UT) for high bases: its
        inverse is this share for a base above the clutter and a user below.
        """
        if self.hall == "hh":
            return 0.0
        if self.hall in ("sl", "dl"):
            return 1.0
        low_m = jnp.minimum(user_height_m, base_height_m)
        rise_m = jnp.abs(base_height_m - user_height_m)
        inside_m = self.clutter_height_m - low_m
        return jnp.clip(inside_m / jnp.maximum(rise_m, LEAST_RISE_M), 0.0, 1.0)

    def valid(self, link: Link) -> Bool[Array, ""]:
        """Row InF names no heights, so these are the limits of halls (table 7.2-4):
        who stands among the clutter is no higher than clutter can be, and who stands
        above it is below the ceiling. Nobody is hidden where both are above (InF-HH).
        """
        squared_m2 = link.distance_3d_squared_m2
        clutter_m, ceiling_m = (
            _number("highest_clutter_m"),
            _number("highest_ceiling_m"),
        )
        base_to_m = clutter_m if self.hall in ("sl", "dl") else ceiling_m
        user_to_m = ceiling_m if self.hall == "hh" else clutter_m
        return (
            (1.0 <= squared_m2)
            & (squared_m2 <= 600.0**2)
            & (0.0 < link.base_height_m)
            & (link.base_height_m <= base_to_m)
            & (0.0 < link.user_height_m)
            & (link.user_height_m <= user_to_m)
            & (0.5 <= link.carrier_ghz)
            & (link.carrier_ghz <= 100.0)
            & (link.line_of_sight | (self.hall != "hh"))
        )

    def effective_ground_m(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        uniform: Float[Array, ""],
    ) -> Float[Array, ""]:
        return jnp.asarray(STREET_M)

    def shadowing_sigma_db(self, link: Link) -> Float[Array, ""]:
        seen_db = _number("seen_sigma_db")
        hidden_db = seen_db if self.hall == "hh" else _number(f"{self.hall}_sigma_db")
        return jnp.where(link.line_of_sight, seen_db, hidden_db)

    def correlation_m(
        self, line_of_sight: Bool[Array, ""], indoor: Bool[Array, ""] | bool = False
    ) -> Float[Array, ""]:
        return jnp.asarray(_number("correlation_m"))


def typical_factory(hall: Hall) -> IndoorFactory:
    """A hall with the clutter that TR 38.901 calibrates with (tables 7.2-4 and 7.8-7).

    InF-HH has none of its own; that of the sparse halls stands in and changes nothing.
    """
    clutter = "dense" if hall in ("dl", "dh") else "sparse"
    return IndoorFactory(
        hall,
        clutter_density=_number(f"{clutter}_clutter_density"),
        clutter_height_m=_number(f"{clutter}_clutter_height_m"),
        clutter_size_m=_number(f"{clutter}_clutter_size_m"),
    )


def _rows_of_hidden(hall: Hall) -> tuple[Hall, ...]:
    """Hidden users lose the most of these rows; the table bounds InF-DL by InF-SL."""
    return {"dl": ("dl", "sl"), "hh": ()}.get(hall, (hall,))


def _number(name: str) -> float:
    return _table()[name]


@functools.cache
def _table() -> dict[str, float]:
    file = resources.files("gemel.radio.propagation") / "inf.csv"
    rows = csv.DictReader(file.read_text("utf-8").splitlines())
    return {row["name"]: float(row["value"]) for row in rows}
