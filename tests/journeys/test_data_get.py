"""Does a data set come whole from its source, or not at all?

The source is a server of our own on the loopback address: nothing here needs, or says
anything about, the official one.
"""

import contextlib
import csv
import hashlib
import http.server
import io
import json
import threading
import zipfile

import pytest

from gemel.errors import InterfaceError
from gemel.interfaces.downloads import DATASETS, find_dataset, get_dataset
from gemel.interfaces.tables.anfr import read_anfr
from gemel.interfaces.tables.anfr_export import EXPORT_COLUMNS, SITE_COLUMNS


def export(*stations: tuple[str, ...]) -> bytes:
    """An official export: a mark, semicolons, more columns than we need."""
    text = io.StringIO()
    out = csv.writer(text, delimiter=";", lineterminator="\n")
    out.writerow(["id", *EXPORT_COLUMNS, "date_maj"])
    for number, station in enumerate(stations):
        out.writerow([number, *station, "2026-08-27"])
    return text.getvalue().encode("utf-8-sig")


EXPORT = export(
    (
        "FREE MOBILE",
        "7",
        "5G NR 3500",
        "38",
        "28,3",
        "75101",
        "48.85, 2.35",
        "En service",
    ),
    ("FREE MOBILE", "7", "LTE 700", "38", "28,3", "75101", "48.85, 2.35", "En service"),
    (
        *("FREE MOBILE", "7", "5G NR 700", "38", "28,3", "75101"),
        *("48.85, 2.35", "Projet approuvé"),
    ),
    ("SFR", "8", "5G NR 3500", "10", "0", "75116", "48.86, 2.27", "En service"),
    ("SFR", "9", "5G NR 3500", "38", "30", "13001", "43.30, 5.37", "En service"),
)


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_csv", ".csv"), content)
    return packed.getvalue()


