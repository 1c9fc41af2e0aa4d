"""Which closed loops are there?"""

from gemel.autonomy.loops.energy_saving import EnergySaving

LOOPS = {"energy_saving": EnergySaving}
