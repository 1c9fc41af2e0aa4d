"""Which standards' bytes do we turn into our types and back?

Each is a module with `decode` and `encode`; decode after encode is the identity.
"""

from gemel.interfaces.standards import ts28312, ts28561

STANDARDS = {
    "TS 28.312": ts28312,
    "TS 28.561": ts28561,
}
