"""How does a user get at the network, and when is he let go?"""

import dataclasses

from gemel.errors import ScenarioError

IDLE, INACTIVE, ACCESSING, CONNECTED = range(4)
SETUP, RESUME, REESTABLISH = range(3)  # what an access is for


@dataclasses.dataclass(frozen=True)
class AccessRules:
    """Random access of TS 38.321 clause 5.1 and the RRC states of TS 38.331.

    Times are milliseconds. Those of messages are assumptions of a lightly loaded cell.

    inactivity_ms:        without data until a connection is suspended
    inactive_ms:          suspended until it is forgotten
    preambles:            for contention, of 64; the rest are dedicated
    occasion_ms:          between occasions, as prach-ConfigurationIndex says
    response_ms:          from a preamble to its response, or to the end of the window
    exchange_ms:          from the response until message 3 was heard alone
    resolution_ms:        from the response until those who collided know it,
                          ra-ContentionResolutionTimer
    backoff_ms:           the longest wait before the next attempt
    preamble_trans_max:   attempts before an access is given up
    setup_ms:             from message 3 to a connection out of IDLE,
    resume_ms:            out of INACTIVE,
    reestablish_ms:       and after a radio link failure
    refused_ms:           a user who found no seat waits, waitTime of RRCReject
    given_up_ms:          a user whom nobody heard waits
    """

    inactivity_ms: int = 10_000
    inactive_ms: int = 60_000
    preambles: int = 54
    occasion_ms: int = 10
    response_ms: int = 5
    exchange_ms: int = 4
    resolution_ms: int = 32
    backoff_ms: int = 20
    preamble_trans_max: int = 10
    setup_ms: int = 15
    resume_ms: int = 5
    reestablish_ms: int = 10
    refused_ms: int = 1_000
    given_up_ms: int = 1_000

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            least = 0 if field.name in MAY_BE_ZERO else 1
            if value < least:
                raise ScenarioError(
                    f"{field.name} is {value}; random access needs {least} or more. "
                    f"Give a whole number, e.g. {field.default}."
                )
        if self.preambles > 64:
            raise ScenarioError(
                f"{self.preambles} preambles are more than a cell has; give 64 or "
                "fewer, e.g. 54."
            )


MAY_BE_ZERO = {
    "exchange_ms",
    "resolution_ms",
    "backoff_ms",
    "setup_ms",
    "resume_ms",
    "reestablish_ms",
}
