"""How efficient is an indoor hotspot, as IMT-2020 was evaluated?

Report ITU-R M.2412, table 5, configuration A, and 3GPP TR 37.910: full buffers, users
attached to their strongest point and served by multi-user MIMO with as many layers as
make the proportionally fair sum largest.

One number is fitted: the receiver's rejection of interference, to the rows "12TRxP FDD
Type II, model A" of TR 37.910 (mean and 5th percentile at 10, 20 and 40 MHz). All else
follows from the set-up or is a usual assumption, named below.
"""

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.errors import ScenarioError
from gemel.network.carriers import resource_blocks
from gemel.network.link_to_system.channel_knowledge import ChannelKnowledge
from gemel.network.link_to_system.efficiency_curve import (
    EfficiencyCurve,
    efficiency_curve,
)
from gemel.network.link_to_system.multi_user import MultiUserArray
from gemel.network.link_to_system.overhead import Downlink, SlotPattern
from gemel.radio.propagation.inh import IndoorOffice
from gemel.radio.propagation.m2412 import IndoorHotspotA
from gemel.scenarios.indoor_hall import (
    CARRIER_GHZ,
    PORTS,
    SITES_M,
    USERS_PER_POINT,
    Placed,
    drop_users,
)

PATH_LOSSES = {"A": IndoorHotspotA, "B": IndoorOffice}
DOPPLER_HZ = 3.0 / 3.6 * CARRIER_GHZ / 0.3  # 3 km/h over c = 0.3 m/ns
USER_ANTENNAS, MOST_LAYERS = 4.0, 12  # DM-RS type 2 has twelve ports

# Our assumptions where TR 37.910 leaves it to the company.
CONTROL_SYMBOLS = 2
MEASURED_BY_REPORT = 32 + 4  # 32 CSI-RS ports for everybody, and interference
MEASURED_BY_SOUNDING = 4 * USERS_PER_POINT + 4  # four precoded ports a user
REPORT_DELAY_SLOTS, SOUNDING_DELAY_SLOTS, PERIOD_SLOTS = 4.0, 3.0, 5.0
# 32 CSI-RS ports are spread over eight elements (TS 38.211, table 7.4.1.5.3-1), and a
# sounding comb of two has eight cyclic shifts (TS 38.211, clause 6.4.1.4.2).
PILOT_GAIN = 8.0
# What a Type II report keeps of a scattered channel: `indoor_hall.codebook_fidelity`.
CODEBOOK_FIDELITY = {1: 0.80, 3: 0.65}

REJECTION_DB = 1.5  # fitted, see above


@dataclasses.dataclass(frozen=True)
class IndoorHotspot:
    """One row of the evaluation.

    sectors:         transmission points per site: 1 looks down, (4,4,2) elements and as
                     many ports; 3 look around, tilted by 20 degrees, (8,16,2) elements,
                     each port four by two of them
    model:           of propagation, A or B of Report ITU-R M.2412
    letters:         of the slot pattern; "D" is FDD with Type II reports, every other
                     is TDD with sounding
    """

    sectors: int = 1
    model: str = "A"
    letters: str = "D"
    subcarrier_khz: int = 15
    bandwidth_mhz: float = 10.0
    rejection_db: float = REJECTION_DB
    pilot_gain: float = PILOT_GAIN

    def __post_init__(self):
        if self.sectors not in CODEBOOK_FIDELITY or self.model not in PATH_LOSSES:
            raise ScenarioError(
                f"no indoor hotspot has {self.sectors} sectors and model "
                f"{self.model!r}; give 1 or 3, and one of {list(PATH_LOSSES)}."
            )

    @property
    def points(self) -> int:
        """Transmission points in the hall."""
        return len(SITES_M) * self.sectors

    @property
    def downlink(self) -> Downlink:
        """What is on air beside data."""
        return Downlink(
            resource_blocks=resource_blocks(self.subcarrier_khz, self.bandwidth_mhz),
            subcarrier_khz=self.subcarrier_khz,
            bandwidth_mhz=self.bandwidth_mhz,
            pattern=SlotPattern(self.letters),
            control_symbols=CONTROL_SYMBOLS,
            csi_elements=(
                MEASURED_BY_REPORT if self.letters == "D" else MEASURED_BY_SOUNDING
            ),
        )

    @property
    def knowledge(self) -> ChannelKnowledge:
        """How the channel becomes known."""
        reported = self.letters == "D"
        delay = REPORT_DELAY_SLOTS if reported else SOUNDING_DELAY_SLOTS
        return ChannelKnowledge(
            codebook_fidelity=CODEBOOK_FIDELITY[self.sectors] if reported else 1.0,
            pilot_gain=self.pilot_gain,
            age_s=(0.5 * PERIOD_SLOTS + delay) * 1e-3 * 15.0 / self.subcarrier_khz,
        )

    @property
    def served(self) -> "Served":
        """What decides about a user's rate beside its place."""
        numbers = range(1, MOST_LAYERS + 1)
        share = [self.downlink.data_share(number) for number in numbers]
        rejection = 10.0 ** (self.rejection_db / 10.0)
        return Served(
            array=MultiUserArray(PORTS, USER_ANTENNAS, rejection),
            knowledge=self.knowledge,
            data_share=jnp.asarray(share),
            sounded=self.letters != "D",
        )


