"""What does every radio link in a table lose, one link a row?"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from gemel.interfaces.tables.adding import refuse_taken, write_with
from gemel.interfaces.tables.reading import Table, read_table
from gemel.interfaces.tables.rows import Row, shown
from gemel.radio.link import Link
from gemel.radio.propagation import PATH_LOSSES

SYNONYMS = {
    "model": ("propagation", "path_loss", "scenario"),
    "los": ("line_of_sight",),
    "carrier_ghz": ("frequency_ghz", "freq_ghz"),
    "distance_2d_m": ("distance_m", "distance"),
    "base_height_m": ("h_bs_m", "h_bs"),
    "user_height_m": ("h_ut_m", "h_ut"),
}
LINE_OF_SIGHT = {"true": True, "yes": True, "1": True, "los": True}
LINE_OF_SIGHT |= {"false": False, "no": False, "0": False, "nlos": False}
HIGHEST_GHZ = 1_000.0  # more is surely megahertz: the formulas end at 100 GHz
SMALLEST, LARGEST = 1e-6, 1e9  # in between, float32 holds every square and product
ADDED = ("loss_db", "valid")


@dataclasses.dataclass(frozen=True)
class LinkRow:
    """One link: which formula, and the numbers it needs."""

    model: str
    line_of_sight: bool
    carrier_ghz: float
    distance_2d_m: float
    base_height_m: float
    user_height_m: float


@dataclasses.dataclass(frozen=True)
class LinkTable:
    """The links of a table, and the table as it was written."""

    source: Table
    rows: tuple[LinkRow, ...]


def read_links(path: Path | str, columns: Mapping[str, str] | None = None) -> LinkTable:
    """A table with the columns `model` (a name in PATH_LOSSES), `los` (true or false),
    `carrier_ghz`, `distance_2d_m`, `base_height_m` and `user_height_m`.

    columns:  our name → the file's, for columns that are called otherwise

    InterfaceError: as `read_table`, an unknown model, a `los` that is neither, or a
    number of which `complaint_about` has something to say.
    """
    table = read_table(path, columns).with_known(SYNONYMS)
    table.need(*SYNONYMS)
    refuse_taken(table, ADDED)
    rows = tuple(
        LinkRow(
            _model(row),
            _line_of_sight(row),
            _positive(row, "carrier_ghz"),
            _positive(row, "distance_2d_m"),
            _positive(row, "base_height_m"),
            _positive(row, "user_height_m"),
        )
        for row in table.rows
    )
    return LinkTable(table, rows)


def path_losses(
    rows: Sequence[LinkRow],
) -> tuple[Float[np.ndarray, " link"], Bool[np.ndarray, " link"]]:
    """Loss in dB of each link, and whether its formula holds there.

    Links of one model are computed in one call, in float32.
    """
    loss_db = np.zeros(len(rows))
    valid = np.zeros(len(rows), dtype=bool)
    for name in sorted({row.model for row in rows}):
        model = PATH_LOSSES[name]()
        at = np.array([k for k, row in enumerate(rows) if row.model == name])
        chosen = [rows[k] for k in at]

        def one_link(
            distance_2d_m: Float[Array, ""],
            base_height_m: Float[Array, ""],
            user_height_m: Float[Array, ""],
            carrier_ghz: Float[Array, ""],
            line_of_sight: Bool[Array, ""],
            model=model,
        ) -> tuple[Float[Array, ""], Bool[Array, ""]]:
            link = Link(
                distance_2d_m, base_height_m, user_height_m, carrier_ghz, line_of_sight
            )
            return model.loss_db(link), model.valid(link)

        losses, holds = jax.jit(jax.vmap(one_link))(
            jnp.array([row.distance_2d_m for row in chosen], jnp.float32),
            jnp.array([row.base_height_m for row in chosen], jnp.float32),
            jnp.array([row.user_height_m for row in chosen], jnp.float32),
            jnp.array([row.carrier_ghz for row in chosen], jnp.float32),
            jnp.array([row.line_of_sight for row in chosen]),
        )
        loss_db[at] = np.asarray(losses)
        valid[at] = np.asarray(holds)
    return loss_db, valid


def write_links(
    path: Path | str,
    links: LinkTable,
    loss_db: Float[np.ndarray, " link"],
    valid: Bool[np.ndarray, " link"],
) -> None:
    """The table as it was read, with the columns `loss_db` and `valid` at its end.

    Decimals of the new column have a point.

    InterfaceError: as `write_with`.
    """
    # A millidecibel is finer than any of the formulas claims to be.
    cells = ([f"{one_db:.3f}" for one_db in loss_db], [_said(one) for one in valid])
    write_with(path, links.source, dict(zip(ADDED, cells, strict=True)))


def _said(valid: np.bool_) -> str:
    return "true" if valid else "false"


def complaint_about(column: str, value: float) -> str | None:
    """What is wrong with a number of a link, and the next move; None: nothing.

    A number outside the range of a formula is not wrong: its loss is not `valid`.
    """
    if not math.isfinite(value):
        return f"{value:g} is not finite. Give a number."
    if value <= 0.0:
        return f"{value:g} must be above 0. Correct it."
    if column == "carrier_ghz" and value > HIGHEST_GHZ:
        return f"{value:g} GHz is beyond radio. Write 3.5 for 3500 MHz."
    if not SMALLEST <= value <= LARGEST:
        return (
            f"{value:g} is beyond reckoning. Stay within {SMALLEST:g} to {LARGEST:g}."
        )
    return None


def _model(row: Row) -> str:
    name = row.needed("model").lower()
    if name not in PATH_LOSSES:
        known = ", ".join(sorted(PATH_LOSSES))
        raise row.refusal(
            "model", f"{shown(name)} is no path loss we know. Choose one of {known}."
        )
    return name


def _line_of_sight(row: Row) -> bool:
    said = row.needed("los").lower()
    if said not in LINE_OF_SIGHT:
        raise row.refusal("los", f"{shown(said)} is unclear. Write true or false.")
    return LINE_OF_SIGHT[said]


def _positive(row: Row, column: str) -> float:
    value = row.number_needed(column)
    if (complaint := complaint_about(column, value)) is not None:
        raise row.refusal(column, complaint)
    return value
