"""What do the phones of a trace job report, and where do they believe to be?

Immediate MDT (TS 37.320): once a report period a sample of phones tells what it hears.
Where the phone is comes from its receiver, which is a few metres off, every time anew.
"""

import dataclasses
import hashlib
from typing import Any

import numpy as np

from gemel.interfaces.management.calendar import at, stamp
from gemel.interfaces.management.equipment import AbstractEquipment
from gemel.interfaces.management.facts import Facts
from gemel.interfaces.maps.coordinates import latitude_longitude_deg
from gemel.interfaces.standards.mdt import (
    MdtRecord,
    rsrp_reported,
    sinr_reported,
    write_mdt,
)
from gemel.interfaces.standards.problem import SCHEMA, TREE, refusal
from gemel.interfaces.standards.ts28572 import Mistakes

GNSS_SIGMA_M = 5.0  # each of east and north; open sky, our assumption
SAMPLE = 100  # phones a job and period
WEAKEST_DBM = -156.0  # what a phone can report, TS 38.133 table 10.1.6.1-1
FORMATS = ("FILE_BASED",)
_KNOWN = {
    "jobType": ("IMMEDIATE_MDT_ONLY",),
    "jobId": str,
    "listOfMeasurements": list,
    "mdtConfig": dict,
    "traceReportingFormat": FORMATS,
    "traceReference": dict,
    "traceTarget": dict,
    "pLMNTarget": dict,
    "reportInterval": (int, str),
    "anonymizationOfMdtData": str,
    "positioningMethod": (str, list),
}


@dataclasses.dataclass(frozen=True)
class TraceJob:
    """One TraceJob object (TS 28.623) under the SubNetwork."""

    id: str
    attributes: dict[str, Any]


class TraceJobs:
    """All trace jobs; each writes a file of records a period."""

    def __init__(self, facts: Facts, seed: int):
        self._facts, self._seed = facts, seed
        self._jobs: dict[str, TraceJob] = {}
        self._given = 0

    def add(self, body: Any) -> TraceJob:
        """A new job from a request. Raises Refusal."""
        if isinstance(body, dict) and isinstance(body.get("attributes"), dict):
            body = body["attributes"]
        errors = Mistakes("TraceJob")
        errors.check(body, _KNOWN, required=("jobType",))
        errors.refuse()
        wanted = body.get("listOfMeasurements", ["M1_DL"])
        if wanted != ["M1_DL"]:
            raise refusal(
                SCHEMA,
                "TraceJob/listOfMeasurements",
                f"listOfMeasurements is {wanted}; served is M1_DL alone. Ask for that.",
            )
        self._given += 1
        identity = str(self._given)
        told = {
            "jobId": f"trace{identity}",
            "traceReportingFormat": "FILE_BASED",
            **body,
            "listOfMeasurements": wanted,
        }
        job = TraceJob(identity, told)
        self._jobs = {**self._jobs, identity: job}
        return job

    def remove(self, identity: str) -> None:
        """End it. Raises Refusal."""
        if identity not in self._jobs:
            raise refusal(
                TREE,
                f"SubNetwork=1,TraceJob={identity}",
                f"there is no TraceJob {identity!r}. Read the tree to see which are.",
                status=404,
            )
        self._jobs = {k: job for k, job in self._jobs.items() if k != identity}

    def all(self) -> list[TraceJob]:
        """In the order of their ids."""
        return list(self._jobs.values())

    def records(
        self, job: TraceJob, equipment: AbstractEquipment, elapsed_s: float
    ) -> bytes:
        """The file of one period: what a sample of phones hears at its end."""
        rng = np.random.default_rng([self._seed, int(job.id), round(elapsed_s)])
        count = min(SAMPLE, equipment.phones)
        phones = np.sort(rng.choice(equipment.phones, count, replace=False))
        heard = equipment.heard(phones)
        off_m = rng.normal(0.0, GNSS_SIGMA_M, heard.position_m.shape)
        place_deg = latitude_longitude_deg(self._facts.origin, heard.position_m + off_m)
        records = []
        for row in range(count):
            if not heard.serving_rsrp_dbm[row] > WEAKEST_DBM:
                continue  # out of coverage: nobody to report to
            near = tuple(
                (self._facts.names.cell_du[cell], rsrp_reported(float(level_dbm)))
                for cell, level_dbm in zip(
                    heard.cell[row], heard.rsrp_dbm[row], strict=True
                )
                if cell != heard.serving[row] and level_dbm > WEAKEST_DBM
            )
            records.append(
                MdtRecord(
                    user=self._pseudonym(job, int(phones[row])),
                    when=at(elapsed_s),
                    latitude_deg=round(float(place_deg[row, 0]), 7),
                    longitude_deg=round(float(place_deg[row, 1]), 7),
                    serving=self._facts.names.cell_du[int(heard.serving[row])],
                    rsrp=rsrp_reported(float(heard.serving_rsrp_dbm[row])),
                    sinr=sinr_reported(float(heard.sinr_db[row])),
                    neighbours=near[:8],
                )
            )
        return write_mdt(records)

    def _pseudonym(self, job: TraceJob, phone: int) -> str:
        """The same within a job, and another in every other job."""
        text = f"{self._seed} {job.id} {phone}".encode()
        return hashlib.sha256(text).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        return {
            "given": self._given,
            "jobs": [dataclasses.asdict(job) for job in self.all()],
        }

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._given = kept["given"]
        self._jobs = {one["id"]: TraceJob(**one) for one in kept["jobs"]}


def trace_file_name(job: TraceJob, elapsed_s: float) -> str:
    """Of the records of one period."""
    when = stamp(elapsed_s)[:16].replace("-", "").replace(":", "").replace("T", ".")
    return f"B{when}_{job.attributes['jobId']}.jsonl"
