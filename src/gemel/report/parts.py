"""Of which parts are pages made, tables and pictures, and how are they written?"""

import base64
import os
import tempfile
from collections.abc import Iterable
from html import escape
from pathlib import Path

from gemel.errors import InterfaceError
from gemel.report.look import Picture


def table_html(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of ready HTML; all but the first column is set to the right."""
    looks = ["", *[' class="count"'] * (len(heads) - 1)]
    top = "".join(
        f"<th{look}>{head}</th>" for head, look in zip(heads, looks, strict=True)
    )
    # On a phone a wide one is folded, and every cell says what it is.
    wide = ' class="wide"' if len(heads) > 3 else ""
    names = [f' data-label="{head}"' if wide else "" for head in heads]
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{look}{name}>{f'<div>{cell}</div>' if wide else cell}</td>"
            for cell, look, name in zip(row, looks, names, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table{wide}><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def tiles_html(tiles: Iterable[tuple[str, str]]) -> str:
    """The numbers that matter most, large, each with its words below."""
    shown = "".join(
        f'<div class="tile"><b>{escape(number)}</b>'
        f'<span class="soft">{escape(words)}</span></div>'
        for number, words in tiles
    )
    return f'<div class="tiles">{shown}</div>'


def figures_html(pictures: Iterable[Picture]) -> str:
    """Every picture with its words, the bytes inside."""
    return "".join(
        f'<figure class="card"><h3>{escape(picture.title)}</h3>'
        f'<img alt="{escape(picture.alt)}" '
        f'src="data:image/png;base64,{base64.b64encode(picture.png).decode()}">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
        for picture in pictures
    )


def write_page(path: Path, page: str) -> None:
    """The whole file, or none. InterfaceError where it cannot be written."""
    try:
        with tempfile.TemporaryDirectory(
            dir=path.parent, prefix=".writing-"
        ) as scratch:
            half = Path(scratch) / "page"
            half.write_text(page, encoding="utf-8", newline="\n")
            os.replace(half, path)
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be written: {error.strerror}. Give a --report in a folder "
            "that exists and is yours."
        ) from None
