"""How do a picture and its numbers come to lie side by side, overwriting nothing?"""

import dataclasses
import json
from pathlib import Path
from typing import Any

from gemel.errors import InterfaceError


@dataclasses.dataclass(frozen=True)
class Beside:
    """Two files of one name: STEM.png and STEM.json."""

    stem: str
    schema_version: int = 1

    def refuse_overwriting(self, folder: Path) -> None:
        """InterfaceError if the folder holds one of them already."""
        for name in (f"{self.stem}.png", f"{self.stem}.json"):
            if (folder / name).exists():
                raise InterfaceError(
                    f"{folder} already holds {name}; nothing is overwritten. "
                    "Choose another folder with --out DIR."
                )

    def write(self, folder: Path, png: bytes, answer: dict[str, Any]) -> Path:
        """Both; the way to the picture. InterfaceError as above."""
        self.refuse_overwriting(folder)
        path = folder / f"{self.stem}.png"
        path.write_bytes(png)
        text = json.dumps({"schema_version": self.schema_version, **answer}, indent=2)
        (folder / f"{self.stem}.json").write_text(text + "\n", encoding="utf-8")
        return path
