"""Which published calibration cases are there, and how is each one set up?

3GPP TR 38.901, table 7.8-1 (large-scale calibration, no fading), and the IMT-2020
self-evaluation of 3GPP, RP-180524, clause 4, whose places and people are those of ITU-R
M.2412, table 5. Where people live: TR 36.873, table 6-1 (floors).
"""

import dataclasses
from typing import Literal

from gemel.errors import ScenarioError

Environment = Literal["uma", "umi", "rma", "inh"]
Walls = Literal["mixed", "low", "legacy"]

BEAM_ZENITHS_DEG = (112.5, 157.5)
BEAM_AZIMUTHS_DEG = (-56.25, -33.75, -11.25, 11.25, 33.75, 56.25)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the sites are; every site has three sectors at 30, 150 and 270 degrees.

    inter_site_m:   between neighbouring sites
    base_height_m:  of every antenna above ground or floor
    nearest_m:      nobody stands nearer to a mast, along the ground
    hall:           twelve bases in one hall of 120 m by 50 m without neighbours;
                    otherwise 19 hexagons, wrapped around
    """

    inter_site_m: float
    base_height_m: float
    nearest_m: float = 0.0
    hall: bool = False


@dataclasses.dataclass(frozen=True)
class People:
    """Who is there, spread evenly over the place.

    a_site:            users around every site (sectors have a third each)
    indoor_share:      of those behind an outer wall, 0 to 1
    on_floors:         of those, whether they live on floors; otherwise at the height
                       of all others
    height_m:          of everybody else
    in_cars:           whether all outside are in cars
    walls:             mixed: half of the houses of high loss, half of low loss; low:
                       all of low loss; legacy: 20 dB and more, TR 38.901, table 7.4.3-3
    """

    a_site: int = 60
    indoor_share: float = 0.0
    on_floors: bool = False
    height_m: float = 1.5
    in_cars: bool = False
    walls: Walls = "mixed"

    @property
    def high_loss_share(self) -> float:
        """Of the houses, 0 to 1."""
        return 0.5 if self.walls == "mixed" else 0.0


@dataclasses.dataclass(frozen=True)
class Port:
    """The first port of a sector's antenna: elements that send the same signal.

    rows, columns:      elements of one polarisation
    row_spacing_wl:     between rows, in wavelengths
    zenith_deg:         where its only beam points, electrically
    beam_zeniths_deg, beam_azimuths_deg:  of the beams to choose from instead
    slant_deg:          of its polarisation; 0 is vertical
    """

    rows: int
    row_spacing_wl: float
    zenith_deg: float = 90.0
    columns: int = 1
    slant_deg: float = 0.0
    beam_zeniths_deg: tuple[float, ...] = ()
    beam_azimuths_deg: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Case:
    """One published case.

    environment:      whose path loss, line of sight and shadowing
    noise_figure_db:  of the users' receivers
    multipath:        whether a gain is the sum over rays and polarisations, as in
                      TR 36.873, equation 8.1-1; otherwise that towards the user
    drops:            how many make the sampling error small beside the companies' range
    """

    name: str
    title: str
    environment: Environment
    carrier_ghz: float
    bandwidth_mhz: float
    power_dbm: float
    noise_figure_db: float
    place: Place
    people: People
    port: Port
    multipath: bool = False
    drops: int = 300

    def __post_init__(self):
        if not 0.0 <= self.people.indoor_share <= 1.0:
            raise ScenarioError(
                f"indoor_share of {self.name} is {self.people.indoor_share}; it is a "
                "share. Give a number from 0 to 1."
            )


URBAN = People(indoor_share=0.8, on_floors=True)
PLACES = {
    "uma": (Place(500.0, 25.0, nearest_m=35.0), URBAN, Port(10, 0.5, 102.0)),
    "umi": (Place(200.0, 10.0, nearest_m=10.0), URBAN, Port(10, 0.5, 102.0)),
    "inh": (
        Place(20.0, 3.0, hall=True),
        People(a_site=30, height_m=1.0),
        Port(10, 0.5, 110.0),
    ),
}
POWER_AT_6_GHZ_DBM = {"uma": 49.0, "umi": 44.0, "inh": 24.0}
POWER_ABOVE_DBM = {"uma": 35.0, "umi": 35.0, "inh": 24.0}


def _large_scale(environment: Environment, title: str, ghz: float) -> Case:
    """TR 38.901, table 7.8-1."""
    place, people, port = PLACES[environment]
    low = ghz <= 6.0
    return Case(
        name=f"{'inh-open' if environment == 'inh' else environment}-{ghz:g}ghz",
        title=f"{title}, {ghz:g} GHz (TR 38.901, table 7.8-1)",
        environment=environment,
        carrier_ghz=ghz,
        bandwidth_mhz=20.0 if low else 100.0,
        power_dbm=(POWER_AT_6_GHZ_DBM if low else POWER_ABOVE_DBM)[environment],
        noise_figure_db=9.0,
        place=place,
        people=people,
        port=port,
    )


def _imt2020(
    name: str, title: str, place: Place, people: People, port: Port, **more
) -> Case:
    """RP-180524, clause 4, channel model A: 10 MHz, TRxP port 0, users at 1.5 m."""
    fields = {
        "environment": "uma",
        "carrier_ghz": 4.0,
        "bandwidth_mhz": 10.0,
        "power_dbm": 46.0,
        "noise_figure_db": 7.0,
        "multipath": True,
        "drops": 20,
    }
    return Case(
        name=f"imt2020-{name}",
        title=f"IMT-2020 {title} (RP-180524)",
        place=place,
        people=people,
        port=port,
        **(fields | more),
    )


def _all_cases() -> tuple[Case, ...]:
    urban: tuple[tuple[Environment, str], ...] = (
        ("uma", "Urban macrocell"),
        ("umi", "Urban street canyon"),
        ("inh", "Indoor open office"),
    )
    return (
        *(
            _large_scale(environment, title, ghz)
            for environment, title in urban
            for ghz in (6.0, 30.0, 70.0)
        ),
        _imt2020(
            "rural-700mhz-a",
            "Rural, 700 MHz, channel model A",
            Place(1_732.0, 35.0, nearest_m=10.0),
            People(indoor_share=0.5, in_cars=True, walls="low"),
            Port(8, 0.8, 100.0, slant_deg=45.0),
            environment="rma",
            carrier_ghz=0.7,
            drops=30,
        ),
        _imt2020(
            "uma-urllc-4ghz-a",
            "Urban Macro URLLC, 4 GHz, channel model A",
            Place(500.0, 25.0, nearest_m=10.0),
            People(indoor_share=0.2, walls="legacy"),
            Port(8, 0.8, 99.0, slant_deg=45.0),
        ),
        # M.2412, table 5 b): who is outside sits in a car. A port is half a panel.
        _imt2020(
            "dense-urban-4ghz-a",
            "Dense Urban, 4 GHz, channel model A, analog beams",
            Place(200.0, 25.0, nearest_m=10.0),
            People(indoor_share=0.8, on_floors=True, in_cars=True, walls="legacy"),
            Port(
                rows=4,
                row_spacing_wl=0.8,
                columns=8,
                slant_deg=45.0,
                beam_zeniths_deg=BEAM_ZENITHS_DEG,
                beam_azimuths_deg=BEAM_AZIMUTHS_DEG,
            ),
            power_dbm=41.0,
            drops=8,
        ),
    )


CASES = {case.name: case for case in _all_cases()}


def case_named(name: str) -> Case:
    """The case of that name; ScenarioError, with all names, if there is none."""
    if name not in CASES:
        raise ScenarioError(
            f"there is no calibration case {name!r}. Known: {', '.join(CASES)}."
        )
    return CASES[name]
