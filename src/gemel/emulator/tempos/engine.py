"""What stays while the stand-in lives by ticks or slot by slot?"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.emulator.access.rules import AccessRules
from gemel.emulator.faults.base import Ailments
from gemel.emulator.faults.striking import neighbours_with
from gemel.emulator.mobility.relations import Relations, relations_of
from gemel.emulator.mobility.rules import MobilityRules, usual_rules
from gemel.emulator.power.rules import PowerRules, power_rules
from gemel.emulator.settings import Settings, usual_settings
from gemel.emulator.slot.plan import FDD_LETTERS, USUAL_TDD_LETTERS, SlotPlan
from gemel.emulator.stack.profiles import PROFILES, rules_of
from gemel.emulator.stack.rules import FlowRules
from gemel.emulator.tempos.listening import Wide, wide_of
from gemel.emulator.traffic import MIXED, TrafficMix, draw_mix
from gemel.network.beam_leak import BeamLeak, beam_leak, beams_of
from gemel.network.cells import Cells
from gemel.network.link_to_system.overhead import SlotPattern
from gemel.network.link_to_system.slot_tables import SlotTables, slot_tables
from gemel.network.numerology import Broadcast, resource_block_groups
from gemel.network.path_gain import Propagation
from gemel.network.scheduling import SCHEDULERS
from gemel.network.scheduling.base import AbstractScheduler
from gemel.radio.small_scale import (
    FadingTraces,
    Sight,
    cluster_table,
    environment_traces,
)
from gemel.units import THERMAL_NOISE_DBM_PER_HZ, mw_from_dbm

WAVELENGTHS, PLACES, PER_STATE = 64, 8, 8  # small enough for a processor's cache
MAST_NOISE_FIGURE_DB = 5.0  # TR 38.802 table A.2.1-1
USER_POWER_DBM = 23.0  # power class 3, TS 38.101-1 table 6.2.1-1
OPEN_DBM, ALPHA = -90.0, 0.8  # P0 in a block of 15 kHz, and the share of the loss
USUAL_M = 150.0  # of the link whose spreads the traces have
ONE_TRY_DB = 9.0  # our margin for who has no second try
# Which stack carries which family.
ENVIRONMENT_OF = {
    "UrbanMacro": "uma",
    "UrbanMicro": "umi",
    "RuralMacro": "rma",
    "IndoorOffice": "inh",
}
PROFILE_OF = {"voice": "lean", "video": "lean", "sensor": "lean", "control": "instant"}


class LayerSlots(eqx.Module):
    """One carrier.

    own:          numbers of its cells in the network
    number:       the other way round; -1 for cells of other carriers
    common_share: of the downlink, sent to everybody
    """

    plan: SlotPlan = eqx.field(static=True)
    own: tuple[int, ...] = eqx.field(static=True)
    number: Int[Array, " cell"]
    traces: FadingTraces
    tables: SlotTables
    beams: BeamLeak
    noise_mw: Float[Array, ""]
    up_noise_mw: Float[Array, ""]
    open_mw: Float[Array, ""]
    common_share: float = eqx.field(static=True)

    @property
    def cells(self) -> np.ndarray:
        """Where its cells are in arrays over all cells."""
        return np.asarray(self.own, np.int32)


class Flows(eqx.Module):
    """What stays of every user's flow, in one direction.

    payload_share: of a transport block; the rest is headers
    most_tries, arq, at_once, backoff_db: see `slot.rows.Sender`
    """

    payload_share: Float[Array, " user"]
    most_tries: Int[Array, " user"]
    arq: Array
    at_once: Array
    backoff_db: Float[Array, " user"]


class Engine(eqx.Module):
    """Everything about equipment and applications that no tick changes."""

    rules: MobilityRules
    settings: Settings
    relations: Relations
    power: PowerRules
    access: AccessRules = eqx.field(static=True)
    mix: TrafficMix
    flows: Flows
    layers: tuple[LayerSlots, ...]
    wide: tuple[Wide, ...]
    scheduler: AbstractScheduler
    speed_mps: Float[Array, " user"]
    carrier_ghz: tuple[float, ...] = eqx.field(static=True)
    seed: int = eqx.field(static=True)


def engine_of(
    cells: Cells,
    propagation: Propagation,
    speed_mps: Float[Array, " user"],
    seed: int,
    shares: dict[str, float] | None = None,
    scheduler: str = "proportional_fair",
    seats: int = 32,
    letters: str | None = None,
    together: int = 1,
) -> Engine:
    """The usual equipment of these cells, with a mixture of applications.

    letters:  slot pattern of TDD carriers; FDD carriers have their own
    together: users of one group at most, on carriers with steered beams (MU-MIMO)
    """
    users = speed_mps.shape[0]
    mix = draw_mix(shares or MIXED, users, np.random.default_rng([seed, 40]))
    carriers = cells.carriers
    layers = tuple(
        _layer(cells, propagation, number, seed, seats, letters, together)
        for number in range(len(carriers.label))
    )
    return Engine(
        rules=usual_rules(cells),
        settings=usual_settings(len(cells.name)),
        relations=relations_of(cells),
        power=power_rules(jax.tree.map(lambda leaf: leaf[cells.layer], carriers)),
        access=AccessRules(),
        mix=mix,
        flows=_flows(mix),
        layers=layers,
        wide=tuple(wide_of(layer.traces) for layer in layers),
        scheduler=SCHEDULERS[scheduler](),
        speed_mps=speed_mps,
        carrier_ghz=tuple(float(ghz) for ghz in carriers.carrier_ghz),
        seed=seed,
    )


def _flows(mix: TrafficMix) -> Flows:
    """The numbers of each family's protocol stack."""
    rules = [rules_of(PROFILES[PROFILE_OF.get(name, "classic")]) for name in mix.names]
    # A packet of 1,500 bytes, or a telegram of a hundred where that is what flows.
    packet = [
        1_500.0 if name in ("ftp3", "web", "video", "full_buffer") else 100.0
        for name in mix.names
    ]
    share = [p / (p + r.header_byte) for p, r in zip(packet, rules, strict=True)]

    def each(values: list, dtype: type) -> Array:
        return jnp.asarray(np.asarray(values, dtype))[mix.family]

    return Flows(
        each(share, np.float32),
        each([r.most_transmissions for r in rules], np.int32),
        each([r.arq for r in rules], bool),
        each([r.configured_grant for r in rules], bool),
        each([_backoff_db(r) for r in rules], np.float32),
    )


