"""Which protocol stack serves a flow best: all of them carry the same one?"""

import dataclasses
from collections.abc import Callable
from typing import Any

from gemel.emulator.stack import (
    FUNCTIONS,
    PROFILES,
    Air,
    Carried,
    Flow,
    Profile,
    carry,
    flow_named,
    function_named,
    profile_named,
    with_function,
    without_function,
)
from gemel.emulator.stack.tally import Estimate
from gemel.errors import ScenarioError
from gemel.report.stack import Interval, StackResult

PACKETS = 10_000_000  # 100 of them beyond the 99.999th percentile


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What was asked, and one result a stack."""

    flow_name: str
    flow: Flow
    air: Air
    seed: int
    results: tuple[StackResult, ...]

    @property
    def title(self) -> str:
        """Flow and air in a line."""
        air, flow = self.air, self.flow
        way = "uplink" if air.direction == "ul" else "downlink"
        duplex = "FDD" if not air.pattern.strip("D") else air.pattern
        return (
            f"{self.flow_name}: {flow.payload_byte:g} byte every {flow.period_ms:g} ms "
            f"within {flow.budget_ms:g} ms, {way}, {air.scs_khz} kHz {duplex}, "
            f"{air.sinr_db:g} dB, {air.fading}"
        )

    def as_json(self) -> dict[str, Any]:
        """All that was asked and all that came out."""
        return {
            "flow": {"name": self.flow_name, **dataclasses.asdict(self.flow)},
            "air": dataclasses.asdict(self.air),
            "seed": self.seed,
            "profiles": [result.as_json() for result in self.results],
        }


def composed(
    names: tuple[str, ...], added: tuple[str, ...], left_out: tuple[str, ...]
) -> dict[str, Profile]:
    """The profiles, changed alike; what is left out must be in one of them at least.

    Raises ScenarioError for what is not known.
    """
    profiles = {name: profile_named(name) for name in names or tuple(PROFILES)}
    for unwanted in left_out:
        changed = {
            name: without_function(profile, unwanted)
            for name, profile in profiles.items()
            if _has(profile, unwanted)
        }
        if not changed:
            raise ScenarioError(
                f"{unwanted} is in none of {', '.join(profiles)}. Leave it out of "
                "--without, or choose another profile."
            )
        profiles |= changed
    for words in added:
        function = function_named(words)
        profiles = {
            name: with_function(profile, function) for name, profile in profiles.items()
        }
    return profiles


def _has(profile: Profile, name: str) -> bool:
    if name not in FUNCTIONS:
        raise ScenarioError(
            f"there is no function {name!r}. Choose from {', '.join(FUNCTIONS)}."
        )
    return any(type(function) is FUNCTIONS[name] for function in profile)


def compare(
    flow_name: str,
    profiles: dict[str, Profile],
    air: Air,
    packets: int = PACKETS,
    seed: int = 0,
    tell: Callable[[str, float], None] = lambda what, share: None,
) -> Comparison:
    """Every stack on its own, over the same air and with the same seed."""
    flow = flow_named(flow_name)
    results = []
    for number, (name, profile) in enumerate(profiles.items()):

        def told(share: float, name: str = name, number: int = number) -> None:
            tell(f"packets of {name}", (number + share) / len(profiles))

        carried = carry(profile, flow, air, packets, seed, told)
        results.append(_result(name, profile, carried))
    return Comparison(flow_name, flow, air, seed, tuple(results))


def _interval(estimate: Estimate) -> Interval:
    return Interval(estimate.value, estimate.low, estimate.high)


def _result(name: str, profile: Profile, carried: Carried) -> StackResult:
    kept = carried.tally.reliability()
    spent, exceeding = carried.resources, carried.exceeding()
    named = {function: word for word, function in FUNCTIONS.items()}
    return StackResult(
        name=name,
        functions=tuple(named[type(function)] for function in profile),
        packets=carried.tally.packets,
        header_byte=carried.header_byte,
        overhead=carried.overhead,
        mean_ms=_interval(carried.mean_ms),
        least_mean_ms=carried.least_mean_ms,
        tail_ms=_interval(carried.tail_ms),
        least_tail_ms=carried.least_tail_ms,
        failed=Interval(
            *(
                None if share is None else 1.0 - share
                for share in (kept.value, kept.high, kept.low)
            )
        ),
        least_failed=1.0 - carried.bound.reliability,
        lost=int(carried.tally.lost.sum()),
        groups={
            "blocks sent": spent.data,
            "kept unused": spent.kept,
            "control": spent.control,
        },
        delay_ms=exceeding[0],
        exceeding=exceeding[1],
    )
