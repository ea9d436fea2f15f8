"""Paired files: one dance and its song's features, ready for training.

`train-motion --prepare-only` writes them into `<workspace>/features` as `pair-<id>.npz`; a folder
of such files is also a corpus of its own. Keys, T frames at 30 fps:

    poses (T, 72), trans (T, 3)   the dance, as in a motion file (z up, metres)
    fps                           30; another rate is resampled
    features (T, 35), schema      music features and the name of their recipe
    genre, take, song             labels; genre may be empty
    mode                          how dance and song met: "paired", "warp" or "compose"
    group, split                  optional: what is held out together; "train" or "test"
    couple                        optional: true where the dancer holds a partner
    heard (S, F), heard_fps, heard_schema   optional: the same seconds by another recipe
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.motion import Motion
from pipelines.motion.npz import body_poses
from pipelines.support.archives import read_npz
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

if TYPE_CHECKING:
    from pipelines.music.features import MusicFeatures

_KEYS = ("poses", "trans", "fps", "features", "schema", "genre", "take")
_SLACK = round(MOTION_FPS)
_PARTNERS = {"61": "60", "19": "18", "21": "20", "23": "22", "34": "33"}
"""CMU subjects who were recorded together: takes of the same number show the same moment."""


def is_paired(folder: Path) -> bool:
    """Whether the folder's npz files are pairs, judged by the first that can be read."""
    for path in sorted(folder.glob("*.npz"))[:8]:
        try:
            return {"poses", "features", "schema"} <= set(read_npz(path))
        except UnsuitableInput:
            continue
    return False


def save_pair(sequence: PairedSequence, song: str, mode: str, target: Path) -> None:
    """Write a paired file, atomically; the same pair gives the same bytes."""
    from pipelines.music.features import FEATURE_SCHEMA

    with atomic_path(target) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            poses=sequence.motion.poses.reshape(-1, 72),
            trans=sequence.motion.trans,
            fps=np.float64(sequence.motion.fps),
            features=sequence.features,
            schema=np.str_(FEATURE_SCHEMA),
            genre=np.str_(sequence.genre),
            take=np.str_(sequence.take),
            group=np.str_(sequence.group),
            split=np.str_(sequence.split),
            song=np.str_(song),
            mode=np.str_(mode),
            **({"couple": np.True_} if sequence.couple else {}),
            **_of_recipe(sequence.heard),
        )


def _of_recipe(heard: MusicFeatures | None) -> dict[str, Any]:
    if heard is None:
        return {}
    return {"heard": heard.values, "heard_fps": np.float64(heard.fps),
            "heard_schema": np.str_(heard.schema)}  # fmt: skip


def load_pair(path: Path) -> PairedSequence:
    """Read a paired file.

    Raises:
        UnsuitableInput: unreadable, keys missing, features of another schema (both are named),
            lengths that differ by more than a second, or values that are not finite.
    """
    from pipelines.music.features import FEATURE_SCHEMA

    values = read_npz(path, _KEYS)
    if missing := [name for name in _KEYS if name not in values]:
        raise UnsuitableInput(f"{path}: lacks {', '.join(missing)}")
    if (schema := str(values["schema"])) != FEATURE_SCHEMA:
        raise UnsuitableInput(
            f'{path}: features are "{schema}", training reads "{FEATURE_SCHEMA}"',
            "prepare it again from the song",
        )
    take = str(values["take"])
    motion = Motion(
        body_poses(values["poses"], str(path)),
        values["trans"].astype(np.float32),
        float(values["fps"]),
        genre=str(values["genre"]) or None,
        source=str(path),
    )
    sequence = paired(
        motion,
        values["features"].astype(np.float32),
        take=take,
        group=str(values["group"]) if "group" in values else group_of(take),
        split=str(values["split"]) if "split" in values else "",
    )
    return replace(
        sequence, couple=bool(values.get("couple", False)),
        heard=_heard_in(values, path, sequence.motion.frames),
    )  # fmt: skip


def _heard_in(values: Mapping[str, Any], path: Path, frames: int) -> MusicFeatures | None:
    from pipelines.music.features import MusicFeatures
    from pipelines.music.recipes.timing import under

    if "heard" not in values:
        return None
    try:
        rows = np.asarray(values["heard"], dtype=np.float32)
        heard = MusicFeatures(rows, float(values["heard_fps"]), str(values["heard_schema"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UnsuitableInput(f"{path}: what is heard in it is damaged ({error})") from error
    if rows.ndim != 2 or not len(rows) or not np.isfinite(rows).all():
        raise UnsuitableInput(f"{path}: what is heard in it is {rows.shape} or not finite")
    return under(heard, 0, frames)


def paired(
    motion: Motion, features: NDArray[np.float32], take: str, group: str, split: str = ""
) -> PairedSequence:
    """Bring dance and features to 30 fps and one length.

    Raises:
        UnsuitableInput: lengths differ by more than a second; NaN; features not (T, 35).
    """
    motion = motion.validate().resampled(MOTION_FPS)
    name = motion.source or take
    if features.ndim != 2 or features.shape[1] != 35:
        raise UnsuitableInput(f"{name}: features are {features.shape}, expected (T, 35)")
    if not np.isfinite(features).all():
        raise UnsuitableInput(f"{name}: the music features hold NaN or infinity")
    frames = min(motion.frames, len(features))
    if max(motion.frames, len(features)) - frames > _SLACK:
        raise UnsuitableInput(
            f"{name}: the dance has {motion.frames} frames, its music {len(features)}: "
            "they do not belong together"
        )
    return PairedSequence(motion.sliced(0, frames), features[:frames], take, group, split)


def group_of(take: str) -> str:
    """What a take must be held out with, by CMU's naming `..SS_NN`, perhaps with a letter behind.

    Partners who were recorded together share a group, and so do the pieces "a", "b" of one take:
    "61_03" and "60_03b" give "60_03". Any other name is its own group.
    """
    found = re.fullmatch(r"(|.*\D)(\d\d)_(\d\d)[a-z]?", take)
    if found is None:
        return take
    before, subject, number = found.groups()
    return f"{before}{_PARTNERS.get(subject, subject)}_{number}"
