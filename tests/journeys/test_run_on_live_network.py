"""Does `gemel run --network` look after a network that it knows only over HTTP?"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gemel.cli import app
from gemel.cli.frame import run

SOURCE = Path(__file__).resolve().parents[2] / "src"
SITES = "site,lat,lon\nA,48.850,2.350\nB,48.854,2.350\nC,48.852,2.356\n"


@pytest.fixture
def sites(tmp_path) -> Path:
    path = tmp_path / "sites.csv"
    path.write_text(SITES)
    return path


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--network", "http://127.0.0.1:{port}"], "cannot reach http://127.0.0.1"),
        (["--network", "127.0.0.1:{port}"], "is no address of a network"),
        (["--network", ""], "is no address of a network"),
        (["--network", "http://127.0.0.1:{port}", "--oracle"], "--oracle"),
    ],
)
def test_a_wrong_network_is_one_line_and_leaves_nothing(
    arguments, said, sites, capsys, tmp_path
):
    port = free_port()
    words = [word.format(port=port) for word in arguments]
    out = tmp_path / "out"
    code = run(app, ["run", "--sites", str(sites), "--out", str(out), *words])
    told = capsys.readouterr()
    assert code == 2
    assert told.out == ""
    assert said in told.err and told.err.count("\n") == 1
    assert not out.exists()


def gemel(*words: str) -> list[str]:
    return [sys.executable, "-m", "gemel", *words]


@contextlib.contextmanager
def emulated(sites: Path) -> Iterator[str]:
    """A stand-in network in a process of its own; it stops with the test."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    words = ["emulate", "--sites", str(sites), "--port", "0"]
    words += ["--speed", "max", "--wait-for", "1"]
    with subprocess.Popen(
        gemel(*words),
        cwd=sites.parent,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[-1]
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()


@pytest.mark.slow
def test_a_network_is_run_for_half_an_hour_over_http(sites, tmp_path):
    out = tmp_path / "out"
    with emulated(sites) as url:
        ran = subprocess.run(
            gemel(
                *["run", "--sites", str(sites), "--network", url, "--hours", "0.5"],
                *["--out", str(out), "--json"],
            ),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert ran.returncode in (0, 1), ran.stderr
        told = json.loads(ran.stdout)
        files = httpx.get(f"{url}/files", params={"fileDataType": "Performance"}).json()
        # Yesterday, the period at whose end we came in, and two that we answered for;
        # since nobody listens any more, the network may have gone on.
        listed = files["fileInfoList"] if isinstance(files, dict) else files
        assert len(listed) >= 96 + 3
        tree = httpx.get(
            f"{url}/ProvMnS/v1/SubNetwork=1", params={"scopeType": "BASE_SUBTREE"}
        ).text
        assert '"IS_ENERGY_SAVING"' not in tree  # handed back as it was found
    assert told["hours"] == 0.5
    assert told["cells"] == 18
    assert told["energy_kwh"]["baseline"] > 0.0
    assert told["energy_kwh"]["autonomous"] > 0.0
    # One period's load is told in whole percents: a twin that sees it is near.
    assert told["twin_error"]["prb_points_median"] < 5.0
    assert told["throughput_mbps"]["autonomous"]["mean"] is None  # in no report
    assert "There is one life only" in (out / "report.html").read_text("utf-8")


@pytest.mark.slow
def test_another_scenario_than_the_networks_is_refused(sites, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text(SITES.replace("C,", "D,"))
    with emulated(sites) as url:
        ran = subprocess.run(
            gemel("run", "--sites", str(other), "--network", url),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert "no NRCellDU for D" in ran.stderr and ran.stderr.count("\n") == 1
    assert list(tmp_path.glob("gemel-*")) == []
