"""Which transport blocks are on their way, and what of them has been heard so far?

One block a slot and user: the process is the slot's number, round and round, so a
block that failed comes up again when its feedback has had time to come back.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


class Block(eqx.Module):
    """One process of every row; size 0 where nothing is on its way.

    first_byte:  number of the byte before its first one
    size_byte:   payload
    tries:       transmissions so far
    groups:      resource-block groups of its first transmission
    sinr_sum:    of the effective ratios of all transmissions, one layer
    """

    first_byte: Int[Array, "*row"]
    size_byte: Int[Array, "*row"]
    tries: Int[Array, "*row"]
    mcs: Int[Array, "*row"]
    layers: Int[Array, "*row"]
    groups: Int[Array, "*row"]
    sinr_sum: Float[Array, "*row"]


def no_blocks(processes: int, *shape: int) -> Block:
    """Nothing on its way; the process is the first axis of every leaf."""
    zeros = jnp.zeros((processes, *shape), jnp.int32)
    return Block(zeros, zeros, zeros, zeros, zeros, zeros, zeros.astype(jnp.float32))


def block_at(blocks: Block, process: Int[Array, ""]) -> Block:
    """All rows of one process."""
    return jax.tree.map(
        lambda leaf: jax.lax.dynamic_index_in_dim(leaf, process, keepdims=False), blocks
    )


def with_block(blocks: Block, process: Int[Array, ""], block: Block) -> Block:
    """The same with one process replaced."""
    return jax.tree.map(
        lambda leaf, row: jax.lax.dynamic_update_index_in_dim(leaf, row, process, 0),
        blocks,
        block,
    )


def sent_again(
    blocks: Block,
    sent: Int[Array, "*row"],
    again: Bool[Array, "*row"],
    first_byte: Int[Array, "*row"],
) -> tuple[Block, Int[Array, "*row"]]:
    """Where ARQ takes over, all from this byte on is sent anew, in blocks as the link
    carries them now: a block that was too large once will not fit by being repeated.

    What came behind it is sent again, too; seldom enough, and then seven blocks.
    """
    behind = again[None] & (blocks.first_byte - first_byte[None] >= 0)
    size_byte = jnp.where(behind, 0, blocks.size_byte)
    blocks = eqx.tree_at(lambda b: b.size_byte, blocks, size_byte)
    return blocks, jnp.where(again, first_byte, sent)


def delivered_up_to(
    blocks: Block, sent: Int[Array, "*row"], delivered: Int[Array, "*row"]
) -> Int[Array, "*row"]:
    """Up to which byte everything has left the processes: delivery is in order."""
    ahead = jnp.where(
        blocks.size_byte > 0,
        blocks.first_byte - delivered[None],
        (sent - delivered)[None],
    )
    return delivered + ahead.min(0)
