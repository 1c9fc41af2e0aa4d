"""What do some of the measured stations teach: the formula, and trees on top?"""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from gemel.twin.energy_model.energy_model import features_of, log_power
from gemel.twin.energy_model.fit import fit_powers
from gemel.twin.energy_model.power import TypePowers, radios, start
from gemel.twin.energy_model.rows import Rows
from gemel.twin.energy_model.splits import thinned
from gemel.twin.forest import Forest
from gemel.twin.trees import Grow, said_by

ROWS_A_STATION = 12  # enough for the formula's idle power and slope
ROUNDS, RATE, LEAST_ROWS, L2 = 250, 0.06, 100, 5.0


@dataclasses.dataclass(frozen=True)
class Lesson:
    """All that is measured, ready for learning from some of its stations."""

    rows: Rows
    log_energy: Float[np.ndarray, " row"]
    types: int
    modes: int
    grow: Grow | None
    seed: int

    def powers(self, learnt: Bool[np.ndarray, " row"]) -> TypePowers:
        """The formula, from these rows: always as many, so that one program does."""
        some = thinned(self.rows.station, ROWS_A_STATION)
        told = radios(self.rows.some(some), self.types, self.modes)
        saving = self.rows.saving.shape[2]
        median = float(np.exp(np.median(self.log_energy[learnt])))
        begin = start(self.types, self.modes, saving, told, median)
        return fit_powers(
            begin,
            told,
            jnp.asarray(self.log_energy[some], jnp.float32),
            jnp.asarray(learnt[some], jnp.float32),
        )

    def trees(
        self,
        features: np.ndarray,
        rest: np.ndarray,
        learnt: Bool[np.ndarray, " row"],
        leaves: int,
    ) -> Forest | None:
        """What the formula leaves over, as trees; None without any."""
        if leaves == 0 or self.grow is None:
            return None
        return self.grow(
            features[learnt],
            rest[learnt],
            seed=self.seed,
            objective="absolute",
            rounds=ROUNDS,
            leaves=leaves,
            learning_rate=RATE,
            least_rows=LEAST_ROWS,
            l2=L2,
        )

    def learn(
        self, learnt: Bool[np.ndarray, " row"], sizes: tuple[int, ...]
    ) -> tuple[TypePowers, list[Forest | None], np.ndarray, np.ndarray]:
        """Powers, trees of every size, what the formula says of all rows, and what it
        says with each of the trees; natural logarithms."""
        powers = self.powers(learnt)
        told = radios(self.rows, self.types, self.modes)
        formula = log_power(powers, told)
        features = features_of(powers, self.rows, told)
        rest = self.log_energy - formula
        forests = [self.trees(features, rest, learnt, size) for size in sizes]
        # All rows every time, seen or not: one shape compiles once.
        said = [
            formula if forest is None else formula + said_by(forest, features)
            for forest in forests
        ]
        return powers, forests, formula, np.array(said)
