"""Which flow asks to be carried: how large, how often, and how soon?

The figures and their sources are in flows.csv. A packet is what the application needs
whole: a pose, a reading, a frame of a video, which may travel in several IP packets.
"""

import csv
import dataclasses
import functools
import importlib.resources
import math

from gemel.errors import ScenarioError

SOURCE = "flows.csv"
LARGEST_IP_BYTE = 1_500  # the usual MTU, headers included


@dataclasses.dataclass(frozen=True)
class Flow:
    """Packets at even distances, with the jitter of whoever makes them.

    payload_byte:  of the application, the mean
    period_ms:     from one packet to the next
    budget_ms:     later is as bad as never
    ip_byte:       of the IP, UDP and RTP headers, of every IP packet
    spread:        standard deviation of the size over its mean, cut at 0.5 and 1.5
    jitter_ms:     standard deviation of the time of arrival, cut at twice of it
    """

    payload_byte: float
    period_ms: float
    budget_ms: float
    ip_byte: float = 28.0
    spread: float = 0.0
    jitter_ms: float = 0.0

    def __post_init__(self):
        for name in ("payload_byte", "period_ms", "budget_ms"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ScenarioError(
                    f"{name} of a flow is {getattr(self, name)}; it must be above zero."
                    " Give e.g. 100 byte every 4 ms within 10 ms."
                )
        if not (self.ip_byte >= 0.0 and self.spread >= 0.0 and self.jitter_ms >= 0.0):
            raise ScenarioError(
                "ip_byte, spread and jitter_ms of a flow must not be below zero. "
                "Leave out what the flow has not."
            )

    @property
    def ip_packets(self) -> int:
        """Into how many IP packets one packet of the application is cut."""
        return math.ceil(self.payload_byte / (LARGEST_IP_BYTE - self.ip_byte))


@functools.cache
def _flows() -> dict[str, Flow]:
    fields: dict[str, dict[str, float]] = {}
    source = importlib.resources.files("gemel.emulator.stack") / SOURCE
    with source.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            flow, field = row["name"].split(".")
            fields.setdefault(flow, {})[field] = float(row["value"])
    return {name: Flow(**values) for name, values in fields.items()}


def flow_names() -> tuple[str, ...]:
    """Every flow of the table."""
    return tuple(_flows())


def flow_named(name: str) -> Flow:
    """Raises ScenarioError, with all names, for one that is not in the table."""
    if name not in _flows():
        raise ScenarioError(
            f"there is no flow {name!r}. Choose one of {', '.join(_flows())}."
        )
    return _flows()[name]
