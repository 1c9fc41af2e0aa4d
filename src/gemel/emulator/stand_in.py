"""How does the stand-in network live a period, in one life or in several with one luck?

Lives share people, weather and luck; they differ only by what was done to the network.
So whatever a life with autonomy gains over one without is gained by autonomy. Where two
lives have the same antennas (they differ by sleep alone), people move and candidates
are found once for both.
"""

import contextlib
import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from gemel.emulator.faults.base import Ailments
from gemel.emulator.faults.fate import Fate, no_fate
from gemel.emulator.faults.striking import carry_struck, struck
from gemel.emulator.mobility.relations import Relations, relations_of
from gemel.emulator.settings import Settings, usual_settings
from gemel.emulator.tempos.engine import Engine, struck_engine
from gemel.emulator.tempos.life import (
    CHUNK_S,
    Books,
    Told,
    added,
    live_on,
    queued_byte,
    told_of,
)
from gemel.emulator.tempos.moment import Moment, first_moment
from gemel.emulator.tempos.pace import Pace
from gemel.errors import ScenarioError
from gemel.network.association import associate
from gemel.network.candidates import find_candidates
from gemel.network.controls import Controls
from gemel.network.counters import Counters, zero_counters
from gemel.network.simulator import Network, State, Users

# One program for a network's first candidates and for those after new antennas.
heard = eqx.filter_jit(find_candidates)


class Lived(eqx.Module):
    """What a few steps left behind in one life.

    counters:       every leaf [time] or [time cell], one row a step
    throughput_bps: of every user at every step
    controls:       what was set while it was lived
    books:          more sums over all steps, at the tempos of ticks and slots
    """

    counters: Counters
    throughput_bps: Float[Array, "time user"]
    controls: Controls
    books: Books = eqx.field(default_factory=dict)

    def counted(self) -> Counters:
        """The sums over all steps."""
        return jax.tree.map(lambda leaf: leaf.sum(0), self.counters)


@dataclasses.dataclass(frozen=True)
class Life:
    """One life's own things between two periods.

    settings, relations: as turned; None where nobody has turned any
    """

    state: State
    controls: Controls
    last: Lived | None = None
    moment: Moment | None = None
    settings: Settings | None = None
    relations: Relations | None = None


@eqx.filter_jit
def _live(
    network: Network,
    users: Users,
    states: list[State],
    controls: list[Controls],
    key: PRNGKeyArray,
    elapsed_s: Float[Array, ""],
    step_s: Float[Array, ""],
    steps: int,
) -> tuple[list[State], list[Lived]]:
    """`steps` steps of all these lives; users are shared, states are not."""

    def once(carry, tick):
        users, states = carry
        key_now, number = tick
        users = network.surroundings.move(
            network, users, controls[0], key_now, elapsed_s + number * step_s, step_s
        )
        after, seen = [], []
        for state, control in zip(states, controls, strict=True):
            state = eqx.tree_at(lambda s: s.users, state, users)
            served = associate(network.cells, users.candidates, control, state.serving)
            state, counters, felt = carry_struck(
                network, state, control, served, step_s
            )
            after.append(eqx.tree_at(lambda s: s.users, state, None))
            seen.append((counters, felt.throughput_bps))
        return (users, after), seen

    bare = [eqx.tree_at(lambda s: s.users, state, None) for state in states]
    ticks = jax.random.split(key, steps), jnp.arange(steps, dtype=jnp.float32)
    (users, bare), seen = jax.lax.scan(once, (users, bare), ticks)
    lived = [
        Lived(counters, throughput_bps, control)
        for (counters, throughput_bps), control in zip(seen, controls, strict=True)
    ]
    full = [
        eqx.tree_at(lambda s: s.users, state, users, is_leaf=lambda leaf: leaf is None)
        for state in bare
    ]
    return full, lived


