"""How is a stand-in turned, lived and counted from outside, at whatever tempo?"""

import dataclasses
from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.checkpoint import restore, snapshot
from gemel.emulator.phones import rsrp_counts
from gemel.emulator.stand_in import StandIn
from gemel.emulator.tempos.measured import frame_of, measured
from gemel.interfaces.management.equipment import (
    AbstractEquipment,
    Complaint,
    Heard,
    Ledger,
)
from gemel.interfaces.management.knobs import Knobs, restored_knobs, saved_knobs
from gemel.interfaces.management.misfortune import Misfortune
from gemel.network import rsrp_bins
from gemel.network.association import Served, associate, per_element_db, served_by
from gemel.network.controls import Controls
from gemel.network.own_layer import own_layer
from gemel.network.simulator import Network, State
from gemel.units import BIT_PER_KBIT, JOULE_PER_KWH

LIFE = 0
RSRP = "phones.rsrp"  # counts in a ledger, [cell bin]
KNOBS = "knobs."  # before the names of what else is saved
LOOKS = 5  # at every period that is looked back at
WHOLE = 0.99  # of a period: rounding apart
NEIGHBOURS = 8  # a phone tells of, as TS 38.331 maxCellReport


class StandInEquipment(AbstractEquipment):
    """One life of a stand-in, and the knobs it has no place for."""

    def __init__(
        self, stand_in: StandIn, knobs: Knobs, misfortune: Misfortune | None = None
    ):
        self._stand_in = stand_in
        self._knobs = knobs
        self._misfortune = misfortune
        engine = stand_in.pace.engine
        self._frame = None if engine is None else frame_of(engine)

    @property
    def elapsed_s(self) -> float:
        return self._stand_in.elapsed_s

    @property
    def phones(self) -> int:
        return self._stand_in.state(LIFE).serving.size

    def knobs(self) -> Knobs:
        really = self._stand_in.controls(LIFE)
        return dataclasses.replace(self._knobs, controls=really)

    def refuses(self, dn: str) -> str | None:
        return None

    def turn(self, knobs: Knobs) -> None:
        if self._misfortune is not None:
            knobs = self._misfortune.obeyed(self.knobs(), knobs, self.elapsed_s)
        self._stand_in.turn(LIFE, knobs.controls, knobs.settings, knobs.relations())
        self._knobs = knobs

    def live(self, steps: int, step_s: float) -> Ledger:
        self._stand_in.advance(steps, step_s)
        # Everybody tells once a chunk, at its end.
        return self._ledger(slice(0, steps)) | {RSRP: rsrp_counts(self._stand_in, LIFE)}

    def look_back(self, periods: int, period_s: float) -> list[Ledger]:
        now_s = self._stand_in.elapsed_s
        self._stand_in.elapsed_s = now_s - periods * period_s
        told = []
        with self._stand_in.by_flows():
            for _ in range(periods):
                self._stand_in.advance(LOOKS, period_s / LOOKS)
                told.append(self._ledger(slice(0, LOOKS)))
        self._stand_in.elapsed_s = now_s
        return told

    def _ledger(self, rows: slice) -> Ledger:
        lived = self._stand_in.lived(LIFE)
        assert lived is not None
        counters = lived.counters
        # Summed on the host: the sums of a day would strain float32.
        flow = {
            name: np.asarray(
                np.asarray(getattr(counters, name), np.float64)[rows].sum(0)
            )
            for name in type(counters).__dataclass_fields__
        }
        return flow | lived.books

    def report(
        self, ledger: Ledger, when_s: float
    ) -> Mapping[str, Float[np.ndarray, " cell"]]:
        told = flow_report(ledger)
        if RSRP in ledger:
            told |= dict(zip(rsrp_bins.NAMES, ledger[RSRP].T, strict=True))
        if self._frame is not None and "lived.slot_ms" in ledger:
            detail = measured(ledger, self._frame)
            # A few slots of a long period are too few bursts to tell how fast it was.
            if ledger["lived.slot_ms"] < WHOLE * 1e3 * ledger["elapsed_s"]:
                detail.pop("DRB.UEThpDl", None)
            told |= detail
        if self._misfortune is None:
            return told
        return self._misfortune.told(told, when_s)

    def working(self) -> Bool[np.ndarray, " cell"]:
        working = np.ones(len(self._knobs.unlocked), bool)
        working[[complaint.cell for complaint in self.complaints()]] = False
        return working

    def complaints(self) -> list[Complaint]:
        if self._misfortune is None:
            return []
        return self._misfortune.complaints(self.elapsed_s)

    def heard(self, phones: Int[np.ndarray, " phone"]) -> Heard:
        network, controls = self._stand_in.really(LIFE)
        state = self._stand_in.state(LIFE)
        users, settled = state.users, self._frame is not None
        served, every_sinr, shown_db = _heard(network, state, controls, settled)
        sinr = np.asarray(every_sinr, np.float64)[phones]
        count = users.candidates.cell.shape[0]
        cell = np.asarray(users.candidates.cell).reshape(count, -1)[phones]
        gain_db = np.asarray(users.candidates.gain_db).reshape(count, -1)[phones]
        rsrp_dbm = gain_db + np.asarray(shown_db)[cell]
        strongest = np.argsort(-rsrp_dbm, axis=1)[:, : NEIGHBOURS + 1]
        with np.errstate(divide="ignore"):  # nobody hears: minus infinity
            sinr_db = 10.0 * np.log10(sinr)
        return Heard(
            user=phones,
            position_m=np.asarray(users.places.position_m, np.float64)[phones, :2],
            serving=np.asarray(served.cell)[phones],
            serving_rsrp_dbm=np.asarray(served.rsrp_dbm, np.float64)[phones],
            sinr_db=sinr_db,
            cell=np.take_along_axis(cell, strongest, 1),
            rsrp_dbm=np.take_along_axis(rsrp_dbm, strongest, 1).astype(np.float64),
        )

    def saved(self) -> dict[str, np.ndarray]:
        knobs = {f"{KNOBS}{n}": a for n, a in saved_knobs(self._knobs).items()}
        return snapshot(self._stand_in) | knobs

    def resume(self, arrays: Mapping[str, np.ndarray]) -> None:
        restore(self._stand_in, arrays)
        # Put back, not turned: a cell that obeys nobody now has obeyed before.
        knobs = {
            name.removeprefix(KNOBS): array
            for name, array in arrays.items()
            if name.startswith(KNOBS)
        }
        self._knobs = restored_knobs(self._stand_in.controls(LIFE), knobs)


