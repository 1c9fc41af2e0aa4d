"""How does a management interface say what was wrong, as application/problem+json?

ErrorDetail of TS28572_PlanManagement.yaml 19.2.0; a whole answer is the same words in
the envelope of RFC 9457, with every mistake found in `errors`.
"""

import dataclasses
from typing import Any

from gemel.errors import InterfaceError

SCHEMA = "SCHEMA_VALIDATION_ERROR"
TREE = "DATA_NODE_TREE_ERROR"
NOT_ALLOWED = "MODIFICATION_NOT_ALLOWED"
ACCESS = "ACCESS_CONTROL_CONFLICT"
APPLICATION = "APPLICATION_LAYER_ERROR"
SERVER = "SERVER_ERROR"
OTHER = "OTHER"

BAD_NAME = "NEW_DATA_NODE_NAME_INVALID"
BAD_VALUE = "NEW_DATA_NODE_VALUE_INVALID"
BAD_PLACE = "NEW_DATA_NODE_CONTAINMENT_INVALID"

# What each kind is in HTTP where nobody says otherwise.
STATUS = {
    SCHEMA: 400,
    TREE: 422,
    NOT_ALLOWED: 403,
    ACCESS: 403,
    APPLICATION: 422,
    SERVER: 500,
    OTHER: 400,
}
MEDIA_TYPE = "application/problem+json"


@dataclasses.dataclass(frozen=True)
class ErrorDetail:
    """One mistake.

    type:           one of the seven kinds above
    bad_data_node:  the DN or attribute it is about
    """

    type: str
    bad_data_node: str
    detail: str
    reason: str | None = None

    def as_json(self) -> dict[str, str]:
        """As the standard spells it."""
        said = {
            "type": self.type,
            "badDataNode": self.bad_data_node,
            "detail": self.detail,
        }
        return said | ({"reason": self.reason} if self.reason else {})


class Refusal(InterfaceError):
    """A request that was not carried out, and nothing was changed."""

    def __init__(self, *errors: ErrorDetail, status: int | None = None):
        super().__init__(" ".join(error.detail for error in errors))
        self.errors = errors
        self.status = status or STATUS[errors[0].type]

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        first = self.errors[0]
        return {
            "title": first.type.replace("_", " ").capitalize(),
            "status": self.status,
            **first.as_json(),
            "errors": [error.as_json() for error in self.errors],
        }


def refusal(
    kind: str,
    node: str,
    detail: str,
    reason: str | None = None,
    status: int | None = None,
) -> Refusal:
    """The usual one: a single mistake."""
    return Refusal(ErrorDetail(kind, node, detail, reason), status=status)
