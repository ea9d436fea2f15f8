"""Tiny inputs for every command, made once in a folder."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
FINISHED = "finished"


def make_materials(folder: Path) -> Path:
    """Songs, a picture, dances, videos, training pairs, clips and a tiny Wan-Animate."""
    if (folder / FINISHED).exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "dances").mkdir(parents=True)
    song(folder / "song.wav", 3.0)
    _picture(folder / "dancer.png")
    for number in (1, 2):
        dance(folder / "dances" / f"{number}.npz", 30 + 10 * number, number)
        song(folder / "dances" / f"{number}.wav", 2.0)
    _videos(folder / "videos")
    _pairs(folder / "pairs")
    _clips(folder / "clips")
    helper("appearance_expert/conftest.py").build_tiny_wan(folder / "wan")
    (folder / FINISHED).touch()
    return folder


def helper(name: str) -> ModuleType:
    """A file of the tests that makes such things already."""
    path = ROOT / "tests" / name
    spec = importlib.util.spec_from_file_location(f"hard_{path.parent.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def song(path: Path, seconds: float, kind: str = "wav") -> Path:
    """The first seconds of the example song; `kind` is an ending that ffmpeg knows."""
    source = ROOT / "examples" / "song.wav"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, "-t", str(seconds), "-ac", "1",
         "-ar", "8000", "-map_metadata", "-1", path.with_suffix(f".{kind}")], check=True,
    )  # fmt: skip
    return path.with_suffix(f".{kind}")


def dance(path: Path, frames: int, seed: int = 0) -> Path:
    """A stiff figure that swings its limbs, as our npz at 30 frames a second."""
    from pipelines.motion.motion import Motion
    from pipelines.motion.npz import save_npz

    save_npz(swing(frames, np.random.default_rng(seed), Motion), path)
    return path


def swing(frames: int, random: np.random.Generator, kind: Any, **more: Any) -> Any:
    """Joints that swing at random widths about a body that stands and sways."""
    time = np.arange(frames)[:, None, None] / 30
    poses = random.uniform(0, 0.4, (24, 3)) * np.sin(4 * time + random.uniform(0, 6, (24, 3)))
    poses[:, 0] += (np.pi / 2, 0, 0)
    trans = np.stack([0.1 * np.sin(time[:, 0, 0] * k) for k in (1, 2, 3)], axis=-1)
    trans[:, 2] += 0.9
    return kind(poses.astype(np.float32), trans.astype(np.float32), 30.0, **more)


def _picture(path: Path) -> None:
    from PIL import Image

    with Image.open(ROOT / "examples" / "dancer.png") as picture:
        picture.convert("RGB").resize((216, 384)).save(path)


def _videos(folder: Path) -> None:
    """Two of somebody who moves before a plain wall, 5 and 6 s at 10 frames a second."""
    import cv2

    from pipelines.media.video_writer import VideoWriter

    folder.mkdir()
    picture = cv2.imread(str(ROOT / "examples" / "dancer.png"))
    person = cv2.resize(picture[..., ::-1], (180, 320), interpolation=cv2.INTER_AREA)
    for seconds in (5, 6):
        with VideoWriter(folder / f"{seconds}.mp4", 480, 320, Fraction(10)) as video:
            for number in range(10 * seconds):
                place = 150 + round(24 * np.sin(number * seconds / 5))
                frame = np.repeat(person[:, 2:3], 480, axis=1)
                frame[:, place : place + 180] = person
                video.write(np.ascontiguousarray(frame))


def _pairs(folder: Path) -> None:
    from pipelines.datasets.paired import save_pair
    from pipelines.datasets.sequences import PairedSequence
    from pipelines.motion.motion import Motion

    folder.mkdir()
    random = np.random.default_rng(0)
    for number, genre in enumerate(("salsa", "salsa", "salsa", "ballet", "ballet")):
        motion = swing(90 + 20 * number, random, Motion, genre=genre)
        features = random.normal(0, 20, (len(motion.poses), 35)).astype(np.float32)
        pair = PairedSequence(motion, features, f"take{number}", f"take{number}")
        save_pair(pair, "a song", "paired", folder / f"{number}.npz")


def _clips(folder: Path) -> None:
    swaying = helper("appearance_expert/conftest.py").swaying.__wrapped__()
    write_clip = helper("appearance_expert/training/conftest.py").write_clip
    for number, frames in enumerate((12, 9, 9)):
        write_clip(folder, f"train{number}", swaying(frames, 48, 64), "train", seed=number)
    write_clip(folder, "held", swaying(9, 48, 64), "test", seed=7)
