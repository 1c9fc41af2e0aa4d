"""Which worlds are ready-made, and how is a day lived in one?"""

from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.munich import munich
from gemel.scenarios.paris import paris
from gemel.scenarios.plan import Scenario

SCENARIOS = {
    "munich": Scenario(
        "central Munich: real buildings, sites planned on real roofs",
        "nothing: the map comes with gemel's dependencies, works offline",
        munich,
    ),
    "paris": Scenario(
        "Paris: the real 5G sites of Free Mobile, about 250 with three sectors",
        "the official list of sites: gemel data get paris, --data DIR or GEMEL_DATA",
        paris,
    ),
    "hexagons": Scenario(
        "textbook grid: 19 three-sector sites, 700 MHz and 3.5 GHz",
        "nothing",
        hexagons,
    ),
}
