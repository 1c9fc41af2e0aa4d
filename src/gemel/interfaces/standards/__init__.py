"""Which standards' bytes do we turn into our types and back?

Each is a module with `decode` and `encode`; decode after encode is the identity.
"""

from gemel.interfaces.standards import ts28312

STANDARDS = {
    "TS 28.312": ts28312,
}