def _backoff_db(rules: FlowRules) -> float:
    """Who sends once and for all repeats what it sends, and keeps clear of the fading
    between two reports. Repetition within a slot costs what a lower scheme costs."""
    once_only = rules.most_transmissions == 1
    return 10.0 * np.log10(rules.repetitions) + (ONE_TRY_DB if once_only else 0.0)


def _layer(
    cells: Cells,
    propagation: Propagation,
    number: int,
    seed: int,
    seats: int,
    letters: str | None,
    together: int,
) -> LayerSlots:
    carriers = cells.carriers
    scs_khz, prb = int(carriers.scs_khz[number]), int(carriers.prb[number])
    tdd = float(carriers.downlink_share[number]) < 1.0
    groups = resource_block_groups(prb)
    plan = SlotPlan(
        scs_khz=scs_khz,
        prb=prb,
        letters=(letters or USUAL_TDD_LETTERS) if tdd else FDD_LETTERS,
        group_prb=groups.nominal,
        seats=seats,
        explicit=min(8, propagation.k),
        together=together if float(carriers.spill[number]) < 1.0 else 1,
    )
    own = np.flatnonzero(np.asarray(cells.layer) == number)
    local = np.full(len(cells.name), -1)
    local[own] = np.arange(len(own))
    ghz = carriers.carrier_ghz[number]
    name = ENVIRONMENT_OF.get(type(propagation.path_loss).__name__, "uma")

    def metres(value: float) -> Float[Array, ""]:
        return jnp.asarray(value, jnp.float32)

    never = jnp.asarray(False)
    sight = Sight(
        distance_2d_m=metres(USUAL_M),
        base_height_m=metres(25.0),
        user_height_m=metres(1.5),
        carrier_ghz=ghz,
        line_of_sight=never,
        indoor=never,
        zenith_deg=jnp.asarray(95.0),
        azimuth_deg=jnp.asarray(0.0),
    )
    block_hz = 12.0 * scs_khz * 1e3
    traces = environment_traces(
        jax.random.key(int(np.random.default_rng([seed, 50 + number]).integers(2**31))),
        cluster_table(name),
        sight,
        plan.group_prb * block_hz,
        plan.groups,
        PER_STATE,
        WAVELENGTHS,
        PLACES,
    )
    pattern = SlotPattern("D" if "F" in plan.letters else plan.letters)
    streams = int(carriers.streams[number])
    return LayerSlots(
        plan=plan,
        own=tuple(int(cell) for cell in own),
        number=jnp.asarray(local, jnp.int32),
        traces=traces,
        tables=slot_tables(prb, most_layers=streams),
        beams=beam_leak(beams_of(float(carriers.spill[number]))),
        noise_mw=carriers.noise_mw[number] / carriers.prb[number],
        up_noise_mw=_dbm(
            THERMAL_NOISE_DBM_PER_HZ + 10 * np.log10(block_hz) + MAST_NOISE_FIGURE_DB
        ),
        open_mw=_dbm(OPEN_DBM + 10 * np.log10(scs_khz / 15)),
        common_share=Broadcast().common_share(prb, scs_khz, pattern),
    )


def _dbm(level: float) -> Float[Array, ""]:
    return mw_from_dbm(jnp.asarray(level, jnp.float32))


def struck_engine(engine: Engine, ailments: Ailments) -> Engine:
    """With the neighbour lists as they really are."""
    lists = engine.relations
    if not (np.any(ailments.forgotten_share) or np.any(ailments.mistaken_share)):
        return engine
    wrong = neighbours_with(ailments, lists.neighbour, lists.allowed)
    return eqx.tree_at(
        lambda e: (e.relations.neighbour, e.relations.allowed), engine, wrong
    )
