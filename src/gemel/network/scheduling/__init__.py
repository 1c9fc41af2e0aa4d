"""Who gets which part of the band in a slot?"""

from gemel.network.scheduling.allocate import NOBODY, Offer, allocate
from gemel.network.scheduling.base import AbstractScheduler, SeatFacts, no_facts
from gemel.network.scheduling.max_rate import MaxRate
from gemel.network.scheduling.proportional_fair import ProportionalFair
from gemel.network.scheduling.qos_aware import QosAware
from gemel.network.scheduling.quotas import Quotas, quotas_of
from gemel.network.scheduling.round_robin import RoundRobin

SCHEDULERS: dict[str, type[AbstractScheduler]] = {
    "max_rate": MaxRate,
    "proportional_fair": ProportionalFair,
    "qos_aware": QosAware,
    "round_robin": RoundRobin,
}

__all__ = [
    "NOBODY",
    "SCHEDULERS",
    "AbstractScheduler",
    "MaxRate",
    "Offer",
    "ProportionalFair",
    "QosAware",
    "Quotas",
    "RoundRobin",
    "SeatFacts",
    "allocate",
    "no_facts",
    "quotas_of",
]
