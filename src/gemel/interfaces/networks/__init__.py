"""Which networks can be observed and acted upon?"""

from gemel.interfaces.networks.emulated import EmulatedActuator, EmulatedSource
from gemel.interfaces.networks.live import LiveSource
from gemel.interfaces.networks.live_actuator import LiveActuator

NETWORKS = {
    "emulated": (EmulatedSource, EmulatedActuator),
    "live": (LiveSource, LiveActuator),
}
