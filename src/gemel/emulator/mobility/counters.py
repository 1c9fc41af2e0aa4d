"""What does a cell count about coming and going, and what is each count called?

A tick leaves one bit for every event of a user. Names are those of TS 28.552; what has
no name there begins with VS.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from gemel.emulator.mobility.relations import Relations
from gemel.network.cells import Cells

# Counted by the cell the user is in, apart for neighbours of the same gNB and others.
SPLIT = (
    "prep_req",
    "prep_succ",
    "prep_fail",
    "exe_req",
    "exe_succ",
    "exe_fail",
    "cho_prep_req",
    "cho_prep_succ",
    "cho_prep_fail",
    "cho_exe_req",
    "cho_exe_succ",
    "cho_exe_fail",
)
OWN = ("rlf", "gave_up")
# Counted by the cell the user comes to.
COMING = ("reestab_att", "reestab_with_context", "reestab_without_context")
# Counted by the cell that is to blame.
BLAMED = ("too_late", "too_early", "to_wrong_cell", "ping_pong")
EVENTS = (*SPLIT, *OWN, *COMING, *BLAMED)
BIT = {name: number for number, name in enumerate(EVENTS)}

_FROM = (
    *(f"{name}_intra" for name in SPLIT),
    *(f"{name}_inter" for name in SPLIT),
    "intra_freq_req",
    "intra_freq_succ",
    "inter_freq_req",
    "inter_freq_succ",
    *OWN,
    "interruption_ms",
)
_TO = ("alloc_req_inter", "alloc_succ_inter", "alloc_fail_inter", *COMING)
COUNTS = (*_FROM, *_TO, *BLAMED)
RELATION_COUNTS = (*SPLIT, *BLAMED)

# What is measured, and the counts whose sum it is.
STANDARD_NAMES = {
    "MM.HoPrepInterReq": ("prep_req_inter",),
    "MM.HoPrepInterSucc": ("prep_succ_inter",),
    "MM.HoPrepInterFail": ("prep_fail_inter",),
    "MM.HoResAlloInterReq": ("alloc_req_inter",),
    "MM.HoResAlloInterSucc": ("alloc_succ_inter",),
    "MM.HoResAlloInterFail": ("alloc_fail_inter",),
    "MM.HoExeInterReq": ("exe_req_inter",),
    "MM.HoExeInterSucc": ("exe_succ_inter",),
    "MM.HoExeInterFail": ("exe_fail_inter",),
    "MM.HoPrepIntraReq": ("prep_req_intra",),
    "MM.HoPrepIntraSucc": ("prep_succ_intra",),
    "MM.HoExeIntraReq": ("exe_req_intra",),
    "MM.HoExeIntraSucc": ("exe_succ_intra",),
    "MM.HoExeIntraFreqReq": ("intra_freq_req",),
    "MM.HoExeIntraFreqSucc": ("intra_freq_succ",),
    "MM.HoExeInterFreqReq": ("inter_freq_req",),
    "MM.HoExeInterFreqSucc": ("inter_freq_succ",),
    "MM.ChoPrepInterReq": ("cho_prep_req_inter",),
    "MM.ChoPrepInterSucc": ("cho_prep_succ_inter",),
    "MM.ChoPrepInterFail": ("cho_prep_fail_inter",),
    "MM.ChoExeInterSucc": ("cho_exe_succ_inter",),
    "MM.ChoPrepIntraReq": ("cho_prep_req_intra",),
    "MM.ChoPrepIntraSucc": ("cho_prep_succ_intra",),
    "MM.ChoExeIntraSucc": ("cho_exe_succ_intra",),
    "RRC.ReEstabAtt": ("reestab_att",),
    "RRC.ReEstabSuccWithUeContext": ("reestab_with_context",),
    # Whether the set-up after it succeeds, random access counts.
    "RRC.ReEstabFallbackToSetupAtt": ("reestab_without_context",),
    "HO.IntraSys.TooEarly": ("too_early",),
    "HO.IntraSys.TooLate": ("too_late",),
    "HO.IntraSys.ToWrongCell": ("to_wrong_cell",),
    "VS.HO.PingPong": ("ping_pong",),
    "VS.HO.InterruptionMs": ("interruption_ms",),
    "VS.HO.ChoExeReq": ("cho_exe_req_intra", "cho_exe_req_inter"),
    "VS.HO.ChoExeFail": ("cho_exe_fail_intra", "cho_exe_fail_inter"),
    "VS.RRC.RadioLinkFailure": ("rlf",),
    "VS.RRC.T311Expiry": ("gave_up",),
}


class MobilityCounters(eqx.Module):
    """Sums since the beginning; the columns are COUNTS and RELATION_COUNTS."""

    cell: Int[Array, "cell count"]
    relation: Int[Array, "cell n relation_count"]

    def of_cells(self, name: str) -> Int[Array, " cell"]:
        """One of COUNTS."""
        return self.cell[:, COUNTS.index(name)]

    def of_relations(self, name: str) -> Int[Array, "cell n"]:
        """One of RELATION_COUNTS."""
        return self.relation[:, :, RELATION_COUNTS.index(name)]

    def measured(self, name: str) -> Int[Array, " cell"]:
        """One of STANDARD_NAMES."""
        parts = [self.of_cells(part) for part in STANDARD_NAMES[name]]
        return jnp.stack(parts).sum(0)


def nothing_counted(relations: Relations) -> MobilityCounters:
    """Zeros."""
    cells, n = relations.neighbour.shape
    return MobilityCounters(
        jnp.zeros((cells, len(COUNTS)), jnp.int32),
        jnp.zeros((cells, n, len(RELATION_COUNTS)), jnp.int32),
    )


class Parties(eqx.Module):
    """Whom the events of a user concern; -1: nobody.

    home:    the cell it is in, or was in last
    other:   the cell it goes to, comes back to, or that is prepared
    blame, toward: the cell to blame, and the neighbour in question
    """

    home: Int[Array, " few"]
    other: Int[Array, " few"]
    blame: Int[Array, " few"]
    toward: Int[Array, " few"]


def happened(**events: Bool[Array, " few"]) -> Int[Array, " few"]:
    """One bit for each of EVENTS that is named and true."""
    bits = [value.astype(jnp.int32) << BIT[name] for name, value in events.items()]
    return jnp.stack(bits).sum(0)


def counted(
    counters: MobilityCounters,
    cells: Cells,
    relations: Relations,
    party: Parties,
    events: Int[Array, " few"],
    interrupted_ms: Int[Array, " few"],
) -> MobilityCounters:
    """The counters with the events of a few users."""
    places = jnp.arange(len(EVENTS), dtype=jnp.int32)[None, :]
    bits = (events[:, None] >> places) & 1

    def column(*names):
        return sum(bits[:, BIT[name]] for name in names)

    def when(true, counts):
        return counts * true.astype(jnp.int32)[:, None]

    home, other = jnp.maximum(party.home, 0), jnp.maximum(party.other, 0)
    intra = cells.site[home] == cells.site[other]
    tuned = (cells.layer[home] == cells.layer[other])[:, None]
    executed = jnp.stack(
        [column("exe_req", "cho_exe_req"), column("exe_succ", "cho_exe_succ")], 1
    )
    split = bits[:, : len(SPLIT)]
    first, last = BIT[OWN[0]], BIT[COMING[0]]
    leaving = jnp.concatenate(
        [
            when(intra, split),
            when(~intra, split),
            jnp.where(tuned, executed, 0),
            jnp.where(tuned, 0, executed),
            bits[:, first:last],
            interrupted_ms[:, None],
        ],
        1,
    )
    asked = jnp.stack([column("prep_req"), column("prep_succ"), column("prep_fail")], 1)
    coming = jnp.concatenate(
        [when(~intra, asked), bits[:, last : last + len(COMING)]], 1
    )
    blamed = bits[:, BIT[BLAMED[0]] :]
    ends = np.cumsum([len(_FROM), len(_TO), len(BLAMED)])

    def row(cell):
        # Beyond the last cell: dropped. A negative number would count from the end.
        return jnp.where(cell >= 0, cell, len(cells.name))

    table = counters.cell
    table = table.at[row(party.home), : ends[0]].add(leaving, mode="drop")
    table = table.at[row(party.other), ends[0] : ends[1]].add(coming, mode="drop")
    table = table.at[row(party.blame), ends[1] :].add(blamed, mode="drop")

    def slot(cell, neighbour):
        listed = relations.neighbour[jnp.maximum(cell, 0)] == neighbour[:, None]
        listed &= (cell >= 0)[:, None] & (neighbour >= 0)[:, None]
        return jnp.where(listed.any(1), jnp.argmax(listed, 1), listed.shape[1])

    by = counters.relation
    went = row(party.home), slot(party.home, party.other)
    by = by.at[(*went, slice(len(SPLIT)))].add(split, mode="drop")
    failed = row(party.blame), slot(party.blame, party.toward)
    by = by.at[(*failed, slice(len(SPLIT), None))].add(blamed, mode="drop")
    return MobilityCounters(table, by)
