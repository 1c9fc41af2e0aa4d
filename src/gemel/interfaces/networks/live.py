"""How is a live network observed, over nothing but standard interfaces?

TS 28.532 for what is set and for files of measurements. The network's clock is that of
its reports: now is where the last one ended.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from gemel.errors import InterfaceError
from gemel.interfaces.networks.arrivals import Arrivals
from gemel.interfaces.networks.live_door import Door
from gemel.interfaces.networks.live_news import News
from gemel.interfaces.networks.live_reports import (
    monday_of,
    observation,
    period_named,
    rsrp_count_of,
    silence,
    values_of,
    with_sleepers,
)
from gemel.interfaces.networks.live_tree import (
    CellObjects,
    Knobs,
    Tree,
    cell_objects,
    controls_read,
    flattened,
    knobs_read,
)
from gemel.interfaces.standards.naming import SUB_NETWORK
from gemel.interfaces.standards.ts28532_pm import MeasFile, read_pm
from gemel.interfaces.standards.ves import FileInfo
from gemel.network.controls import Controls
from gemel.twin.source import AbstractSource, Observation

log = logging.getLogger("gemel.interfaces.networks.live")

TREE = f"/ProvMnS/v1/{SUB_NETWORK}"
DAY = timedelta(days=1)
PATIENCE_PERIODS, PATIENCE_S = 3.0, 120.0  # without a report


class LiveNetwork:
    """A network whose cells are those of the inventory: the two hold this together.

    labels:  of the inventory's cells, in its order
    usual:   what the inventory says is set
    """

    def __init__(self, door: Door, labels: tuple[str, ...], usual: Controls):
        self.door = door
        self.usual = usual
        tree = self.tree()
        self.objects: CellObjects = cell_objects(tree, labels, door.url)
        knobs_read(tree, self.objects, door.url)  # refuses now what would fail later

    def tree(self) -> Tree:
        """Every managed object, as it is now."""
        body = self.door.get(TREE, scopeType="BASE_SUBTREE")
        return flattened(body, self.door.url)

    def knobs(self) -> Knobs:
        """What is set now, read back."""
        return knobs_read(self.tree(), self.objects, self.door.url)

    def controls(self) -> Controls:
        """The same in our units."""
        return controls_read(self.knobs(), self.usual)


class LiveSource(AbstractSource):
    """The reports of a live network, whatever becomes of them on their way.

    arrivals:  counts what becomes of them, since we watch
    """

    def __init__(self, network: LiveNetwork, news: News):
        self.arrivals = Arrivals()
        self._heard: set[datetime] = set()
        self._network = network
        self._news = news
        self._known: set[str] = set()
        self._monday: datetime | None = None
        self._end: datetime | None = None
        self._period: timedelta | None = None
        self._report: Observation | None = None

    @property
    def period_s(self) -> float:
        """How long a report period is, going by the network's files."""
        return self._read()[1].total_seconds()

    @property
    def elapsed_s(self) -> float:
        """Where the last period ended, since the Monday of the first report's week."""
        return self._since_monday(self._read()[0])

    @property
    def monday(self) -> datetime:
        """From which its seconds count."""
        self._read()
        assert self._monday is not None
        return self._monday

    def yesterday(self, least: float = 0.5) -> list[Observation]:
        """A day of reports, oldest first, that ends with the newest there is.

        A period without a readable report is silent. Raises InterfaceError where less
        than that share of the day is known, or where no whole number of periods is a
        day.
        """
        files: dict[datetime, MeasFile] = {}
        listed = self._news.listed()
        named = {info.location: period_named(info.location) for info in listed}
        newest = max((begin for begin in named.values() if begin), default=None)
        for info in listed:
            self._known.add(info.location)
            begin = named[info.location]
            if begin and newest and newest - begin > DAY:
                continue  # older than needed
            file = self._fetched(info)
            if file is not None:
                files.setdefault(file.begin, file)
        if not files:
            raise InterfaceError(
                f"{self._network.door.url} has no report of yesterday under /files. "
                "Let it run for a day first, or start it with its history."
            )
        last = files[max(files)]
        period = last.end - last.begin
        count = round(DAY / period)
        if count * period != DAY:
            raise InterfaceError(
                f"{self._network.door.url} reports every {period.total_seconds():g} s, "
                "which no whole number of makes a day. Set a period such as 900 s."
            )
        self._period, self._end = period, last.end
        begins = [last.begin - number * period for number in reversed(range(count))]
        self._monday = monday_of(begins[0])
        there = [self._nearest(files, begin) for begin in begins]
        known = sum(file is not None for file in there)
        if known < least * count:
            raise InterfaceError(
                f"{self._network.door.url} has {known} of the {count} reports of "
                "yesterday; half of them are needed. Let it run for a day first, or "
                "start it with its history."
            )
        controls = self._network.controls()
        told = [
            self._observation(file, begin, controls)
            for file, begin in zip(there, begins, strict=True)
        ]
        return with_sleepers(told)

    def wait(self, idle: Callable[[], None] = lambda: None) -> list[Observation]:
        """The next periods: silent ones that were missed, and at last the newest.

        idle:  is called now and then, and may raise

        Returns as soon as there is a newer period than the last; until `News.acted`
        the network may be waiting for us. Raises InterfaceError where nothing comes.
        """
        end, period = self._read()
        wait_s = PATIENCE_S + PATIENCE_PERIODS * period.total_seconds()
        while True:
            since = (end - DAY).isoformat()
            new = self._news.new_files(self._known, wait_s, idle, beginTime=since)
            files: dict[datetime, MeasFile | None] = {}
            for info in new:
                self._known.add(info.location)
                file = self._fetched(info)
                begin = period_named(info.location) if file is None else file.begin
                slot = end if begin is None else self._on_grid(begin)
                if slot < end:
                    fate = "again" if slot in self._heard else "late"
                    self.arrivals.count(fate, info.location)
                    log.warning("%s is late or told again: ignored", info.location)
                elif files.get(slot) is None:
                    files[slot] = file
                elif file is not None:
                    self.arrivals.count("again", info.location)
            if files:
                return self._caught_up(files)
            self._news.acted()  # news of nothing new: the network need not wait

    def observe(self) -> Observation:
        if self._report is None:
            raise RuntimeError("no period has been waited for yet")
        return self._report

    def controls(self) -> Controls:
        return self._network.controls()

    def _caught_up(self, files: dict[datetime, MeasFile | None]) -> list[Observation]:
        end, period = self._read()
        newest = max(files)
        if newest - end > DAY:
            log.warning("no report for more than a day: from %s on", newest)
            end = newest - period
        # Plans are activated between periods: what is set now, was set during the last.
        controls = self._network.controls()
        told = []
        for number in range(round((newest - end) / period) + 1):
            begin = end + number * period
            file = files.get(begin)
            if file is None:
                if begin not in files:  # else it came and could not be read
                    self.arrivals.count("missing", f"the report of {begin}")
                log.warning("no report of the period that begins at %s", begin)
            else:
                self.arrivals.count("whole")
                self._heard.add(begin)
            told.append(self._observation(file, begin, controls))
        self._end = newest + period
        self._report = told[-1]
        return told

    def _observation(
        self, file: MeasFile | None, begin: datetime, controls: Controls
    ) -> Observation:
        when_s, period_s = self._since_monday(begin), self.period_s
        if file is None:
            return silence(controls, when_s, period_s)
        values = values_of(file, self._network.objects)
        told = rsrp_count_of(file, self._network.objects)
        return observation(values, controls, when_s, period_s, told)

    def _fetched(self, info: FileInfo) -> MeasFile | None:
        """The file; None, and a line in the log, where it is not to be read."""
        try:
            data = self._network.door.get_bytes(_path(info.location))
            file = read_pm(data, info.location)
        except InterfaceError as error:
            self.arrivals.count("corrupt", info.location, str(error))
            log.warning("a report is left out: %s", error)
            return None
        if self._period is not None and file.end - file.begin != self._period:
            why = f"it covers {file.end - file.begin}, not {self._period}"
            self.arrivals.count("stranger", info.location, why)
            log.warning(
                "%s covers %s, not %s: left out",
                info.location,
                file.end - file.begin,
                self._period,
            )
            return None
        return file

    def _on_grid(self, begin: datetime) -> datetime:
        """The period that a file is about, though the clocks may disagree."""
        end, period = self._read()
        steps = round((begin - end) / period)
        slot = end + steps * period
        if slot != begin:
            self.arrivals.count("skewed", f"the report of {begin}")
            log.warning("a clock is off by %s", begin - slot)
        return slot

    def _nearest(
        self, files: dict[datetime, MeasFile], begin: datetime
    ) -> MeasFile | None:
        _, period = self._read()
        near = [b for b in files if abs(b - begin) < period / 2]
        return files[min(near, key=lambda b: abs(b - begin))] if near else None

    def _since_monday(self, when: datetime) -> float:
        assert self._monday is not None
        return (when - self._monday).total_seconds()

    def _read(self) -> tuple[datetime, timedelta]:
        if self._end is None or self._period is None:
            raise RuntimeError("yesterday has not been read yet")
        return self._end, self._period


def _path(location: str) -> str:
    """Where a file lies on the network's own server; nothing is fetched elsewhere."""
    try:
        path = httpx.URL(location).path
    except httpx.InvalidURL:
        path = ""
    return path if path.startswith("/") and path != "/" else f"/files/{location}"
