"""Does `gemel ndt` answer a management system, and refuse what is no job?"""

import json
import signal
import time

import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.interfaces.standards.ts28561 import decode, read_job
from gemel.interfaces.standards.ts28561_nrm import (
    NDTJob,
    NDTOutputDataPoint,
    NDTReport,
)

JOB = {
    "id": "17",
    "objectClass": "NDTJob",
    "nDTCapability": "NETWORK_CONFIGURATIONS_VERIFICATION",
    "nDTJobSynchScope": {"managedEntitiesScope": ["SubNetwork=1"]},
    "nDTJobScenario": {
        "nDTInputDescriptionId": "steeper",
        "simulationDataDescriptor": [
            {
                "simulationData": [
                    {
                        "configurationData": [
                            {"userLabel": "H01-700-1", "digitalTilt": 90}
                        ]
                    }
                ]
            }
        ],
    },
    "nDTJobExecutionRequirements": {"maxRuntime": 600},
}


@pytest.fixture
def job(tmp_path):
    path = tmp_path / "job.json"
    path.write_text(json.dumps(JOB))
    return path


def test_the_function_says_what_is_served(capsys):
    assert run(app, ["ndt", "hexagons", "--function"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["objectClass"] == "NDTFunction"
    assert "NETWORK_CONFIGURATIONS_VERIFICATION" in told["supportedNDTCapabilities"]
    assert "ML_TRAINING_DATA_GENERATION" not in told["supportedNDTCapabilities"]


@pytest.fixture
def quick(monkeypatch):
    """The answer without the work."""

    def answer(plan, job: NDTJob, hour, seed, tell):
        return NDTReport(job.id, "r", (NDTOutputDataPoint(),), job.instance)

    monkeypatch.setattr("gemel.scenarios.ndt.job.run_job", answer)


def test_the_report_goes_to_stdout_or_to_a_new_file(job, tmp_path, capsys, quick):
    assert run(app, ["ndt", "hexagons", "--job", str(job)]) == 0
    printed = json.loads(capsys.readouterr().out)
    out = tmp_path / "report.json"
    wish = ["ndt", "hexagons", "--job", str(job), "--out", str(out)]
    assert run(app, wish) == 0
    assert str(out) in capsys.readouterr().out
    assert json.loads(out.read_text("utf-8")) == printed
    assert decode(printed).id == read_job(job).id
    assert run(app, wish) == 2
    assert "nothing is overwritten" in capsys.readouterr().err


def test_a_job_is_stopped_in_the_middle_of_its_work(tmp_path, capsys, monkeypatch):
    def forever(*given):
        while True:
            time.sleep(0.01)

    monkeypatch.setattr("gemel.scenarios.ndt.job.run_job", forever)
    job, out = tmp_path / "job.json", tmp_path / "report.json"
    job.write_text(json.dumps(JOB | {"nDTJobExecutionRequirements": {"maxRuntime": 1}}))
    before = signal.getsignal(signal.SIGALRM)
    assert run(app, ["ndt", "hexagons", "--job", str(job), "--out", str(out)]) == 2
    said, err = capsys.readouterr()
    assert said == "" and err.count("\n") == 1
    assert "job 17 was stopped" in err and "maxRuntime of 1 s" in err
    assert not out.exists()
    assert signal.getsignal(signal.SIGALRM) is before


# what -> (text of the job, what the one line must name)
BAD_JOBS = {
    "unknown capability": (
        json.dumps(JOB | {"nDTCapability": "TELL_FORTUNES"}),
        ["TELL_FORTUNES", "NETWORK_CONFIGURATIONS_VERIFICATION"],
    ),
    "not served": (
        json.dumps(JOB | {"nDTCapability": "ML_TRAINING_DATA_GENERATION"}),
        ["ML_TRAINING_DATA_GENERATION", "not served"],
    ),
    "no cell": (
        json.dumps(
            JOB | {"nDTJobSynchScope": {"managedEntitiesScope": ["SubNetwork=9"]}}
        ),
        ["names no cell", "SubNetwork=9"],
    ),
    "truncated": (json.dumps(JOB)[:150], ["not JSON", "column"]),
    "huge": (json.dumps(JOB) + " " * 10_000_000, ["more than 10 MB"]),
    "of no time": (
        json.dumps(JOB | {"nDTJobExecutionRequirements": {"maxRuntime": -1}}),
        ["maxRuntime"],
    ),
}


@pytest.mark.parametrize("what", BAD_JOBS)
def test_a_job_that_cannot_be_run_is_refused_in_one_line(what, tmp_path, capsys):
    text, named = BAD_JOBS[what]
    job, out = tmp_path / "job.json", tmp_path / "report.json"
    job.write_text(text)
    assert run(app, ["ndt", "hexagons", "--job", str(job), "--out", str(out)]) == 2
    said, err = capsys.readouterr()
    assert said == "" and err.startswith("gemel: ") and err.count("\n") == 1
    for part in named:
        assert part in err, err
    assert not out.exists()


# what -> (arguments, what the one line must name)
BAD = {
    "nothing asked": (["hexagons"], ["--job", "--function"]),
    "both": (["hexagons", "--job", "x", "--function"], ["both are given"]),
    "no such job": (["hexagons", "--job", "/no/job.json"], ["/no/job.json"]),
    "no network": (["--function"], ["scenario"]),
    "no such folder": (
        ["hexagons", "--job", "x", "--out", "/no/such/r.json"],
        ["/no/such"],
    ),
    "no model": (
        ["hexagons", "--job", "{job}", "--model", "/no/model"],
        ["/no/model", "model"],
    ),
    "tomorrow": (["hexagons", "--job", "x", "--hour", "24"], ["--hour"]),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_asked_is_refused_in_one_line(what, job, capsys):
    arguments, named = BAD[what]
    arguments = [word.format(job=job) for word in arguments]
    assert run(app, ["ndt", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("gemel: ") and err.count("\n") == 1
    for part in named:
        assert part in err, err
