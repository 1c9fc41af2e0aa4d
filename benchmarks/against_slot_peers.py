"""How does the stand-in, slot by slot, compare with Sionna SYS 2.2 and isaac-net 0.2?

All on this machine's processor, in one run, one after the other. The peers live in an
environment of their own, `--peers-python PATH` (torch, sionna or sionna-no-rt, and
isaac-net installed there); without it the lines say so. What each of them models is
printed beside the numbers, since no two do the same. Cell-slots a second make different
sizes comparable; each peer is given the better of one thread and all of them.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from machine import busy, cores, table

SECTORS, USERS_A_SECTOR = 21, 10
SLOTS_PER_S = 2_000  # 30 kHz
SUBCARRIERS = 128  # of Sionna's own end-to-end example, one symbol a slot
CARRIER_HZ = 3.5e9
MODELS = {
    "gemel": "downlink and uplink (DDDSU) of 273 blocks in 18 groups; mixed traffic in "
    "queues, PF, CQI with delay, OLLA, HARQ, interference of what is really sent, "
    "beams, movement, handover, access, energy; rank as a number, not as matrices",
    "sionna": "downlink, full buffer; a TR 38.901 UMa channel drawn once and then "
    "fixed, one antenna at each end (its example has six and two, and takes longer), "
    "all sectors always sending; PF, OLLA, EESM and BLER tables on 128 resource "
    "elements a slot. No queues, HARQ, uplink, movement or handover",
    "isaac": "uplink only (DDDSU, 273 blocks), single cells without interference from "
    "each other; queues, PF, OLLA, HARQ, fading. No downlink, handover or energy here",
}


def sionna_slots(slots: int, threads: int) -> dict[str, float]:
    """Sionna SYS's own blocks in a loop over slots; the first slot is not timed."""
    import torch
    from sionna.phy.channel import cir_to_ofdm_channel, subcarrier_frequencies
    from sionna.phy.channel.tr38901 import PanelArray, UMa
    from sionna.sys import (
        OuterLoopLinkAdaptation,
        PFSchedulerSUMIMO,
        PHYAbstraction,
        gen_hexgrid_topology,
    )

    torch.set_num_threads(threads)
    each, many = USERS_A_SECTOR, SECTORS
    single = {
        "num_rows_per_panel": 1,
        "num_cols_per_panel": 1,
        "polarization": "single",
        "polarization_type": "V",
        "carrier_frequency": CARRIER_HZ,
    }
    channel = UMa(
        carrier_frequency=CARRIER_HZ,
        o2i_model="low",
        ut_array=PanelArray(antenna_pattern="omni", **single),
        bs_array=PanelArray(antenna_pattern="38.901", **single),
        direction="downlink",
    )
    channel.set_topology(*gen_hexgrid_topology(1, 1, each, "uma", isd=500.0)[:8])
    spacing_hz = 273 * 12 * 30e3 / SUBCARRIERS
    frequencies = subcarrier_frequencies(SUBCARRIERS, spacing_hz)
    gain, delay = channel(num_time_samples=1, sampling_frequency=1.0 / 0.5e-3)
    # [1, user, 1, sector, 1, 1, subcarrier] -> [user, sector, subcarrier]
    heard = cir_to_ofdm_channel(frequencies, gain, delay).abs().square()
    heard = heard.reshape(each * many, many, SUBCARRIERS)
    # 53 dBm over the band; noise of 9 dB above the thermal one of a subcarrier.
    power_w, noise_w = 10**2.3 / SUBCARRIERS, 10**-19.5 * spacing_hz
    heard = heard * power_w
    own = heard.reshape(many, each, many, SUBCARRIERS)
    sector = torch.arange(many)

    scheduler = PFSchedulerSUMIMO(each, SUBCARRIERS, 1, batch_size=[many])
    phy = PHYAbstraction()
    adaptation = OuterLoopLinkAdaptation(phy, each, batch_size=[many])
    rate = torch.zeros(many, each)
    feedback = -torch.ones(many, each, dtype=torch.int32)
    seen, elements = torch.ones(many, each), torch.zeros(many, each, dtype=torch.int32)
    spent_s, bits = 0.0, 0.0
    for slot in range(slots + 1):
        begun = time.perf_counter()
        wanted = own[sector, :, sector]  # [sector, user, subcarrier]
        sinr = wanted / (own.sum(2) - wanted + noise_w)
        achievable = torch.log2(1.0 + sinr).transpose(1, 2)[:, None]
        chosen = scheduler(rate, achievable)  # [sector, 1, subcarrier, user, 1]
        mcs = adaptation(
            num_allocated_re=elements, harq_feedback=feedback, sinr_eff=seen
        )
        elements = chosen.sum(dim=(-4, -3, -1)).to(torch.int32)
        used = torch.where(chosen, sinr.transpose(1, 2)[:, None, ..., None], 0.0)
        decoded, feedback, effective, *_ = phy(
            mcs, sinr=used, mcs_table_index=1, mcs_category=1
        )
        seen = torch.where(effective > 0.0, effective, seen)
        rate = decoded.to(torch.float32)
        if slot:
            spent_s += time.perf_counter() - begun
            bits += float(rate.sum())
    return {"slots": slots, "wall_s": spent_s, "bits": bits}


