"""Does `gemel emulate` come up, answer, stop cleanly, and survive being killed?"""

import contextlib
import http.server
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.interfaces.standards.ts28532_pm import read_pm

SITES = (
    "site,cell,lat,lon,carrier_ghz,azimuth_deg\n"
    "A,A-1,48.850,2.350,0.7,0\nA,A-2,48.850,2.350,3.5,0\n"
    "B,B-1,48.854,2.356,0.7,180\nB,B-2,48.854,2.356,3.5,180\n"
)
UP_WITHIN_S = 240  # importing and compiling, on a machine that is busy with tests
QUICK = ("--speed", "max", "--history", "0")


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    path = tmp_path / "two.csv"
    path.write_text(SITES)
    return path


@contextlib.contextmanager
def emulated(*arguments: str, tmp: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its address once it is ready."""
    command = [sys.executable, "-m", "gemel", "emulate", "--port", "0", *arguments]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp)},
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        if not select.select([process.stdout], [], [], UP_WITHIN_S)[0]:
            raise AssertionError(f"nothing said within {UP_WITHIN_S} s")
        line = process.stdout.readline()
        if not line:
            raise AssertionError(process.stderr.read())
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", line)
        yield process, line.strip()
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """Somebody who can be told of events, and answers at once."""
    heard: list[bytes] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def until(what, within_s: float = 120.0):
    """The first answer that is true."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.005)
    raise AssertionError("it never came")


@pytest.mark.slow
def test_it_answers_tells_and_stops_on_ctrl_c(sites, tmp_path):
    passing = tmp_path / "passing"
    passing.mkdir()
    arguments = ("--sites", str(sites), *QUICK, "--wait-for", "1")
    with (
        emulated(*arguments, tmp=passing) as (process, url),
        listening() as (me, heard),
    ):
        body = httpx.get(
            f"{url}/ProvMnS/v1/SubNetwork=1", params={"scopeType": "BASE_ALL"}
        ).json()
        labels = [
            cell["attributes"]["userLabel"]
            for element in body["ManagedElement"]
            for cell in element["GNBDUFunction"][0]["NRCellDU"]
        ]
        assert labels == ["A-1", "A-2", "B-1", "B-2"]
        httpx.post(f"{url}/subscriptions", json={"consumerReference": me})
        until(lambda: len(heard) >= 2)
        info = httpx.get(f"{url}/files").json()["fileInfoList"][0]
        file = read_pm(httpx.get(info["fileLocation"]).content, info["fileLocation"])
        assert len(file.elements) == 2
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err) == ("", "gemel: interrupted.\n")
    assert not list(passing.iterdir())


def elapsed_s(state: Path) -> float:
    """How far the checkpoint has come."""
    with np.load(state / "checkpoint.npz") as kept:
        return float(kept["network.elapsed_s"])


@pytest.mark.slow
def test_killed_mid_period_it_goes_on_with_its_counters(sites, tmp_path):
    """The files of the killed network are those of one that was left in peace."""
    common = ("--sites", str(sites), *QUICK, "--wait-for", "1", "--state")
    left, killed = tmp_path / "left", tmp_path / "killed"
    with listening() as (me, heard):
        with emulated(*common, str(left), tmp=tmp_path) as (_, url):
            httpx.post(f"{url}/subscriptions", json={"consumerReference": me})
            until(lambda: len(heard) >= 4)
        heard.clear()
        with emulated(*common, str(killed), tmp=tmp_path) as (process, url):
            httpx.post(f"{url}/subscriptions", json={"consumerReference": me})
            # In the middle of a period, after the first: 5 or 10 minutes of 15.
            until(
                lambda: (
                    elapsed_s(killed) > 86_400 + 900
                    and (elapsed_s(killed) - 86_400) % 900 > 0
                )
            )
            process.send_signal(signal.SIGKILL)
            process.wait()
        stopped_s, before = elapsed_s(killed), len(heard)
        with emulated(*common, str(killed), tmp=tmp_path):
            until(lambda: len(heard) >= before + 2)  # it still knows whom to tell
    assert 86_400 + 900 < stopped_s
    names = sorted(path.name for path in (left / "files").glob("A*.xml"))[:4]
    assert names[0].startswith("A20250107.0000+0000-0015")
    periods = [name for name in names if (killed / "files" / name).exists()]
    assert len(periods) >= 2
    for name in periods:
        one, other = (left / "files" / name), (killed / "files" / name)
        assert one.read_bytes() == other.read_bytes(), name
    # Another seed is another network.
    assert run(app, ["emulate", *common, str(killed), "--seed", "1"]) == 2


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nowhere"], ["'nowhere'", "munich"]),
        ([], ["neither"]),
        (["hexagons", "--speed", "slow"], ["slow", "real", "max"]),
        (["hexagons", "--period", "90"], ["90", "whole minutes"]),
        (["hexagons", "--period", "0"], ["whole minutes"]),
        (["hexagons", "--port", "70000"], ["--port", "65535"]),
        (["hexagons", "--history", "97"], ["97", "96"]),
        (["hexagons", "--history", "-1"], ["--history", "0"]),
    ],
)
def test_bad_input_is_one_line_and_nothing_else(arguments, named, tmp_path, capsys):
    state = tmp_path / "state"
    assert run(app, ["emulate", *arguments, "--state", str(state)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("gemel: ") and err.count("\n") == 1
    for part in named:
        assert part in err
    assert not state.exists()


def test_a_used_port_is_one_line_before_anything_is_built(tmp_path, capsys):
    state = tmp_path / "state"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        began = time.process_time()
        words = ["emulate", "hexagons", "--port", port, "--state", str(state)]
        assert run(app, words) == 2
        assert time.process_time() - began < 10  # a network takes longer
    err = capsys.readouterr().err
    assert port in err and "--port" in err and err.count("\n") == 1
    assert not state.exists()


def test_a_folder_of_something_else_is_left_alone(sites, tmp_path, capsys):
    state = tmp_path / "state"
    state.mkdir()
    (state / "checkpoint.npz").write_bytes(b"my thesis")
    words = ["emulate", "--sites", str(sites), "--port", "0", "--history", "0"]
    assert run(app, [*words, "--state", str(state)]) == 2
    assert "no checkpoint" in capsys.readouterr().err
    assert (state / "checkpoint.npz").read_bytes() == b"my thesis"
