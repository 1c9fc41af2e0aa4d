"""Which networks can be observed and acted upon?"""

from gemel.interfaces.networks.emulated import EmulatedActuator, EmulatedSource

NETWORKS = {"emulated": (EmulatedSource, EmulatedActuator)}
