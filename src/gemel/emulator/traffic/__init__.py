"""What do people and machines ask of the network, packet by packet?"""

from gemel.emulator.traffic.base import EVENTS, AbstractTraffic, Arrivals
from gemel.emulator.traffic.families import TRAFFIC
from gemel.emulator.traffic.five_qi import FiveQi, five_qi
from gemel.emulator.traffic.mix import MIXED, Quality, TrafficMix, draw_mix

__all__ = [
    "EVENTS",
    "MIXED",
    "TRAFFIC",
    "AbstractTraffic",
    "Arrivals",
    "FiveQi",
    "Quality",
    "TrafficMix",
    "draw_mix",
    "five_qi",
]
