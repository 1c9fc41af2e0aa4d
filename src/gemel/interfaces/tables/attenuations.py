"""What does every row of a table lose to gas, rain, clouds, buildings or clutter?"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from gemel.errors import InterfaceError
from gemel.interfaces.tables.adding import refuse_taken, write_with
from gemel.interfaces.tables.reading import Table, read_table
from gemel.interfaces.tables.rows import Row, shown
from gemel.radio.attenuation import ATTENUATIONS, SURROUNDINGS, AbstractAttenuation

SYNONYMS = {
    "carrier_ghz": ("frequency_ghz", "freq_ghz"),
    "rain_mm_h": ("rain_rate_mm_h",),
    "probability_percent": ("percent",),
    "location_percent": ("probability_percent", "percent"),
}
BUILDINGS = {"traditional": False, "thermally-efficient": True}
# Columns that hold a word where the formula wants something else.
WORDS = {"thermally_efficient": "building", "over_edge": "surroundings"}
KNOWN = {"building": tuple(BUILDINGS), "surroundings": tuple(SURROUNDINGS)}
# The Recommendation itself says what to take where nobody knows better.
OPTIONAL = ("clutter_height_m", "street_width_m")
ABOVE_ZERO = ("carrier_ghz", "temperature_k")  # nothing has less, valid or not

Value = float | str
Fields = dict[str, float | bool]


@dataclasses.dataclass(frozen=True)
class AttenuationTable:
    """The rows of a table, and the table as it was written.

    member:  of the kind that the table's columns ask for
    rows:    the fields of `member`, one mapping a row
    """

    source: Table
    member: type[AbstractAttenuation]
    rows: tuple[Fields, ...]


def columns_of(member: type[AbstractAttenuation]) -> tuple[str, ...]:
    """The columns that a table may have for it."""
    names = (field.name for field in dataclasses.fields(member))
    return tuple(WORDS.get(name, name) for name in names)


def needed_by(member: type[AbstractAttenuation]) -> tuple[str, ...]:
    """The columns that a table must have for it."""
    return tuple(name for name in columns_of(member) if name not in OPTIONAL)


def added_by(member: type[AbstractAttenuation]) -> tuple[str, str]:
    """The columns that are added to a table."""
    return f"attenuation_{member.unit}", "valid"


def fields_of(member: type[AbstractAttenuation], said: Mapping[str, Value]) -> Fields:
    """The fields of a member from what its columns say; defaults for what they do not.

    said:  numbers, and the words `building` and `surroundings`
    """
    fields: Fields = {
        field.name: field.default
        for field in dataclasses.fields(member)
        if field.default is not dataclasses.MISSING
    }
    if isinstance(building := said.get("building"), str):
        fields["thermally_efficient"] = BUILDINGS[building]
    if isinstance(surroundings := said.get("surroundings"), str):
        fields["over_edge"], fields["clutter_height_m"] = SURROUNDINGS[surroundings]
    return fields | {k: v for k, v in said.items() if not isinstance(v, str)}


def told_by(fields: Mapping[str, float | bool]) -> dict[str, Value]:
    """Fields as columns say them, all but the surroundings, which are two fields."""
    told: dict[str, Value] = {
        name: value for name, value in fields.items() if name not in WORDS
    }
    if (efficient := fields.get("thermally_efficient")) is not None:
        told["building"] = next(w for w, v in BUILDINGS.items() if v == efficient)
    return told


def read_attenuations(
    path: Path | str, kind: str, columns: Mapping[str, str] | None = None
) -> AttenuationTable:
    """A table with the columns that a kind (a name in ATTENUATIONS) needs.

    Where a kind has several members, the columns say which of them is asked.

    columns:  our name → the file's, for columns that are called otherwise

    InterfaceError: as `read_table`, columns that are missing or of two members, an
    unknown word, a carrier or temperature that is not above zero.
    """
    table = read_table(path, columns)
    member = _member(table, kind)
    known = {name: SYNONYMS.get(name, ()) for name in columns_of(member)}
    table = table.with_known(known)
    table.need(*needed_by(member))
    refuse_taken(table, added_by(member))
    rows = tuple(fields_of(member, _said(row, member)) for row in table.rows)
    return AttenuationTable(table, member, rows)


def attenuations(
    member: type[AbstractAttenuation], rows: Sequence[Fields]
) -> tuple[Float[np.ndarray, " row"], Bool[np.ndarray, " row"]]:
    """The attenuation of each row in the unit of its member, and whether it is valid.

    Computed in float64: float32 knows no probability between 99.999992 and 100 %.
    """

    def one(fields: dict[str, Array]) -> tuple[Float[Array, ""], Bool[Array, ""]]:
        asked = member(**fields)
        return asked.attenuation(), asked.valid()

    with jax.enable_x64(True):
        fields = {name: jnp.asarray([row[name] for row in rows]) for name in rows[0]}
        lost, valid = jax.jit(jax.vmap(one))(fields)
        return np.asarray(lost), np.asarray(valid)


def write_attenuations(
    path: Path | str,
    table: AttenuationTable,
    lost: Float[np.ndarray, " row"],
    valid: Bool[np.ndarray, " row"],
) -> None:
    """The table as it was read, with `attenuation_db` or `attenuation_db_per_km` and
    `valid` at its end.

    InterfaceError: as `write_with`.
    """
    cells = ([f"{one:.9g}" for one in lost], [str(bool(v)).lower() for v in valid])
    added = dict(zip(added_by(table.member), cells, strict=True))
    write_with(path, table.source, added)


def _member(table: Table, kind: str) -> type[AbstractAttenuation]:
    """Which member of a kind the columns ask for; where none fits, the nearest."""
    members = ATTENUATIONS[kind]
    fits = {}
    for member in members:
        known = {name: SYNONYMS.get(name, ()) for name in columns_of(member)}
        there = set(table.with_known(known).columns)
        fits[member] = [name for name in needed_by(member) if name in there]
    whole = [m for m in members if len(fits[m]) == len(needed_by(m))]
    if len(whole) > 1:
        told = " or ".join(", ".join(needed_by(member)) for member in whole)
        raise InterfaceError(
            f"{table.path} has the columns of {len(whole)} kinds of {kind}. Give one "
            f"table with {told}."
        )
    return whole[0] if whole else max(members, key=lambda m: len(fits[m]))


def _said(row: Row, member: type[AbstractAttenuation]) -> dict[str, Value]:
    said: dict[str, Value] = {}
    for name in columns_of(member):
        if name in KNOWN:
            said[name] = _word(row, name)
        elif name not in OPTIONAL or row.text(name) is not None:
            said[name] = _number(row, name)
    return said


def _word(row: Row, column: str) -> str:
    word = row.needed(column).lower().replace("_", "-").replace(" ", "-")
    if word not in KNOWN[column]:
        known = ", ".join(KNOWN[column])
        raise row.refusal(column, f"{shown(word)} is unknown. Choose one of {known}.")
    return word


def _number(row: Row, column: str) -> float:
    value = row.number_needed(column)
    if column in ABOVE_ZERO and value <= 0.0:
        raise row.refusal(column, f"{value:g} must be above 0. Correct it.")
    return value
