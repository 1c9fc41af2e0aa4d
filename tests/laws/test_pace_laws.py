"""Is a share of every period lived slot by slot, the same share of each?"""

import numpy as np
import pytest

from gemel.emulator.slot.plan import TICK_MS as SLOT_TICK_MS
from gemel.emulator.tempos.life import CHUNK_S, LONGEST_BEAT, beats_of
from gemel.emulator.tempos.pace import PART_MS, Pace
from gemel.emulator.tempos.ticks import TICK_MS
from gemel.scenarios.twin_accuracy_world import accuracy_world

CASES = [(0.02, 60.0), (0.5, 60.0), (0.01, 900.0), (0.3, 900.0), (0.0001, 60.0)]


def parts(pace: Pace, period: int) -> list[tuple[str, int]]:
    """How one period is lived, chunk after chunk."""
    begins_s = 3_600.0 + period * pace.period_s
    chunks = range(0, round(pace.period_s), CHUNK_S)
    return [each for at in chunks for each in pace.parts_of(begins_s + at, CHUNK_S)]


def slots_ms(lived: list[tuple[str, int]]) -> int:
    return sum(part_ms for tempo, part_ms in lived if tempo == "slot")


@pytest.mark.parametrize(("duty", "period_s"), CASES)
def test_slots_are_their_share_of_every_period(duty, period_s):
    pace = Pace("slot", duty, period_s)
    first = parts(pace, 0)
    assert sum(part_ms for _, part_ms in first) == 1_000 * period_s
    # To the length in which ticks of both kinds end, and never nothing.
    assert slots_ms(first) >= PART_MS
    if duty * period_s > 1.0:
        assert abs(slots_ms(first) - 1e3 * duty * period_s) <= PART_MS / 2
    assert all(parts(pace, number) == first for number in range(1, 8))


def test_two_percent_of_a_minute_are_a_second_and_two_tenths():
    assert Pace("slot", 0.02, 60.0).parts_of(0.0, CHUNK_S) == [
        ("slot", 1_200),
        ("tick", 8_800),
    ]
    assert Pace("slot", 0.02, 60.0).parts_of(10.0, CHUNK_S) == [("tick", 10_000)]


@pytest.mark.parametrize("tempo", ["flow", "tick", "slot"])
def test_who_lives_at_one_tempo_lives_chunks_whole(tempo):
    assert Pace(tempo, 1.0, 60.0).parts_of(20.0, CHUNK_S) == [(tempo, 10_000)]


@pytest.mark.parametrize("part_ms", range(PART_MS, 1_000 * CHUNK_S + 1, PART_MS))
def test_beats_fill_a_part_and_hold_whole_ticks(part_ms):
    beats, beat_ms = beats_of(part_ms)
    assert beats * beat_ms == part_ms
    assert beat_ms <= LONGEST_BEAT * PART_MS
    assert beat_ms % SLOT_TICK_MS == 0 and beat_ms % TICK_MS == 0
    if part_ms % 1_000 == 0:
        assert beat_ms == 1_000


@pytest.mark.slow
def test_a_minute_of_which_little_is_slots_is_a_minute():
    """Seven sites: the books tell how long slots were, the counters of all seconds."""
    world = accuracy_world(0.3, rings=1)
    world.stand_in.advance(1, 20.0)
    lived = world.stand_in.lived(0)
    assert lived is not None
    assert int(lived.books["lived.slot_ms"]) == 1_200
    assert float(lived.counted().elapsed_s) == pytest.approx(20.0)
    slots_bit = 8.0 * np.asarray(lived.books["down.delivered_byte"], float).sum()
    all_bit = float(lived.counted().volume_bit.sum())
    # 6 % of the time; files come by chance, a few hundred in these seconds.
    assert 0.02 < slots_bit / all_bit < 0.14
