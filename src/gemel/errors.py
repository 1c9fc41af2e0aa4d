"""What can go wrong, and who is told?

GemelError
├─ ScenarioError   the world described cannot exist
├─ InterfaceError  a file or a peer does not follow its standard
└─ LoopsDisagree   two loops turn one knob two ways, and no precedence was declared

A message says what, where, and the next move, in one line.
"""


class GemelError(Exception):
    """Anything that gemel itself refuses."""


class ScenarioError(GemelError):
    """The world described cannot exist."""


class InterfaceError(GemelError):
    """A file or a peer does not follow its standard."""


class LoopsDisagree(GemelError):
    """Two loops want to turn one knob two ways, and no precedence was declared."""
