"""FineDance as downloaded (docs/reference/datasets.md#finedance): dances, songs and labels."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.datasets.listing import ListedTake, Listing
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json

TEST_IDS = frozenset({
    "063", "132", "143", "036", "098", "198", "130", "012", "211", "193", "179", "065", "137",
    "161", "092", "120", "037", "109", "204", "144",
})  # fmt: skip
"""The cross-genre test split (FineDance@Genre) of FineNet, Lodge, MEGADance and MACE-Dance."""

DANCER_TEST_IDS = frozenset({
    *(f"{number:03d}" for number in range(1, 14)), "124", "126", "128", "130", "132",
})  # fmt: skip
"""The test split of FineDance@Dancer: dancers who are in no other split."""

DANCER_VAL_IDS = frozenset({
    "115", "117", "119", "121", "122", "135", "137", "139", "141", "143", "145", "147",
})  # fmt: skip
"""Its validation split; 117, 119, 121 and 122 are ignored."""

_DANCER_IGNORED_IDS = frozenset({"159"})
"""In no split of FineDance@Dancer, beside those that are ignored anyway."""

IGNORED_IDS = frozenset({"116", "117", "118", "119", "120", "121", "122", "123", "202"})
"""Left out by all published loaders; 120 is also on the test list, which leaves 19 test songs."""

_DULL_STARTS = {
    "004": 8.0, "005": 10.0, "067": 6.0, "105": 19.0, "110": 14.0, "113": 29.0, "153": 52.0,
    "211": 22.0, "010": 0.1, "014": 0.1,
}  # fmt: skip
"""Seconds without dance at the start, which Lodge cuts from dance and music alike."""


def is_finedance(folder: Path) -> bool:
    """Whether the folder holds motion/NNN.npy beside label_json/ or music."""
    has_motion = any(re.fullmatch(r"\d{3}", p.stem) for p in (folder / "motion").glob("*.npy"))
    return has_motion and any(
        (folder / name).is_dir() for name in ("label_json", "music_wav", "music_npy")
    )


def list_finedance(folder: Path) -> Listing:
    """All takes that the published loaders use; sound is preferred to ready-made features."""
    listing = Listing()
    for motion in sorted((folder / "motion").glob("*.npy")):
        number = motion.stem
        if not re.fullmatch(r"\d{3}", number):
            listing.skipped.append(f"{motion}: not a numbered take (M... are mirrored copies)")
        elif number in IGNORED_IDS:
            also = ", although on the test list" if number in TEST_IDS else ""
            listing.skipped.append(f"{motion}: on FineDance's ignore list{also}")
        else:
            listing.takes.append(_take(folder, motion))
    return listing


def _take(folder: Path, motion: Path) -> ListedTake:
    number = motion.stem
    music = folder / "music_wav" / f"{number}.wav"
    features = folder / "music_npy" / f"{number}.npy"
    return ListedTake(
        name=number,
        motion=motion,
        music=music if music.is_file() else None,
        features=features if features.is_file() and not music.is_file() else None,
        genre=_genre(folder / "label_json" / f"{number}.json"),
        group=number,
        split="test" if number in TEST_IDS else "train",
        other_splits=_dancer_split(number),
        skip_seconds=_DULL_STARTS.get(number, 0.0),
    )


def _dancer_split(number: str) -> tuple[str, ...]:
    if number in _DANCER_IGNORED_IDS:
        return ()
    if number in DANCER_VAL_IDS:
        return ("dancer-val",)
    return ("dancer-test",) if number in DANCER_TEST_IDS else ("dancer-train",)


def _genre(path: Path) -> str | None:
    """The fine genre; "jazz" and "Jazz" are one. None without a readable label."""
    try:
        label = str(read_json(path)["style2"]).strip()
    except (OSError, ValueError, KeyError, TypeError, UnsuitableInput):
        return None
    return label[:1].upper() + label[1:] or None
