"""What this machine can do, found by trying, and what to install for the rest.

Needs nothing outside the standard library, so that it also works on a broken installation;
whatever could crash or hang is tried in a process of its own, all of them at the same time.
What only an examination needs is imported in it: `--help` imports this module, too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import util
from pathlib import Path
from typing import Literal

from pipelines.appearance_expert.experts import EXPERTS as APPEARANCE_EXPERTS
from pipelines.media.programs import find_ffmpeg
from pipelines.motion_expert.experts import DEFAULT as DEFAULT_MOTION_EXPERT
from pipelines.motion_expert.experts import EXPERTS as MOTION_EXPERTS
from pipelines.music.recipes import muq_files
from pipelines.support import windowless
from pipelines.support.errors import MacedanceError
from pipelines.workspace import options as common

State = Literal["ok", "missing", "absent"]

PATIENCE = 4.0
"""Seconds that one trial may take."""

SMALLEST_DISK = 1 << 30

PACKAGES = (
    "torch", "numpy", "scipy", "librosa", "numba", "mediapipe", "cv2", "PIL", "safetensors",
    "diffusers", "transformers", "accelerate", "peft", "ftfy", "typer", "rich",
)  # fmt: skip

MEDIAPIPE_MODELS = (
    "modules/pose_detection/pose_detection.tflite",
    "modules/pose_landmark/pose_landmark_full.tflite",
)

SOFTWARE_OPENGL = ("llvmpipe", "softpipe", "swrast", "software")
"""In the names of renderers that emulate a graphics card; as in body/renderer.py."""

REINSTALL = "run `make setup` again, or pip install --force-reinstall macedance"


@dataclass(frozen=True)
class DoctorConfig:
    """What `doctor` is asked."""

    workspace: Path = common.workspace()


@dataclass(frozen=True)
class Check:
    """The outcome of one trial.

    Attributes:
        state: "ok"; "missing": `macedance generate` cannot do without it; "absent": it can.
        detail: what was found, or what is not possible without it.
        remedy: what to install or do; empty when all is well.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


def examine(workspace: Path) -> list[Check]:
    """Try everything; takes no more than about five seconds, and never raises."""
    from concurrent.futures import ThreadPoolExecutor

    trials: list[tuple[str, Callable[[], Check]]] = [
        ("python", check_python),
        ("system libraries", check_libraries),
        ("ffmpeg", check_ffmpeg),
        ("pose detector", check_pose_detector),
        ("motion weights", check_motion_weights),
        ("disk", partial(check_disk, workspace)),
        ("compile cache", check_compile_cache),
        ("OpenGL", check_opengl),
        ("GPU", check_gpu),
        ("scan kernels", check_scan_kernels),
        ("MuQ", partial(check_own_weights, "MuQ", muq_files.check)),
    ]
    for name, expert in APPEARANCE_EXPERTS.items():
        if expert.check is not None:
            title = f"{name.capitalize()} weights"
            trials.append((title, partial(check_own_weights, title, expert.check)))
    with ThreadPoolExecutor(len(trials)) as pool:
        return list(pool.map(lambda trial: _contained(*trial), trials))


def check_python() -> Check:
    """Python's version, and whether every package that generate needs is installed."""
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 12):
        return Check(
            "python", "missing", f"{version} is neither 3.11 nor 3.12", "install Python 3.11"
        )
    lacking = [name for name in PACKAGES if util.find_spec(name) is None]
    if lacking:
        return Check("python", "missing", f"{version}, without {', '.join(lacking)}", REINSTALL)
    return Check("python", "ok", f"{version}, torch {_version('torch')}")


def check_libraries() -> Check:
    """Shared libraries that no wheel brings; none that is needed."""
    without = ", ".join(windowless.lacking())
    detail = f"without {without}, which nothing needs" if without else "those of windows, too"
    return Check("system libraries", "ok", detail)


def check_ffmpeg() -> Check:
    """Encode a tenth of a second of H.264 and AAC."""
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        remedy = "apt-get install ffmpeg, or pip install imageio-ffmpeg"
        return Check("ffmpeg", "missing", "not installed", remedy)
    sources = ("-f", "lavfi", "-i", "color=size=64x64:duration=0.1",
               "-f", "lavfi", "-i", "sine=duration=0.1")  # fmt: skip
    command = (ffmpeg, "-hide_banner", "-nostdin", *sources, "-fps_mode", "passthrough",
               "-c:v", "libx264", "-c:a", "aac", "-f", "null", "-")  # fmt: skip
    code, _ = _try(command)
    version = _first_match(r"ffmpeg version (\S+)", _try((ffmpeg, "-version"))[1])
    if code != 0:
        detail = f"{version} cannot encode H.264 with AAC"
        return Check("ffmpeg", "missing", detail, "install a build with libx264, such as Debian's")
    return Check("ffmpeg", "ok", f"{version}, encodes H.264 and AAC")


def check_pose_detector() -> Check:
    """MediaPipe's models, which only some of its wheels carry."""
    folder = _package_folder("mediapipe")
    if folder is None:
        return Check("pose detector", "missing", "mediapipe is not installed", REINSTALL)
    version = _version("mediapipe")
    if not all((folder / model).is_file() for model in MEDIAPIPE_MODELS):
        detail = f"mediapipe {version} brings no pose model"
        return Check("pose detector", "missing", detail, "pip install mediapipe==0.10.21")
    return Check("pose detector", "ok", f"mediapipe {version} with its models")