@contextlib.contextmanager
def served(pages: dict[str, tuple[int, bytes]], claimed_bytes: int = 0):
    """A server on 127.0.0.1; gives its address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, body = pages.get(self.path, (404, b"not here"))
            self.send_response(status)
            self.send_header("Content-Length", str(claimed_bytes or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # Asked so often whether to stop, the server stops quickly.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GEMEL_DATA", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def left_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_the_export_becomes_our_table_with_its_record_beside_it(tmp_path):
    seen: list[int] = []
    with served({"/e.csv": (200, EXPORT)}) as (host, asked):
        table = get_dataset(
            "paris", tmp_path, f"{host}/e.csv", progress=lambda got, _: seen.append(got)
        )
        assert get_dataset("paris", tmp_path, f"{host}/e.csv") == table
        assert asked == ["/e.csv"]  # the second time it was here
        get_dataset("paris", tmp_path, f"{host}/e.csv", refresh=True)
        assert len(asked) == 2
    assert table == tmp_path / "paris" / "paris_sites.csv"
    assert table.read_text("utf-8").splitlines() == [
        ",".join(SITE_COLUMNS),
        "7,FREE MOBILE,48.85,2.35,28.3,nat_id 38,75101,5G NR 3500;5G NR 700*;LTE 700",
        "8,SFR,48.86,2.27,0,Tunnel,75116,5G NR 3500",
    ]
    assert seen[-1] == len(EXPORT)
    record = json.loads((tmp_path / "paris/paris_sites.source.json").read_text("utf-8"))
    assert record["schema_version"] == 1
    assert record["url"] == f"{host}/e.csv"
    assert record["source_sha256"] == hashlib.sha256(EXPORT).hexdigest()
    assert record["table_sha256"] == hashlib.sha256(table.read_bytes()).hexdigest()
    assert record["rows"] == 2
    assert "ANFR" in record["attribution"]
    assert "Licence Ouverte 2.0" in record["attribution"]
    assert left_in(tmp_path) == [
        "paris/paris_sites.csv",
        "paris/paris_sites.source.json",
    ]
    names = [row.name for row in read_anfr(table, "FREE MOBILE").rows]
    assert len(names) == 6 and names[0] == "7-700-1"


def test_a_table_that_was_altered_is_loaded_again(tmp_path):
    with served({"/e.csv": (200, EXPORT)}) as (host, asked):
        table = get_dataset("paris", tmp_path, f"{host}/e.csv")
        whole = table.read_bytes()
        table.write_bytes(whole[:-5])
        assert get_dataset("paris", tmp_path, f"{host}/e.csv").read_bytes() == whole
        (tmp_path / "paris/paris_sites.source.json").write_text("{", "utf-8")
        get_dataset("paris", tmp_path, f"{host}/e.csv")
        assert len(asked) == 3


def catalogue_of_files(host: str) -> bytes:
    urls = ("20260827-a.zip", "20260903-a.zip", "20260820-a.zip", "read-me.pdf")
    return json.dumps({"resources": [{"url": f"{host}/{u}"} for u in urls]}).encode()


def catalogue_of_one(host: str) -> bytes:
    extras = [{"key": "x", "value": "y"}, {"key": "file_csv", "value": f"{host}/e.csv"}]
    return json.dumps({"success": True, "result": {"extras": extras}}).encode()


def test_the_newest_file_of_the_catalogue_is_taken_and_unpacked(tmp_path):
    pages = {"/20260903-a.zip": (200, zipped(observatoire_csv=EXPORT, note=b"hello"))}
    with served(pages) as (host, asked):
        pages["/files"] = (200, catalogue_of_files(host))
        table = get_dataset("paris", tmp_path, catalogues=(f"{host}/files",))
    assert asked == ["/files", "/20260903-a.zip"]
    assert table.read_text("utf-8").count("\n") == 3


def test_the_second_catalogue_is_asked_if_the_first_has_moved(tmp_path, caplog):
    pages = {"/e.csv": (200, EXPORT)}
    with served(pages) as (host, _):
        pages["/one"] = (200, catalogue_of_one(host))
        get_dataset("paris", tmp_path, catalogues=(f"{host}/gone", f"{host}/one"))
    assert "/gone answered 404" in caplog.text and "/one instead" in caplog.text


HTML = b"<!DOCTYPE html>\n<html><body>maintenance</body></html>\n"
ELSEWHERE = {"resources": [{"url": "https://files.example.org/20260903-a.zip"}]}
# what → (status, body, what the message must name)
BAD_SOURCE = {
    "not found": (404, b"gone", ["answered 404", "--data DIR", "GEMEL_DATA"]),
    "broken": (500, b"oh", ["answered 500", "Try again later"]),
    "a web page": (200, HTML, ["is not ANFR's export", "DOCTYPE", "--data DIR"]),
    "nothing": (200, b"", ["is not ANFR's export"]),
    "an image": (200, b"\x89PNG\r\n\x1a\n\x00", ["is damaged"]),
    "a header only": (200, export(), ["no site in department 75", "incomplete"]),
    "other towns": (
        200,
        export(("SFR", "9", "LTE 700", "38", "30", "13001", "43, 5", "En service")),
        ["no site in department 75"],
    ),
    "half a row": (200, EXPORT[:-90], ["e.csv", "cut short"]),
    "no coordinates": (
        200,
        export(("SFR", "9", "LTE 700", "38", "30", "75101", "", "En service")),
        ["row 2", "coordonnees", "latitude, longitude"],
    ),
    "a damaged archive": (
        200,
        zipped(a_csv=EXPORT).replace(b"a.csv", b"b.csv", 1),
        ["damaged zip archive"],
    ),
    "two tables": (200, zipped(a_csv=EXPORT, b_csv=EXPORT), ["2 tables", "not one"]),
    "no table": (200, zipped(note=b"hello"), ["0 tables", "not one"]),
}


@pytest.mark.parametrize("what", BAD_SOURCE)
def test_a_bad_source_is_refused_in_one_line_and_leaves_nothing(tmp_path, what):
    status, body, parts = BAD_SOURCE[what]
    with (
        served({"/e.csv": (status, body)}) as (host, _),
        pytest.raises(InterfaceError) as caught,
    ):
        get_dataset("paris", tmp_path, f"{host}/e.csv")
    message = str(caught.value)
    assert "\n" not in message and f"{host}/e.csv" in message
    assert all(part in message for part in parts), message
    assert left_in(tmp_path) == []


BAD_CATALOGUE = {
    "a web page": (HTML, "did not answer with a JSON object"),
    "a list": (b"[]", "did not answer with a JSON object"),
    "empty": (b"{}", "names no export"),
    "no files": (b'{"resources": []}', "names no export"),
    "another server": (json.dumps(ELSEWHERE).encode(), "names no export"),
}


@pytest.mark.parametrize("what", BAD_CATALOGUE)
def test_a_bad_catalogue_is_refused_in_one_line(tmp_path, what):
    body, part = BAD_CATALOGUE[what]
    with (
        served({"/files": (200, body)}) as (host, asked),
        pytest.raises(InterfaceError) as caught,
    ):
        get_dataset("paris", tmp_path, catalogues=(f"{host}/files",))
    message = str(caught.value)
    assert "\n" not in message and part in message and "--data DIR" in message
    assert asked == ["/files"]


def test_a_download_that_breaks_off_leaves_the_old_table(tmp_path):
    with served({"/e.csv": (200, EXPORT)}) as (host, _):
        table = get_dataset("paris", tmp_path, f"{host}/e.csv")
    before = left_in(tmp_path), table.read_bytes()
    with (
        served({"/e.csv": (200, EXPORT)}, claimed_bytes=9_999) as (host, _),
        pytest.raises(InterfaceError, match="broke off after") as caught,
    ):
        get_dataset("paris", tmp_path, f"{host}/e.csv", refresh=True)
    assert "\n" not in str(caught.value) and "again" in str(caught.value)
    assert (left_in(tmp_path), table.read_bytes()) == before


@pytest.mark.parametrize("claimed_bytes", [0, 10**9], ids=["said small", "said large"])
def test_too_large_a_file_is_refused_in_one_line(tmp_path, claimed_bytes):
    with (
        served({"/e.csv": (200, EXPORT)}, claimed_bytes) as (host, _),
        pytest.raises(InterfaceError, match="above the 100 expected") as caught,
    ):
        get_dataset("paris", tmp_path, f"{host}/e.csv", limit_bytes=100)
    assert "\n" not in str(caught.value)
    assert left_in(tmp_path) == []


def test_without_a_server_the_message_says_offline_and_what_to_do(tmp_path):
    with served({}) as (host, _):
        gone = f"{host}/e.csv"
    for url, catalogues in ((gone, None), (None, (gone,))):
        with pytest.raises(InterfaceError) as caught:
            get_dataset("paris", tmp_path, url, catalogues=catalogues)
        message = str(caught.value)
        assert "\n" not in message
        for part in ("127.0.0.1", "offline", "--data DIR", "GEMEL_DATA"):
            assert part in message
    assert left_in(tmp_path) == []


def test_a_cache_that_cannot_be_written_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InterfaceError, match="cannot be written") as caught:
        get_dataset("paris", tmp_path / "file", "http://127.0.0.1:9/never-asked")
    assert "\n" not in str(caught.value) and "XDG_CACHE_HOME" in str(caught.value)


def test_a_table_is_found_in_the_given_folder_then_the_environment_then_the_cache(
    tmp_path, monkeypatch
):
    def put(*parts: str):
        place = tmp_path.joinpath(*parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("x")
        return place

    cached = put("home", "gemel", "data", "paris", "paris_sites.csv")
    assert find_dataset("paris") == cached
    named = put("named", "paris_sites.csv")
    monkeypatch.setenv("GEMEL_DATA", str(tmp_path / "named"))
    assert find_dataset("paris") == named
    given = put("given", "paris", "paris_sites.csv")
    assert find_dataset("paris", tmp_path / "given") == given


def test_a_table_that_is_nowhere_is_asked_for_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("GEMEL_DATA", str(tmp_path / "named"))
    for folder, parts in (
        (None, [str(tmp_path / "named"), str(tmp_path / "home"), "--data DIR"]),
        (tmp_path / "given", [str(tmp_path / "given")]),
    ):
        with pytest.raises(InterfaceError) as caught:
            find_dataset("paris", folder)
        message = str(caught.value)
        assert "\n" not in message
        for part in (*parts, "paris/paris_sites.csv", "gemel data get paris"):
            assert part in message


def test_an_unknown_data_set_lists_the_known_ones():
    for ask in (find_dataset, get_dataset):
        with pytest.raises(
            InterfaceError, match=f"are: {', '.join(DATASETS)}"
        ) as caught:
            ask("london")
        assert "\n" not in str(caught.value)
