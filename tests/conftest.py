"""Fixtures that several rooms share."""

from __future__ import annotations

import gc
import math
import os
import shutil
import signal
import struct
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from pipelines.support.idle_threads import keep_numpy_to_one_thread, let_idle_threads_sleep

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests" / "helpers")]

from warm_commands import Running, WarmCommands  # noqa: E402

# An example may take long where the machine is busy, and says nothing about the code then.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# What tests and libraries bring with them stays: to look for garbage in it again and again while
# it is loaded takes a third of the time that loading takes.
gc.disable()

# Before anything loads torch: several tests at once would wait for each other, spinning.
let_idle_threads_sleep()
keep_numpy_to_one_thread()
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    share = (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, share)))

# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

_CHROMIUM = [
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required", "--mute-audio",
]  # fmt: skip

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """From now on garbage is looked for, among what tests make."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real songs, dances and pictures beside the checkout; skips where there is none."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("no shared data beside the checkout (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def tiny_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of a 440 Hz tone with a click twice a second, 22050 Hz mono 16-bit wav."""
    rate, path = 22050, tmp_path_factory.mktemp("song") / "tiny.wav"
    samples = (
        0.2 * math.sin(2 * math.pi * 440 * i / rate) + (0.7 if i % (rate // 2) < 60 else 0.0)
        for i in range(3 * rate)
    )
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(rate)
        stream.writeframes(b"".join(struct.pack("<h", int(32767 * s)) for s in samples))
    return path


@pytest.fixture
def environment() -> dict[str, str]:
    """This process's environment without anything that steers macedance or colours its output.

    One worker, for tests run beside each other; those of more say how many.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MACEDANCE_") and name not in ("FORCE_COLOR", "NO_COLOR")
    }
    own = {"PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "80", "MACEDANCE_WORKERS": "1"}
    return {**kept, **own}


@pytest.fixture(scope="session")
def warm_commands() -> Iterator[WarmCommands]:
    """Commands that need not load their libraries anew."""
    commands = WarmCommands({**os.environ, "PYTHONPATH": str(ROOT)})
    yield commands
    commands.end()


@pytest.fixture
def started(
    tmp_path: Path, environment: dict[str, str], warm_commands: WarmCommands
) -> Callable[..., Running]:
    """Start the command in an empty folder; its process goes on meanwhile."""

    def start(*arguments: str, **changes: str) -> Running:
        return warm_commands.start(arguments, tmp_path, {**environment, **changes})

    return start


@pytest.fixture
def python(
    tmp_path: Path, environment: dict[str, str], warm_commands: WarmCommands
) -> Callable[..., Running]:
    """Start `python FILE ...` or `python -m MODULE ...` in an empty folder, libraries loaded.

    With `heavy` diffusers and transformers, too.
    """

    def start(*words: str | Path, heavy: bool = False, **changes: str) -> Running:
        return warm_commands.python(words, tmp_path, {**environment, **changes}, heavy)

    return start


@pytest.fixture
def macedance(tmp_path: Path, environment: dict[str, str], started: Callable[..., Running]) -> Run:
    """Run the command in an empty folder; returns the finished process.

    It is forked from a process that has loaded the libraries, unless it is asked to begin `cold`,
    as from a shell, or as another program, or with variables that Python or libraries heed.
    """

    def run(
        *arguments: str, program: Sequence[str] = (), cold: bool = False, **changes: str
    ) -> subprocess.CompletedProcess[str]:
        ours = all(name.startswith("MACEDANCE_") or name == "PATH" for name in changes)
        if ours and not program and not cold:
            return started(*arguments, **changes).wait()
        return subprocess.run(
            [sys.executable, *(program or ("-m", "macedance_cli.app")), *arguments],
            cwd=tmp_path,
            env={**environment, **changes},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def tiny_dance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of a dancer who stands and moves the arms, as our npz at 30 frames a second."""
    import numpy as np

    from pipelines.body.skeleton import JOINT
    from pipelines.motion.motion import Motion
    from pipelines.motion.npz import save_npz

    seconds = np.arange(90) / 30
    poses, trans = np.zeros((90, 24, 3)), np.tile([0.0, 0.0, 0.9], (90, 1))
    poses[:, JOINT["pelvis"], 0] = np.pi / 2
    swing = 1.0 - 0.4 * np.sin(2 * np.pi * seconds)
    poses[:, JOINT["left_shoulder"], 2], poses[:, JOINT["right_shoulder"], 2] = -swing, swing
    path = tmp_path_factory.mktemp("dance") / "tiny.npz"
    save_npz(Motion(poses, trans, 30.0), path)
    return path


@pytest.fixture(scope="session")
def scene() -> Callable[..., Any]:
    """From places [(x, y), ...] to a frame (320, 480, 3) with the example dancer at each.

    The backdrop and the dancer are the example picture at a quarter.
    """
    import cv2
    import numpy as np

    picture = cv2.imread(str(ROOT / "examples" / "dancer.png"))
    small = cv2.resize(picture[..., ::-1], (180, 320), interpolation=cv2.INTER_AREA)
    column = small[:, 2:3]
    matte = (np.abs(small.astype(int) - column).max(-1) > 40).astype(np.float32)
    matte[:, :14] = matte[:, 168:] = 0
    matte = cv2.GaussianBlur(matte, (0, 0), 0.7)

    def draw(places: Sequence[tuple[int, int]]) -> Any:
        frame = np.repeat(column, 480, axis=1).astype(np.float32)
        for x, y in places:
            shift = np.float32([[1, 0, x], [0, 1, y]])
            moved = cv2.warpAffine(small, shift, (480, 320)).astype(np.float32)
            cover = cv2.warpAffine(matte, shift, (480, 320))[..., None]
            frame = frame * (1 - cover) + moved * cover
        return frame.astype(np.uint8)

    return draw


@pytest.fixture(scope="session")
def dancers(tmp_path_factory: pytest.TempPathFactory, scene: Callable[..., Any]) -> Any:
    """From "one", "two", "none" or "still", and seconds, to a video at 10 frames a second."""
    from fractions import Fraction

    import numpy as np

    from pipelines.media.video_writer import VideoWriter

    folder = tmp_path_factory.mktemp("dancers")
    places = {"one": [150], "still": [150], "two": [40, 270], "none": []}

    def make(kind: str, seconds: float = 6.0) -> Path:
        path = folder / f"{kind}-{seconds:g}.mp4"
        if path.exists():
            return path
        with VideoWriter(path, 480, 320, Fraction(10), preset="ultrafast") as video:
            for number in range(round(seconds * 10)):
                sway = 0 if kind == "still" else round(24 * np.sin(number))
                bounce = 0 if kind == "still" else round(6 * np.cos(2.1 * number))
                video.write(scene([(x + sway, bounce) for x in places[kind]]))
        return path

    return make


@pytest.fixture(scope="session")
def tiny_pose_models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Random, tiny networks of the very classes that people's weights are for."""
    import torch
    from transformers import (
        DetrImageProcessor,
        VitPoseBackboneConfig,
        VitPoseConfig,
        VitPoseForPoseEstimation,
        VitPoseImageProcessor,
        YolosConfig,
        YolosForObjectDetection,
    )

    torch.manual_seed(0)
    detector, pose = tmp_path_factory.mktemp("detector"), tmp_path_factory.mktemp("vitpose")
    labels = {0: "person", 1: "dog"}
    network = YolosForObjectDetection(
        YolosConfig(
            hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
            image_size=[64, 64], patch_size=16, num_detection_tokens=5, num_labels=2,
            id2label=labels, label2id={name: i for i, name in labels.items()},
        )
    )  # fmt: skip
    # Random networks see nothing surely; a bias makes this one sure of people everywhere.
    network.class_labels_classifier.layers[-1].bias.data = torch.tensor([5.0, 0.0, 0.0])
    network.save_pretrained(detector)
    DetrImageProcessor(size={"height": 64, "width": 64}).save_pretrained(detector)
    backbone = VitPoseBackboneConfig(
        image_size=[64, 48], patch_size=[16, 16], hidden_size=16, num_hidden_layers=1,
        num_attention_heads=2, out_indices=[1], out_features=["stage1"],
    )  # fmt: skip
    VitPoseForPoseEstimation(
        VitPoseConfig(backbone_config=backbone, num_labels=17, use_simple_decoder=True)
    ).save_pretrained(pose)
    VitPoseImageProcessor(size={"height": 64, "width": 48}).save_pretrained(pose)
    return detector, pose


@pytest.fixture
def dance() -> Callable[..., Any]:
    """Build a smooth random dance: seed, frames, frames per second."""

    def build(seed: int = 0, frames: int = 90, fps: float = 30.0, size: float = 1.0) -> Any:
        import numpy as np

        from pipelines.motion.motion import Motion

        random = np.random.default_rng(seed)
        seconds = np.arange(frames)[:, None, None] / fps
        rate, phase = random.uniform(0.5, 2, (2, 1, 24, 3))
        poses = (
            size
            * random.normal(0, 0.35, (1, 24, 3))
            * np.sin(2 * np.pi * rate * seconds + 6 * phase)
        )
        poses[:, 0, 0] += np.pi / 2
        flat = seconds[:, 0]
        drift = random.uniform(-0.3, 0.3, (1, 2)) * flat
        height = 0.95 + 0.04 * np.sin(2 * np.pi * 2 * flat)
        trans = np.concatenate([drift, height], axis=1)
        return Motion(poses.astype(np.float32), trans.astype(np.float32), fps, source="test")

    return build


@pytest.fixture(scope="session")
def stepping() -> Callable[..., Any]:
    """A maker of takes that step on the spot at a tempo, optionally drifting by a share of it."""

    def make(bpm: float, seconds: float = 16.0, fps: float = 30.0, drift: float = 0.0) -> Any:
        """Before each beat one foot, left and right in turn, has been lifted and set down."""
        import numpy as np

        from pipelines.motion.motion import Motion

        t = np.arange(int(seconds * fps)) / fps
        count = np.cumsum(bpm / 60 * (1 + drift * np.sin(2 * np.pi * t / 7))) / fps
        within = count % 1
        swing = np.where(within > 0.4, np.sin(np.pi * (within - 0.4) / 0.6) ** 2, 0.0)
        poses = np.zeros((len(t), 24, 3), dtype="f4")
        poses[:, 0, 0] = np.pi / 2
        left = np.floor(count) % 2 == 0
        for hip, knee, mask in ((1, 4, left), (2, 5, ~left)):
            poses[:, hip, 0], poses[:, knee, 0] = -0.6 * swing * mask, 0.9 * swing * mask
        trans = np.tile(np.array([0, 0, 0.95], dtype="f4"), (len(t), 1))
        return Motion(poses, trans, fps, "salsa", "stepping")

    return make


@pytest.fixture(scope="session")
def dancing(stepping: Callable[..., Any]) -> Callable[..., Any]:
    """The same makers' takes with arms that hang and swing, and a trunk that sways."""

    def make(bpm: float, seconds: float = 16.0, **known: Any) -> Any:
        from dataclasses import replace

        import numpy as np

        motion = stepping(bpm, seconds, **known)
        poses = motion.poses.copy()
        swing = np.sin(np.arange(motion.frames) / 3)
        for joint in (3, 6, 16, 17):
            poses[:, joint, 2] += 0.5 * swing
        poses[:, 16, 2] -= 1.0
        poses[:, 17, 2] += 1.0
        return replace(motion, poses=poses)

    return make


@pytest.fixture(scope="session")
def tiny_smpl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up SMPL file of four vertices; the first shape direction lifts the first of them."""
    import numpy as np

    from pipelines.body.skeleton import PARENTS

    directions, weights, regressor = np.zeros((4, 3, 10)), np.zeros((4, 24)), np.zeros((24, 4))
    directions[0, 1, 0] = weights[:, 0] = regressor[:, 1] = 1
    path = tmp_path_factory.mktemp("smpl") / "model.npz"
    np.savez(
        path, v_template=[[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
        f=[[0, 1, 2], [0, 2, 3]], weights=weights, J_regressor=regressor, shapedirs=directions,
        posedirs=np.zeros((4, 3, 207)), kintree_table=np.stack([PARENTS, np.arange(24)]),
    )  # fmt: skip
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser; a test without one is skipped."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
    if found is None:
        pytest.skip("no chromium here")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """One browser for all tests, without a screen and without a network, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=chromium, args=_CHROMIUM, chromium_sandbox=False
        )
        yield opened
        opened.close()