class StandIn:
    """A network that lives by the clock; `lives` of them side by side.

    Nothing of it is for the twin to see but what `interfaces.networks.emulated` tells.
    """

    def __init__(
        self,
        network: Network,
        state: State,
        controls: Controls,
        key: PRNGKeyArray,
        elapsed_s: float,
        lives: int = 2,
        fate: Fate | None = None,
        pace: Pace | None = None,
    ):
        self.network = network
        self.fate = fate or no_fate(network.cells.name)
        self.pace = pace or Pace()
        self.elapsed_s = elapsed_s
        self._key = key
        self._lives = [Life(state, controls) for _ in range(lives)]

    def controls(self, life: int) -> Controls:
        """What is really set now."""
        return self._lives[life].controls

    def lived(self, life: int) -> Lived | None:
        """The last finished period, if there was one."""
        return self._lives[life].last

    def state(self, life: int) -> State:
        """The true state; for the oracle, never for the twin."""
        return self._lives[life].state

    def settings(self, life: int) -> Settings:
        """What is set beside the controls; flows do not look at it."""
        turned = self._lives[life].settings
        return (
            usual_settings(len(self.network.cells.name)) if turned is None else turned
        )

    def relations(self, life: int) -> Relations:
        """The neighbours as told, right or wrong; flows do not look at them."""
        turned = self._lives[life].relations
        return relations_of(self.network.cells) if turned is None else turned

    def turn(
        self,
        life: int,
        controls: Controls,
        settings: Settings | None = None,
        relations: Relations | None = None,
    ) -> None:
        """Set the knobs of one life; new antenna settings mean new candidates.

        None leaves settings or relations as they are.
        """
        now = self._lives[life]
        state = now.state
        if _antennas(controls) != _antennas(now.controls):
            users = state.users
            network, _ = struck(self.network, controls, self._ailments(self.elapsed_s))
            # Where each was looked for last: otherwise those who walk would be up to
            # date in a life whose antennas turned, and in the other lives not.
            there = eqx.tree_at(
                lambda p: p.position_m, users.places, users.candidates.refreshed_m
            )
            candidates = heard(network.propagation, network.cells, controls, there)
            state = eqx.tree_at(lambda s: s.users.candidates, state, candidates)
        self._lives[life] = dataclasses.replace(
            now,
            controls=controls,
            state=state,
            settings=now.settings if settings is None else settings,
            relations=now.relations if relations is None else relations,
        )

    def advance(self, steps: int, step_s: float) -> None:
        """Live so many steps in all lives."""
        if self.pace.tempo != "flow":
            self._advance_by_seconds(steps, step_s)
            return
        # The key depends on the time alone: the same minute has the same luck.
        key = jax.random.fold_in(self._key, round(self.elapsed_s) & 0x7FFFFFFF)
        ailments = self._ailments(self.elapsed_s)
        # By the clock alone, so that a life that is resumed finds what it would have.
        before = self._ailments(self.elapsed_s - steps * step_s)
        if not np.array_equal(before.gain_loss_db, ailments.gain_loss_db):
            self._hear_anew(ailments, range(len(self._lives)))
        groups: dict[bytes, list[int]] = {}
        for index, life in enumerate(self._lives):
            groups.setdefault(_antennas(life.controls), []).append(index)
        for members in groups.values():
            lives = [self._lives[index] for index in members]
            really = [struck(self.network, life.controls, ailments) for life in lives]
            states, lived = _live(
                really[0][0],
                lives[0].state.users,
                [life.state for life in lives],
                [controls for _, controls in really],
                key,
                jnp.asarray(self.elapsed_s, jnp.float32),
                jnp.asarray(step_s, jnp.float32),
                steps,
            )
            for index, state, last in zip(members, states, lived, strict=True):
                life = self._lives[index]
                # Told as they were set, not as a fault made them.
                last = dataclasses.replace(last, controls=life.controls)
                self._lives[index] = dataclasses.replace(life, state=state, last=last)
        self.elapsed_s += steps * step_s

    def _advance_by_seconds(self, steps: int, step_s: float) -> None:
        chunks = round(step_s / CHUNK_S)
        if chunks < 1 or chunks * CHUNK_S != step_s:
            raise ScenarioError(
                f"steps of {step_s:g} s cannot be lived by ticks or slots; give a "
                f"multiple of {CHUNK_S} s."
            )
        began_s = self.elapsed_s
        for index in range(len(self._lives)):
            self.elapsed_s = began_s
            rows = [self._one_step(index, chunks) for _ in range(steps)]
            # By its leaves: a step's counters have no place for the axis of time.
            leaves = [
                jnp.asarray(
                    np.stack([sum(t.flow[name] for t in row) for row in rows]),
                    jnp.float32,
                )
                for name in Counters.__dataclass_fields__
            ]
            kind = jax.tree.structure(zero_counters(1))
            counters = jax.tree.unflatten(kind, leaves)
            books: Books = {}
            for told in itertools.chain(*rows):
                books = added(books, told.books)
            felt = jnp.asarray(np.stack([_felt_bps(row) for row in rows]), jnp.float32)
            life = self._lives[index]
            last = Lived(counters, felt, life.controls, books)
            self._lives[index] = dataclasses.replace(life, last=last)

    def _one_step(self, index: int, chunks: int) -> list[Told]:
        told = []
        for _ in range(chunks):
            life, engine = self._lives[index], self.pace.engine
            assert engine is not None
            key = jax.random.fold_in(self._key, round(self.elapsed_s) & 0x7FFFFFFF)
            # Of this life alone: the others are at other times meanwhile.
            ailments = self._ailments(self.elapsed_s, index)
            before = self._ailments(self.elapsed_s - CHUNK_S, index)
            if not np.array_equal(before.gain_loss_db, ailments.gain_loss_db):
                self._hear_anew(ailments, [index])
                life = self._lives[index]
            network, _ = struck(self.network, life.controls, ailments)
            engine = struck_engine(turned_engine(engine, life), ailments)
            moment, state = life.moment, life.state
            if moment is None:
                moment = eqx.filter_jit(first_moment)(
                    engine, network, state, life.controls, key
                )
            lived_ms = 0
            for tempo, part_ms in self.pace.parts_of(self.elapsed_s, CHUNK_S):
                luck = jax.random.fold_in(key, lived_ms) if lived_ms else key
                state, after, sums = live_on(
                    engine,
                    network,
                    state,
                    life.controls,
                    moment,
                    jnp.asarray(ailments.closed),
                    jnp.asarray(ailments.off_air),
                    luck,
                    jnp.asarray(self.elapsed_s + 1e-3 * lived_ms, jnp.float32),
                    tempo,
                    part_ms,
                )
                told.append(told_of(sums, moment, after, tempo, part_ms))
                moment, lived_ms = after, lived_ms + part_ms
            self._lives[index] = dataclasses.replace(life, state=state, moment=moment)
            self.elapsed_s += CHUNK_S
        return told

    @contextlib.contextmanager
    def by_flows(self) -> Iterator[None]:
        """Live by flows meanwhile, whatever the pace is."""
        pace, self.pace = self.pace, Pace()
        try:
            yield
        finally:
            self.pace = pace

    def really(self, life: int) -> tuple[Network, Controls]:
        """The network and its controls as faults make them now; not for the twin."""
        ailments = self._ailments(self.elapsed_s)
        return struck(self.network, self._lives[life].controls, ailments)

    def queued_byte(self, life: int) -> tuple[int, int]:
        """What waits in all queues, down and up; nothing before slots were lived."""
        moment = self._lives[life].moment
        return (0, 0) if moment is None else queued_byte(moment)

    def _ailments(self, elapsed_s: float, life: int = 0) -> Ailments:
        user_m = self._lives[life].state.users.places.position_m
        return self.fate.ailments(self.network.cells, user_m, elapsed_s)

    def _hear_anew(self, ailments: Ailments, lives: Iterable[int]) -> None:
        """Amplifiers have become weaker or whole again."""
        for index in lives:
            life = self._lives[index]
            network, _ = struck(self.network, life.controls, ailments)
            candidates = heard(
                network.propagation,
                network.cells,
                life.controls,
                life.state.users.places,
            )
            state = eqx.tree_at(lambda s: s.users.candidates, life.state, candidates)
            self._lives[index] = dataclasses.replace(life, state=state)


def turned_engine(engine: Engine, life: Life) -> Engine:
    """The equipment with what this life has set on it."""
    for name in ("settings", "relations"):
        turned = getattr(life, name)
        if turned is not None:
            engine = eqx.tree_at(lambda e, name=name: getattr(e, name), engine, turned)
    return engine


def _felt_bps(told: list[Told]) -> Float[np.ndarray, " user"]:
    """What users got while they had something waiting; zero for who had nothing."""
    got = sum(t.got_byte for t in told)
    waited_s = 1e-3 * sum(t.waiting_ms for t in told)
    return np.where(waited_s > 0.0, 8.0 * got / np.maximum(waited_s, 1e-9), 0.0)


def _antennas(controls: Controls) -> bytes:
    """Everything that changes who hears whom how loudly."""
    parts = (controls.power_dbm, controls.tilt_deg, controls.azimuth_turn_deg)
    return b"".join(np.asarray(part).tobytes() for part in parts)
