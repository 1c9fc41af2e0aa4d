"""Are outputs refused before any work, and do a file and its page appear together?"""

import sys

import pytest

from gemel.cli.outputs import refuse_outputs, typed, write_page_with
from gemel.errors import InterfaceError

# what -> (paths below a folder, what the one line must say)
REFUSED = {
    "taken": (["taken"], "nothing is overwritten"),
    "a folder": (["."], "nothing is overwritten"),
    "a link to nothing": (["dangling"], "nothing is overwritten"),
    "in no folder": (["new/m"], "no folder"),
    "below a file": (["taken/m"], "no folder"),
    "one file for two": (["m", "m"], "two files at once"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_could_not_be_written_is_refused_before_any_work(what, tmp_path):
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    paths, why = REFUSED[what]
    with pytest.raises(InterfaceError, match=why):
        refuse_outputs(*(tmp_path / path for path in paths))
    assert (tmp_path / "taken").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"taken", "dangling"}


def test_an_output_that_nobody_wants_is_never_in_the_way(tmp_path):
    refuse_outputs(None, tmp_path / "m", None, tmp_path / "page.html")


def test_without_its_page_the_file_goes_too(tmp_path):
    out, report = tmp_path / "m", tmp_path / "gone" / "page.html"
    out.write_text("a model")
    with pytest.raises(InterfaceError, match=r"page\.html"):
        write_page_with(out, report, "<p>")
    assert not list(tmp_path.iterdir())


def test_a_page_appears_beside_its_file(tmp_path):
    out, report = tmp_path / "m", tmp_path / "page.html"
    out.write_text("a model")
    write_page_with(out, None, None)
    write_page_with(out, report, "<p>")
    assert {path.name for path in tmp_path.iterdir()} == {"m", "page.html"}


def test_what_was_typed_is_told_as_it_was(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/bin/gemel", "calibrate", "--out", "a b"])
    assert typed("calibrate") == "gemel calibrate --out 'a b'"
    assert typed("forecast") == "gemel forecast"  # called by code, not by a shell
