"""What do boosted trees say of a row of features?

Rows are weighed against every split of a tree at once instead of walking down it: a
split that sends a row right strikes the leaves on its left off a list of bits, and the
first leaf that is left over is the row's. No gather follows another, so that processors
answer many rows an instruction (after Lucchese et al., "QuickScorer", SIGIR 2015).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, UInt32

BITS = 32  # of a word in a list of leaves
ROWS_AT_ONCE = 4_096  # they stay in the cache of a processor
ALL = np.uint32(0xFFFFFFFF)


class Forest(eqx.Module):
    """Sums of trees. Leaves of a tree are numbered from left to right.

    feature:       which feature a split looks at
    threshold:     a row goes left where its feature is no greater
    missing_left:  a row whose feature is NaN goes left
    kept:          the leaves that remain possible for rows that go right, in bits
    value:         what a leaf adds
    """

    feature: Int[Array, "tree split"]
    threshold: Float[Array, "tree split"]
    missing_left: Bool[Array, "tree split"]
    kept: UInt32[Array, "tree split word"]
    value: Float[Array, "tree leaf"]

    def __call__(self, features: Float[Array, "row feature"]) -> Float[Array, " row"]:
        """NaN is a feature that nobody knows."""
        rows = features.shape[0]
        columns = features.astype(self.value.dtype).T
        if rows <= ROWS_AT_ONCE:
            return self._sum(columns)
        chunks = -(-rows // ROWS_AT_ONCE)
        columns = jnp.pad(columns, ((0, 0), (0, chunks * ROWS_AT_ONCE - rows)))
        chunked = columns.reshape(columns.shape[0], chunks, ROWS_AT_ONCE)
        sums = jax.lax.map(self._sum, chunked.transpose(1, 0, 2))
        return sums.reshape(-1)[:rows]

    def _sum(self, columns: Float[Array, "feature row"]) -> Float[Array, " row"]:
        words = self.kept.shape[2]

        def add(total, tree):
            feature, threshold, missing_left, kept, value = tree
            possible = [jnp.full(total.shape, ALL)] * words
            for split in range(feature.shape[0]):
                column = columns[feature[split]]
                right = jnp.where(
                    jnp.isnan(column), ~missing_left[split], column > threshold[split]
                )
                possible = [
                    jnp.where(right, mask & kept[split, word], mask)
                    for word, mask in enumerate(possible)
                ]
            return total + value[_first(possible)], None

        zeros = jnp.zeros(columns.shape[1], self.value.dtype)
        trees = (
            self.feature,
            self.threshold,
            self.missing_left,
            self.kept,
            self.value,
        )
        return jax.lax.scan(add, zeros, trees)[0]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """By field; `from_arrays` makes the same forest of them."""
        return {name: np.asarray(getattr(self, name)) for name in FIELDS}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Forest":
        """What `to_arrays` gave."""
        return cls(**{name: jnp.asarray(arrays[name]) for name in FIELDS})


FIELDS = ("feature", "threshold", "missing_left", "kept", "value")


def _first(possible: list[UInt32[Array, " row"]]) -> Int[Array, " row"]:
    """The number of the first bit that is set; first words hold first leaves."""
    first = jnp.zeros(possible[0].shape, jnp.int32)
    for word in reversed(range(len(possible))):
        mask = possible[word]
        below = (mask & -mask) - jnp.uint32(1)  # ones where trailing zeros are
        at = word * BITS + jax.lax.population_count(below).astype(jnp.int32)
        first = jnp.where(mask != 0, at, first)
    return first


def kept_when_right(first: int, beyond: int, words: int) -> np.ndarray:
    """Bits of all leaves but those from `first` up to, not including, `beyond`."""
    bits = np.ones(words * BITS, np.uint64)
    bits[first:beyond] = 0
    weights = np.uint64(1) << np.arange(BITS, dtype=np.uint64)
    return (bits.reshape(words, BITS) * weights).sum(1).astype(np.uint32)