@eqx.filter_jit
def _heard(
    network: Network, state: State, controls: Controls, settled: bool
) -> tuple[Served, Float[Array, " user"], Float[Array, " cell"]]:
    """Who serves everybody, with which SINR, and what every cell sends.

    settled:  who serves is known already, since handover has its own time
    """
    cells, users = network.cells, state.users
    serves = served_by if settled else associate
    served = serves(cells, users.candidates, controls, state.serving)
    link = own_layer(
        cells, users.candidates, served, controls, users.demand_bps, users.weight
    )
    offset_db = controls.power_dbm + per_element_db(cells)
    shown_db = jnp.where(controls.awake, offset_db, -jnp.inf)
    return served, link.sinr(state.load), shown_db


def flow_report(ledger: Ledger) -> dict[str, Float[np.ndarray, " cell"]]:
    """What `network.counters.measurements` says, in float64: within a bit, not 4 kbit.

    A cell that carried nothing has nothing to say of throughput.
    """
    seconds = max(float(ledger["elapsed_s"]), 1e-9)
    active_s, volume_bit = ledger["active_s"], ledger["volume_bit"]
    carried = (active_s > 0.0) & (volume_bit > 0.0)
    throughput_bps = volume_bit / np.where(carried, active_s, 1.0)
    return {
        "RRU.PrbTotDl": 100.0 * ledger["prb_s"] / seconds,
        "DRB.UEThpDl": np.where(carried, throughput_bps / BIT_PER_KBIT, np.nan),
        "DRB.PdcpSduVolumeDL": volume_bit / BIT_PER_KBIT,
        "RRC.ConnMean": ledger["users_s"] / seconds,
        "PEE.Energy": ledger["energy_j"] / JOULE_PER_KWH,
    }