def check_motion_weights() -> Check:
    """The Motion Experts that ship with the package, down to the last bit."""
    found = []
    for name, expert in MOTION_EXPERTS.items():
        try:
            found += [] if expert.check is None else [f"{name}: {expert.check()}"]
        except MacedanceError as error:
            state: State = "missing" if name == DEFAULT_MOTION_EXPERT else "absent"
            detail = f"{name}: {error.what}"
            return Check("motion weights", state, detail, error.hint or REINSTALL)
    return Check("motion weights", "ok", "; ".join(found))


def check_own_weights(title: str, check: Callable[[], str]) -> Check:
    """Weights of the user's own, where a command would look for them; none needs them."""
    try:
        return Check(title, "ok", check())
    except MacedanceError as error:
        return Check(title, "absent", error.what, error.hint or REINSTALL)


def check_disk(workspace: Path) -> Check:
    """Free space and the right to write where the workspace is or will be."""
    place = _existing(workspace)
    free = shutil.disk_usage(place).free
    detail = f"{free / 1e9:.1f} GB free at {workspace}"
    if not os.access(place, os.W_OK):
        return Check("disk", "missing", f"no right to write in {place}", "choose a --workspace")
    if free < SMALLEST_DISK:
        return Check("disk", "missing", detail, "free some space, or choose a --workspace")
    return Check("disk", "ok", detail)


def check_compile_cache() -> Check:
    """Whether numba can keep what it compiles; else every run compiles for half a minute."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(chosen) if chosen else base / "macedance" / "numba"
    if os.access(_existing(folder), os.W_OK):
        return Check("compile cache", "ok", f"writable: {folder}")
    detail = f"{folder} is not writable: runs may compile their loops anew, half a minute each"
    return Check("compile cache", "absent", detail, "set NUMBA_CACHE_DIR to a folder of yours")


def check_opengl() -> Check:
    """One triangle, drawn without a screen."""
    from ctypes.util import find_library

    program = (sys.executable, "-m", "pipelines.body.opengl_probe")
    code, output = _try(program)
    if code != 0:
        # Mesa without an X server wants to be told so; NVIDIA's driver does not know the word.
        code, output = _try(program, EGL_PLATFORM="surfaceless")
    if code != 0 and find_library("OSMesa"):
        code, output = _try((*program, "osmesa"))
    if code != 0:
        detail = "cannot draw without a screen; render draws with its built-in renderer"
        return Check("OpenGL", "absent", detail, "apt-get install libegl1 libgl1-mesa-dri")
    name = output.strip().splitlines()[-1]
    if any(word in name.lower() for word in SOFTWARE_OPENGL):
        name += "; only emulated, so render prefers its built-in renderer"
    return Check("OpenGL", "ok", name)


def check_gpu() -> Check:
    """An NVIDIA card that torch can compute on."""
    if shutil.which("nvidia-smi") is None:
        return Check("GPU", "absent", "none; the puppet and the small model do not need one",
                     "Wan needs an NVIDIA GPU: docs/wan-animate.md")  # fmt: skip
    code, cards = _try(("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"))
    names = "; ".join(cards.strip().splitlines())
    if code != 0:
        return Check("GPU", "absent", "the NVIDIA driver does not answer", "see nvidia-smi")
    program = "import torch; torch.ones(1, device='cuda').add_(1).cpu()"
    code, _ = _try((sys.executable, "-c", program))
    if code != 0:
        remedy = "install a CUDA build of torch"
        return Check("GPU", "absent", f"{names}, but torch cannot use it", remedy)
    return Check("GPU", "ok", names)


def check_scan_kernels() -> Check:
    """What computes the Motion Expert's selective scan on a GPU."""
    detail, remedy = "without a GPU the CPU's own are used", "docs/capabilities.md"
    if shutil.which("nvidia-smi") is not None:
        program = (
            "import sys; from pipelines.motion_expert.sequence import selective_scan as scan\n"
            "sys.exit(3 if scan.mamba_kernel() else 4 if scan.triton_kernel() else 5)"
        )
        found = {3: "mamba-ssm", 4: "triton"}.get(_try((sys.executable, "-c", program))[0])
        if found is not None:
            return Check("scan kernels", "ok", f"{found} {_version(found)}")
        detail, remedy = "the GPU gets the PyTorch scan, which is slow", "install triton and gcc"
    return Check("scan kernels", "absent", detail, remedy)


def _contained(name: str, trial: Callable[[], Check]) -> Check:
    try:
        return trial()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return Check(name, "missing", f"could not be examined ({reason})", REINSTALL)


def _try(command: Sequence[str], **environment: str) -> tuple[int, str]:
    """Exit code and output of a program that gets `PATIENCE` seconds; 1 if it is stopped."""
    # The trial runs from anywhere; it must find the same `pipelines` as this process.
    search = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=PATIENCE, text=True, errors="replace",
            env={**os.environ, **environment, "PYTHONPATH": search}, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    return done.returncode, done.stdout


def _version(package: str) -> str:
    from importlib import metadata

    return metadata.version(package)


def _existing(path: Path) -> Path:
    """The nearest folder at or above `path` that is there."""
    path = path.absolute()
    return path if path.exists() else _existing(path.parent)


def _first_match(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else "unknown version"


def _package_folder(package: str) -> Path | None:
    """Where an installed package lies, without importing it."""
    spec = util.find_spec(package)
    places = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(places))) if places else None