def isaac_slots(slots: int, threads: int) -> dict[str, float]:
    """isaac-net's reference engine, uplink; the first step is not timed."""
    import torch
    from isaac_net import NRConfig, Requests, make_engine

    torch.set_num_threads(threads)
    step_ms = 5.0
    steps = max(1, round(slots / (step_ms * SLOTS_PER_S / 1e3)))
    config = NRConfig(
        mu=1, bandwidth_mhz=100, tdd_pattern="DDDSU", control_step_ms=step_ms, dl=False
    )
    engine = make_engine("L2", SECTORS, USERS_A_SECTOR, torch.device("cpu"), config)
    place_m = 150.0 * torch.rand(SECTORS, USERS_A_SECTOR, 2)
    spent_s = 0.0
    for step in range(steps + 1):
        sends = (torch.rand(SECTORS, USERS_A_SECTOR) < 0.3).long()
        begun = time.perf_counter()
        engine.submit(None, Requests(sends))
        engine.step(None, place_m)
        if step:
            spent_s += time.perf_counter() - begun
    return {"slots": steps * step_ms * SLOTS_PER_S / 1e3, "wall_s": spent_s}


PEERS = {"sionna": sionna_slots, "isaac": isaac_slots}


def peer(python: str, name: str, slots: int, threads: int) -> dict | str:
    """What a peer measures in its own environment, or why there is nothing."""
    words = [python, str(Path(__file__).resolve()), "--here", name]
    words += ["--slots", str(slots), "--threads", str(threads)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError as problem:
        return f"not installed: {python} cannot be started ({problem.strerror})"
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        missing = "ModuleNotFoundError" in said or "ImportError" in said
        return f"{'not installed' if missing else 'failed'}: {said}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def better(python: str, name: str, slots: int) -> dict | str:
    """Of one thread and as many as there are cores."""
    runs = [peer(python, name, slots, threads) for threads in sorted({1, cores()})]
    found = [run for run in runs if not isinstance(run, str)]
    return min(found, key=lambda run: run["wall_s"]) if found else runs[0]


def ours(seconds: int) -> dict[str, float]:
    """The stand-in at the same size, as `gemel bench emulator` has it."""
    words = ["--cells", SECTORS, "--users", SECTORS * USERS_A_SECTOR]
    words += ["--seconds", seconds, "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "gemel", "bench", "emulator", *map(str, words)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    found = json.loads(done.stdout)
    return {
        "slots": seconds * SLOTS_PER_S,
        "wall_s": found["wall_s"],
        "peak_memory_gib": found["peak_memory_gib"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers-python", metavar="PATH", help="where the peers live")
    parser.add_argument("--slots", type=int, default=20, help="of each peer")
    parser.add_argument("--seconds", type=int, default=2, help="of ours")
    parser.add_argument("--here", choices=[*PEERS], help="in this process, as JSON")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.here:
        found = PEERS[chosen.here](chosen.slots, chosen.threads)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps(found | {"threads": chosen.threads, "peak_memory_gib": peak}))
        return
    state = busy()
    answer: dict[str, dict | str] = {"gemel": ours(chosen.seconds)}
    for name in PEERS:
        answer[name] = (
            better(chosen.peers_python, name, chosen.slots)
            if chosen.peers_python
            else "not installed: give --peers-python PATH"
        )
    for found in answer.values():
        if isinstance(found, dict):
            found["slots_per_s"] = found["slots"] / found["wall_s"]
    if chosen.json:
        print(json.dumps({"machine": state, "sectors": SECTORS} | answer))
        return
    print(state)
    print(report(answer))


def report(answer: dict[str, dict | str]) -> str:
    """A table, and what each line stands for."""
    gemel = answer["gemel"]
    assert isinstance(gemel, dict)
    rows = []
    for name, found in answer.items():
        if isinstance(found, str):
            rows.append([name, found, "", "", ""])
            continue
        speed = found["slots_per_s"]
        rows.append(
            [name, f"{speed:,.2f}", f"{speed * SECTORS:,.0f}"]
            + [f"{gemel['slots_per_s'] / speed:,.0f} x"]
            + [f"{found['peak_memory_gib']:.1f}"]
        )
    heads = ["", "slots/s", "cell-slots/s", "ours / theirs", "peak GiB"]
    size = f"{SECTORS} sectors, {SECTORS * USERS_A_SECTOR} users, 30 kHz"
    told = [f"{name}: {MODELS[name]}." for name in answer]
    return "\n".join([size, table(heads, rows), *told])


if __name__ == "__main__":
    main()
