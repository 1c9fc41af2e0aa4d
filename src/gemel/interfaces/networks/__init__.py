"""Which networks can be observed and acted upon?"""

from gemel.interfaces.networks.emulated import EmulatedActuator, EmulatedSource
from gemel.interfaces.networks.live import LiveSource
from gemel.interfaces.networks.live_actuator import LiveActuator
from gemel.interfaces.networks.recorded import RecordedSource

# Nobody turns the knobs of a recording.
NETWORKS = {
    "emulated": (EmulatedSource, EmulatedActuator),
    "recorded": (RecordedSource, None),
    "live": (LiveSource, LiveActuator),
}