class Served(eqx.Module):
    """How users are served.

    data_share: of the carrier's bandwidth and downlink time, with 1, 2, … layers
    sounded:    the channel is learnt from uplink pilots, not from reports
    """

    array: MultiUserArray
    knowledge: ChannelKnowledge
    data_share: Float[Array, " layers"]
    sounded: bool = eqx.field(static=True)


@dataclasses.dataclass(frozen=True)
class Efficiency:
    """What came out.

    mean_bps_per_hz:   per transmission point
    fifth_bps_per_hz:  of the user whom 5 % have less than
    layers:            mean number at once
    users:             counted, over all drops
    """

    mean_bps_per_hz: float
    fifth_bps_per_hz: float
    layers: float
    users: int


@eqx.filter_jit
def share_out(
    served: Served, curve: EfficiencyCurve, placed: Placed, points: int
) -> tuple[Float[Array, " user"], Int[Array, " point"]]:
    """bit/s/Hz of every user, and the layers that each point sends at once.

    Full buffers and proportional fairness: users of a point have equal shares of its
    layers, so a point takes the number of layers with the largest sum of logarithms.
    """
    layers = jnp.linspace(1.0, MOST_LAYERS, MOST_LAYERS)

    def one_user(placed: Placed) -> Float[Array, " layers"]:
        # Sounding is heard far above noise: a user sends more power than it needs.
        pilots = (
            placed.sounding_others if served.sounded else placed.others + placed.noise
        )
        unknown = served.knowledge.unknown_share(
            1.0 / pilots, placed.k_factor, jnp.asarray(DOPPLER_HZ)
        )

        def with_layers(layers: Float[Array, ""]) -> Float[Array, ""]:
            return served.array.layer_sinr(
                placed.others, placed.noise, layers, placed.overlap, unknown
            )

        users = (placed.neighbours + 1).astype(layers.dtype)
        carried = curve.read(jax.vmap(with_layers)(layers)) * served.data_share
        # No user has more than two layers: one a polarisation.
        return jnp.where(layers <= 2.0 * users, carried * layers / users, 0.0)

    rates = jax.vmap(one_user)(placed)
    logs = jnp.log(jnp.maximum(rates, 1e-9))
    fair = jax.ops.segment_sum(logs, placed.point, points)
    best = jnp.argmax(fair, axis=1)
    return rates[jnp.arange(len(rates)), best[placed.point]], best + 1


def indoor_hotspot(case: IndoorHotspot, drops: int = 10, seed: int = 0) -> Efficiency:
    """Drop users so often and count what they get.

    Raises ScenarioError where there is nothing to drop.
    """
    if drops < 1:
        raise ScenarioError(f"{drops} drops tell nothing; give at least 1.")
    points, users, layers = [], [], []
    for placed in _placed(case.sectors, case.model, drops, seed):
        got, sent = share_out(case.served, _curve(), placed, case.points)
        users.append(np.asarray(got, np.float64))
        points.append(users[-1].sum() / case.points)
        layers.append(np.asarray(sent)[np.unique(np.asarray(placed.point))].mean())
    everybody = np.concatenate(users)
    return Efficiency(
        mean_bps_per_hz=float(np.mean(points)),
        fifth_bps_per_hz=float(np.percentile(everybody, 5.0)),
        layers=float(np.mean(layers)),
        users=len(everybody),
    )


@functools.lru_cache(maxsize=8)
def _placed(sectors: int, model: str, drops: int, seed: int) -> tuple[Placed, ...]:
    """The same users for every bandwidth, duplex and receiver."""
    keys = jax.random.split(jax.random.key(seed), drops)
    return tuple(drop_users(sectors, PATH_LOSSES[model](), key) for key in keys)


@functools.cache
def _curve() -> EfficiencyCurve:
    """256QAM, as TR 37.910 assumes."""
    return efficiency_curve(2)
