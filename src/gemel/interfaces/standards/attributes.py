"""How is an attribute taken out of hostile JSON, and what is said when it is wrong?"""

import dataclasses
import reprlib
from collections.abc import Collection
from typing import Any

from gemel.errors import InterfaceError


@dataclasses.dataclass(frozen=True)
class Attributes:
    """One JSON object.

    body:      name -> value
    where:     where it stands, for messages, e.g. "night.json: intentExpectations[0]"
    standard:  which demands it, e.g. "TS 28.312"
    """

    body: dict[str, Any]
    where: str
    standard: str
    looked_at: set[str] = dataclasses.field(default_factory=set, init=False)

    def get(self, name: str) -> Any:
        """The value, None where it is missing."""
        self.looked_at.add(name)
        return self.body.get(name)

    def wrong(self, name: str, must: str) -> InterfaceError:
        """The error that says what stands there and what should."""
        found = reprlib.repr(self.body.get(name))
        return InterfaceError(f"{self.where}: {name} is {found}. Give {must}.")

    def required(self, name: str) -> Any:
        """The value. Raises InterfaceError where it is missing or null."""
        if self.get(name) is None:
            has = ", ".join(self.body) or "nothing"
            raise InterfaceError(
                f"{self.where} has no {name}, which {self.standard} requires; "
                f"it has {has}. Add {name}."
            )
        return self.body[name]

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self.required(name)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(name, "a text that is not empty")
        return value

    def number(self, name: str) -> float:
        """A number; true and "5" are none."""
        value = self.required(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(name, "a number")
        try:
            return float(value)
        except OverflowError as error:
            raise self.wrong(name, "a number below 1e308") from error

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number; the default where it is absent and a default exists."""
        if default is not None and self.get(name) is None:
            return default
        value = self.required(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(name, "a whole number")
        return value

    def choice(self, name: str, known: Collection[str], default: str = "") -> str:
        """One of the known words; the default where it is absent and a default exists.

        The default is spoken for by the standard, so it need not be among the known.
        """
        if default and self.get(name) is None:
            return default
        value = self.required(name)
        if value not in known:
            raise self.wrong(name, f"one of {', '.join(known)}")
        return value

    def child(self, name: str) -> "Attributes":
        """The object that stands under the name."""
        value = self.required(name)
        if not isinstance(value, dict):
            raise self.wrong(name, "an object in braces")
        return Attributes(value, f"{self.where}: {name}", self.standard)

    def children(self, name: str, single: bool = False) -> tuple["Attributes", ...]:
        """The objects of a list, none where it is absent.

        single: one object outside any list counts as a list of one.
        """
        value = self.get(name)
        if value is None:
            return ()
        if single and isinstance(value, dict):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.wrong(name, "a list of objects")
        return tuple(
            Attributes(body, f"{self.where}: {name}[{index}]", self.standard)
            for index, body in enumerate(value)
        )

    def overlooked(self) -> tuple[str, ...]:
        """The names at which nobody has looked so far."""
        return tuple(name for name in self.body if name not in self.looked_at)
