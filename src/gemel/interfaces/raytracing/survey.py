"""Which radio maps does a place need, and which of them must still be traced?"""

import dataclasses
import importlib.util
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.maps.scenes import Scene
from gemel.interfaces.raytracing import cache
from gemel.interfaces.raytracing.llvm import NAMED_BY, find_llvm
from gemel.interfaces.raytracing.roofs import heard_db, open_share
from gemel.network.radio_maps import Grid, SiteMap

logger = logging.getLogger("gemel.interfaces.raytracing.survey")

TRACER = "gemel.interfaces.raytracing.tracer"
INSTALL = "pip install 'gemel[raytracing]'"
NEEDED = ("sionna", "mitsuba", "drjit")
# Its buildings were lowered onto a plane when they were read; in the tracer they stand
# on their hills.
HILLY = ("san_francisco",)
Progress = Callable[[str, float], None]  # what, share done


@dataclasses.dataclass(frozen=True)
class Antenna:
    """A place that sends on one carrier; metres in the frame of the scene."""

    x_m: float
    y_m: float
    height_m: float
    carrier_ghz: float


@dataclasses.dataclass(frozen=True)
class Rays:
    """How rays are traced.

    rays:         from each antenna, at each height
    bounces:      reflections and diffractions of a ray, together
    diffraction:  whether rays bend around an edge, once

    Two maps with other seeds differ by 0.1 dB in the median pixel; in the deepest
    shadows, which few rays find, one in twenty differs by 6 dB.
    """

    rays: int = 4_000_000
    bounces: int = 5
    diffraction: bool = True
    seed: int = 1


@dataclasses.dataclass(frozen=True, eq=False)
class Survey:
    """The radio maps of some antennas in one scene.

    folder:  where maps are kept; None for the user's cache folder

    ScenarioError: a hilly scene.
    """

    scene: Scene
    antennas: tuple[Antenna, ...]
    grid: Grid
    rays: Rays = Rays()
    folder: Path | None = None

    def __post_init__(self):
        if self.scene.name in HILLY:
            raise ScenarioError(
                f"{self.scene.name} is hilly, and radio maps are drawn at one height "
                "above a plane. Take a scene on level ground, e.g. munich or etoile."
            )

    def check(self) -> None:
        """Nothing where every map is in the cache already.

        InterfaceError: a map is missing and rays cannot be traced here.
        """
        kept = (cache.path_of(self._folder, self._key(one)) for one in self.antennas)
        if not all(path.is_file() for path in kept):
            ready()

    def maps(
        self, progress: Progress = lambda what, share: None
    ) -> tuple[SiteMap, ...]:
        """Every map, from the cache where it is there.

        InterfaceError: as `check`, or the tracer failed, or the cache is not writable.
        """
        share = open_share(self.scene, self.grid)
        found = []
        for antenna, gain in zip(self.antennas, self._gains(progress), strict=True):
            gain_db, present = heard_db(gain, share, self.grid.step_m)
            found.append(
                SiteMap(**dataclasses.asdict(antenna), gain_db=gain_db, present=present)
            )
        reached = float(np.mean([one.present for one in found])) if found else 0.0
        logger.info(
            "%d radio maps; rays reach %.0f %% of their pixels, the path loss of the "
            "scenario holds in the others",
            len(found),
            100.0 * reached,
        )
        return tuple(found)

    def _gains(self, progress: Progress) -> list[cache.Gain]:
        """As many antennas at once as there are cores: each is traced by one."""
        waits = dict.fromkeys(self.antennas)
        gains = {antenna: self._kept(antenna) for antenna in waits}
        missing = [antenna for antenna in waits if gains[antenna] is None]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [pool.submit(self._trace, antenna) for antenna in missing]
            try:
                for number, (antenna, job) in enumerate(
                    zip(missing, jobs, strict=True), start=1
                ):
                    # No share: Ctrl-C need not wait, what was traced is kept.
                    progress(f"tracing rays {number} of {len(missing)}", 0.0)
                    gains[antenna] = job.result()
            except BaseException:
                for job in jobs:
                    job.cancel()
                raise
        return [
            gain for antenna in self.antennas if (gain := gains[antenna]) is not None
        ]

    def _trace(self, antenna: Antenna) -> cache.Gain:
        logger.info("tracing %s", antenna)
        gain = traced(self._job(antenna), self.grid.shape)
        cache.store(self._folder, self._key(antenna), gain)
        return gain

    @property
    def _folder(self) -> Path:
        return cache.maps_dir() if self.folder is None else self.folder

    def _job(self, antenna: Antenna) -> dict[str, Any]:
        return {
            "scene": self.scene.name,
            "antenna_m": [antenna.x_m, antenna.y_m, antenna.height_m],
            "carrier_ghz": antenna.carrier_ghz,
            **dataclasses.asdict(self.grid),
            **dataclasses.asdict(self.rays),
        }

    def _key(self, antenna: Antenna) -> str:
        return cache.fingerprint(self.scene, self._job(antenna))

    def _kept(self, antenna: Antenna) -> cache.Gain | None:
        return cache.load(self._folder, self._key(antenna), self.grid.shape)


def ready() -> Path:
    """The LLVM that rays can be traced with.

    InterfaceError: there is none, or sionna-rt is not installed.
    """
    for package in NEEDED:
        if importlib.util.find_spec(package) is None:
            raise InterfaceError(
                f"tracing rays needs {package}, which is not installed. Run: {INSTALL}"
            )
    return find_llvm()


def traced(job: dict[str, Any], shape: tuple[int, int, int]) -> cache.Gain:
    """The map of one job, from a process of its own.

    InterfaceError: as `ready`, or that process failed.
    """
    environment = os.environ | {NAMED_BY: str(ready())}
    with tempfile.TemporaryDirectory(prefix="gemel-rays-") as scratch:
        asked, answer = Path(scratch, "job.json"), Path(scratch, "gain.npy")
        asked.write_text(json.dumps(job), "utf-8")
        told = subprocess.run(
            [sys.executable, "-m", TRACER, str(asked), str(answer)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            check=False,
        )
        if told.returncode == 0 and answer.is_file():
            gain = np.load(answer, allow_pickle=False)
            if gain.shape == shape and np.isfinite(gain).all():
                return gain
    last = (told.stderr.strip().splitlines() or ["nothing"])[-1]
    raise InterfaceError(
        f"the ray tracer ended with {told.returncode} and said {last[:200]!r}. Install "
        f"it again ({INSTALL}), or name another LLVM in {NAMED_BY}."
    )
