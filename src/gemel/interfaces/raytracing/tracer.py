"""How much arrives at every pixel from one antenna, by following rays?

The only module that imports sionna-rt. It runs as a process of its own, a job at a time
(`python -m gemel.interfaces.raytracing.tracer JOB OUT`): what LLVM does to a process it
does to that one, and the memory goes when it ends.

Always on the processor, so that the same job gives the same map on every machine. What
counts as a ray's way: line of sight, mirror reflections and one diffraction at an edge.
Nothing goes through buildings: their meshes are empty shells, and the loss of a wall is
added where a user is known to be behind one.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

VARIANT = "llvm_ad_mono_polarized"
# Recommendation ITU-R P.2040 describes the materials of the scenes from 1 to 40 GHz;
# outside they are as at the nearer end.
MATERIALS_HZ = (1e9, 40e9)


def trace(job: dict[str, Any]) -> Float32[np.ndarray, "level row column"]:
    """Mean power gain in each pixel between isotropic antennas; 0 where no ray went.

    job:  scene, antenna_m [3], carrier_ghz, x0_m, y0_m, step_m, rows, columns, level_m
          [level], rays, bounces, diffraction, seed
    """
    import drjit
    import mitsuba

    # One thread adds up in one order: the same job gives the same bits.
    drjit.set_thread_count(1)
    mitsuba.set_variant(VARIANT)  # before sionna-rt chooses one by itself
    from sionna import rt

    scene = rt.load_scene(getattr(rt.scene, job["scene"]))
    for material in scene.radio_materials.values():
        told = material.frequency_update_callback
        if told is not None:
            material.frequency_update_callback = _within(told)
    scene.frequency = 1e9 * job["carrier_ghz"]
    isotropic = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
    scene.tx_array = scene.rx_array = isotropic
    scene.add(rt.Transmitter("antenna", position=job["antenna_m"]))
    solver = rt.RadioMapSolver()
    rows, columns, step_m = job["rows"], job["columns"], job["step_m"]
    middle_m = [
        job["x0_m"] + 0.5 * columns * step_m,
        job["y0_m"] + 0.5 * rows * step_m,
    ]
    levels = []
    for height_m in job["level_m"]:
        found = solver(
            scene,
            center=mitsuba.Point3f(*middle_m, height_m),
            orientation=mitsuba.Point3f(0.0),
            # Half a pixel short: it is filled up to whole ones, whatever the rounding.
            size=mitsuba.Point2f((columns - 0.5) * step_m, (rows - 0.5) * step_m),
            cell_size=mitsuba.Point2f(step_m),
            samples_per_tx=job["rays"],
            max_depth=job["bounces"],
            refraction=False,
            diffraction=job["diffraction"],
            seed=job["seed"],
        )
        levels.append(found.path_gain.numpy()[0])
    return np.stack(levels).astype(np.float32)


def _within(told: Any) -> Any:
    low_hz, high_hz = MATERIALS_HZ
    return lambda hz: told(min(max(float(hz[0]), low_hz), high_hz))


def main() -> None:
    """One job: a JSON file in, a .npy file out."""
    job, out = sys.argv[1:]
    gain = trace(json.loads(Path(job).read_text("utf-8")))
    np.save(out, gain, allow_pickle=False)


if __name__ == "__main__":
    main()
