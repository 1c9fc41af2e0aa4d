"""What does one row of a table say, and where does it say it?"""

import dataclasses
import math
import re
from collections.abc import Mapping

from gemel.errors import InterfaceError

SHOWN_CHARACTERS = 40  # of a cell in a message, which stays one line
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def shown(value: object) -> str:
    """A value as a message shows it: quoted, short, and on one line."""
    text = str(value)
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS])


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of a table.

    file:           as the user named it
    number:         as a spreadsheet counts; the header is row 1
    cells:          as written, one a column
    index:          column name → position in `cells`
    decimal_comma:  "48,85" is a number (never where commas part the columns)
    """

    file: str
    number: int
    cells: tuple[str, ...]
    index: Mapping[str, int]
    decimal_comma: bool

    @property
    def where(self) -> str:
        """The place, for messages."""
        return f"{self.file}, row {self.number}"

    def refusal(self, column: str, complaint: str) -> InterfaceError:
        """The error that says in which cell something is wrong."""
        return InterfaceError(f"{self.where}, column {column}: {complaint}")

    def text(self, column: str) -> str | None:
        """What the cell says; None if it is empty or there is no such column."""
        at = self.index.get(column)
        return None if at is None else self.cells[at].strip() or None

    def needed(self, column: str) -> str:
        """What the cell says; InterfaceError if it says nothing."""
        said = self.text(column)
        if said is None:
            raise self.refusal(column, "is empty. Fill it in or remove the row.")
        return said

    def number_or_none(self, column: str) -> float | None:
        """The cell as a finite number, None if empty; InterfaceError otherwise."""
        said = self.text(column)
        if said is None:
            return None
        plain = said.replace(",", ".", 1) if self.decimal_comma else said
        value = float(plain) if NUMBER.fullmatch(plain) else math.nan
        if not math.isfinite(value):
            hint = "Write a finite number with a decimal point, or leave it empty."
            if "," in said and not self.decimal_comma:
                hint = "Write 48.85, or part the columns by semicolons."
            raise self.refusal(column, f"{shown(said)} is not a number. {hint}")
        return value

    def number_needed(self, column: str) -> float:
        """The cell as a finite number; InterfaceError if it is empty or no number."""
        self.needed(column)
        value = self.number_or_none(column)
        assert value is not None
        return value
