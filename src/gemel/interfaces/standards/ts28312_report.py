"""How do we tell, as JSON of 3GPP TS 28.312, whether an intent was kept?

IntentReport and IntentFulfilmentReport of TS28312_IntentNrm.yaml 19.5.0, Rel-19.
"""

import datetime
import math
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from gemel.autonomy.intents import TARGETS, Intent, Target, TargetResult, met
from gemel.errors import InterfaceError


def encode_fulfilment_report(
    intent: Intent,
    results: Mapping[str, TargetResult],
    last_updated: datetime.datetime,
) -> dict[str, Any]:
    """An IntentReport that says of every target whether it was kept.

    results:       by target name; a target that is absent was not measured
    last_updated:  lastUpdatedTime, with its time zone

    Written with the standard's own spelling: notFullfilledState, expectaitonId.
    Raises InterfaceError where a result belongs to no target of the intent.
    """
    wanted = [target.name for target in intent.targets]
    if strangers := sorted(set(results) - set(wanted)):
        raise InterfaceError(
            f"results speak of {', '.join(strangers)}, which intent {intent.id!r} does "
            f"not want; it wants {', '.join(wanted)}. Leave them out."
        )
    by_expectation = groupby(intent.targets, lambda target: target.expectation)
    expectations, every_reason = [], []
    for identifier, group in by_expectation:
        targets, reasons = [], []
        for target in group:
            result = results.get(target.name, TargetResult(False))
            reason = [] if result.fulfilled else [_shortfall(target, result)]
            targets.append(
                {
                    "targetName": target.name,
                    "targetFulfilmentInfo": _fulfilment_info(reason),
                    **_achieved(result),
                }
            )
            reasons += reason
        expectations.append(
            {
                "expectaitonId": identifier,
                "expectationFulfilmentInfo": _fulfilment_info(reasons),
                "targetFulfilmentResults": targets,
            }
        )
        every_reason += reasons
    return {
        "id": intent.report_reference.rpartition("=")[2],
        "objectClass": "IntentReport",
        "objectInstance": intent.report_reference,
        "intentReference": intent.reference,
        "lastUpdatedTime": last_updated.isoformat(),
        "intentFulfilmentReport": {
            "intentFulfilmentInfo": _fulfilment_info(every_reason),
            "expectationFulfilmentResult": expectations,
        },
    }


def _measured(result: TargetResult) -> float | None:
    known = result.achieved is not None and math.isfinite(result.achieved)
    return result.achieved if known else None


def _achieved(result: TargetResult) -> dict[str, Any]:
    value = _measured(result)
    return {} if value is None else {"targetAchievedValue": value}


def _shortfall(target: Target, result: TargetResult) -> str:
    unit, value = TARGETS[target.name].unit, _measured(result)
    wanted = f"wanted {target.name} {target.condition} {target.threshold:g} {unit}"
    if value is None:
        return f"{wanted}, nothing was measured"
    # The achieved value is the whole day's; the promise is for every period.
    except_some = " but not in every period" if met(target, value) else ""
    return f"{wanted}, achieved {value:g} {unit}{except_some}"


def _fulfilment_info(reasons: list[str]) -> dict[str, Any]:
    if not reasons:
        return {"fulfilmentStatus": "FULFILLED"}
    return {
        "fulfilmentStatus": "NOT_FULFILLED",
        "notFullfilledState": "DEGRADED",
        "notFulfilledReasons": reasons,
    }
