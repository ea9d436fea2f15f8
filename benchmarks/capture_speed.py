"""How fast is `curate --capture`, beside `curate` alone, and how much memory does it take?

    python benchmarks/capture_speed.py [VIDEO]

Without a VIDEO it makes one of the example dancer, 1280x720 at 30 frames a second. Times are
processor time, of all processes, starting included: what a machine does of it in a second depends
on its cores. Clips are captured in a second run, which finds them cut. The fit's memory is measured
on landmarks repeated to 1, 4 and 16 times the length, each in a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from curate import make_video

from pipelines.capture.finding import find_landmarks
from pipelines.capture.fit import fit
from pipelines.capture.landmarks import Landmarks
from pipelines.curate import CurateConfig, curate
from pipelines.media.wild_video import examine_video
from pipelines.support.parallel import each
from pipelines.support.progress import SILENT

TIMES = (1, 4, 16)


def spent() -> float:
    """Processor seconds of this process and of those it has waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def peak_of_fit(found: Landmarks) -> tuple[float, float, float]:
    """Seconds of the dance, processor seconds of the fit, and the process's peak, MB."""
    fit(found.sliced(0, 90))  # what is loaded on the way
    begun = time.process_time()
    seconds = fit(found).motion.seconds
    used = time.process_time() - begun
    # Of this program only; getrusage would count what the process was before it began.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return seconds, used, float(peak.split()[1]) / 1024


def longer(found: Landmarks, times: int) -> Landmarks:
    """The landmarks forth and back again, so often."""
    frames = found.frames
    forth = np.abs((np.arange(times * frames) + frames) % (2 * frames) - frames).clip(0, frames - 1)
    arrays = {name: getattr(found, name)[forth] for name in
              ("image", "visibility", "world", "camera", "changed", "clothes")}  # fmt: skip
    return Landmarks(**arrays, fps=found.fps, width=found.width, height=found.height)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("video", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the video that is made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        video = options.video or make_video(root / "dancer.mp4", options.seconds, 1.0)
        seconds = examine_video(video).seconds
        print(f"{video.name}: {seconds:.1f} s")
        begun = time.process_time()
        found = find_landmarks(video)
        print(f"finder: {(time.process_time() - begun) / seconds:.2f} s per second", flush=True)
        for capture in (False, True):
            config = CurateConfig(
                videos=(video,), workspace=root / "ws", capture=capture, workers=1,
                test_share=0.0, min_capture=0.0,
            )  # fmt: skip
            begun = spent()
            kept = curate(config, SILENT)["kept"]
            what = "its clips captured" if capture else "curate"
            print(f"{what}: {(spent() - begun) / seconds:.2f} s per second of video, "
                  f"{kept['seconds']:.0f} s kept", flush=True)  # fmt: skip
        peaks = each(peak_of_fit, [longer(found, times) for times in TIMES], 1, apart=True)
        with closing(peaks) as results:
            for _, (danced, cost, peak) in results:
                print(f"fit of {danced:.0f} s: {danced / cost:.1f} times real time, "
                      f"peak {peak:.0f} MB", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
