"""Is it time to activate what was planned for later?

Of condition expressions (TS 28.572) gemel knows two kinds of comparison: the time of
the network, `time >= "2025-01-07T02:00:00+00:00"`, and a measurement of an object in
the last report, `SubNetwork=1,…,NRCellDU=1#RRU.PrbTotDl < 10`.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from gemel.interfaces.standards.problem import APPLICATION, refusal

# (the time, measurement by "DN#name") -> whether it holds
Condition = Callable[[datetime, Mapping[str, float]], bool]
_COMPARES = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_TERM = re.compile(r"\s*(\S+)\s*(<=|>=|<|>)\s*(\S+)\s*")


def condition_of(text: str) -> Condition:
    """What an expression asks. Raises Refusal for one that gemel does not know."""
    found = _TERM.fullmatch(text)
    if found:
        name, sign, value = found.groups()
        compare = _COMPARES[sign]
        if name == "time" and (when := _time(value.strip('"'))):
            return lambda now, told: compare(now, when)
        if "#" in name and (number := _number(value)) is not None:
            return lambda now, told: name in told and compare(told[name], number)
    raise refusal(
        APPLICATION,
        "conditionExpression",
        f'{text!r} is not served. Write time >= "2025-01-07T02:00:00+00:00" or '
        "SubNetwork=1,…,NRCellDU=1#RRU.PrbTotDl < 10.",
    )


def _time(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo is not None else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
