"""When does a report arrive, how often, and with which of its bytes?

One report here is one file of the whole network, so only what strikes every cell
strikes the file. What strikes some cells is for whoever writes it: leaves them out
(`ReportHarm.absent`), or writes the time as their element sees it (`skew_s`).
"""

import zlib

import numpy as np

from gemel.emulator.faults.base import ReportHarm

AGAIN_S = 1.0  # between a report and its copy
BYTES_STREAM = 62


def deliver(
    report: bytes, sent_s: float, harm: ReportHarm, seed: int
) -> list[tuple[float, bytes]]:
    """What arrives, and when, the earliest first; nothing if the report is lost."""
    if harm.lost.all():
        return []
    arrives_s = sent_s + float(harm.late_s.min())
    luck = np.random.default_rng(
        [seed, BYTES_STREAM, round(sent_s), zlib.crc32(report)]
    )
    flips, kept = int(harm.flips.min()), float(harm.kept.max())
    copies = int(harm.copies.min())
    return [
        (arrives_s + AGAIN_S * number, damaged(report, flips, kept, luck))
        for number in range(1 + copies)
    ]


def damaged(report: bytes, flips: int, kept: float, luck: np.random.Generator) -> bytes:
    """Cut off behind this share, and so many bytes changed; never the report itself
    if either says that it is damaged and there is a byte to change."""
    if kept < 1.0:
        report = report[: min(int(kept * len(report)), len(report) - 1)]
    raw = np.frombuffer(report, np.uint8).copy()
    count = min(flips, raw.size)
    if count:
        where = luck.choice(raw.size, count, replace=False)
        raw[where] ^= luck.integers(1, 256, count, np.uint8)
    return raw.tobytes()
