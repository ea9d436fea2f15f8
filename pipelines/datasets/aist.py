"""AIST++ as downloaded (docs/reference/datasets.md#aist): motions, splits, ignore list, songs."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.datasets.listing import ListedTake, Listing, lines_of, sounds_under

_NAME = re.compile(
    r"g(?P<genre>[A-Z]{2})_s(?P<kind>\w+)_c\w+_d\w+_(?P<music>m[A-Z]{2}\d)_ch(?P<dance>\d+)"
)


def _names(text: str) -> frozenset[str]:
    """Whole names of takes that are written without their camera, which is always cAll."""
    return frozenset(re.sub(r"(_s[BF]M)_", r"\1_cAll_", name) for name in text.split())


TEST_TAKES = _names("""
    gBR_sBM_d04_mBR0_ch02 gBR_sBM_d05_mBR0_ch02 gHO_sBM_d20_mHO5_ch02 gHO_sBM_d21_mHO5_ch02
    gJB_sBM_d08_mJB5_ch02 gJB_sBM_d09_mJB5_ch02 gJS_sBM_d01_mJS3_ch02 gJS_sBM_d03_mJS3_ch02
    gKR_sBM_d28_mKR2_ch02 gKR_sBM_d30_mKR2_ch02 gLH_sBM_d17_mLH4_ch02 gLH_sBM_d18_mLH4_ch02
    gLO_sBM_d13_mLO2_ch02 gLO_sBM_d15_mLO2_ch02 gMH_sBM_d22_mMH3_ch02 gMH_sBM_d24_mMH3_ch02
    gPO_sBM_d10_mPO1_ch02 gPO_sBM_d11_mPO1_ch02 gWA_sBM_d25_mWA0_ch02 gWA_sBM_d26_mWA0_ch02
""")
"""The cross-modal test split; its ten songs are danced in no other but the validation split."""

IGNORED_TAKES = _names("""
    gBR_sBM_d04_mBR0_ch07 gBR_sBM_d04_mBR0_ch08 gBR_sBM_d04_mBR0_ch10 gBR_sBM_d05_mBR0_ch07
    gBR_sFM_d04_mBR4_ch07 gBR_sFM_d05_mBR4_ch13 gBR_sFM_d05_mBR5_ch14 gBR_sFM_d06_mBR5_ch19
    gHO_sFM_d20_mHO5_ch13 gJB_sBM_d07_mJB2_ch06 gJB_sBM_d07_mJB3_ch01 gJB_sBM_d07_mJB3_ch05
    gJB_sBM_d08_mJB0_ch07 gJB_sBM_d08_mJB0_ch09 gJB_sBM_d08_mJB1_ch09 gJB_sBM_d08_mJB5_ch07
    gJB_sBM_d09_mJB2_ch07 gJB_sBM_d09_mJB3_ch07 gJB_sBM_d09_mJB4_ch06 gJB_sBM_d09_mJB4_ch07
    gJB_sBM_d09_mJB4_ch09 gJB_sBM_d09_mJB5_ch09 gJB_sFM_d08_mJB3_ch11 gJS_sBM_d03_mJS3_ch10
    gJS_sFM_d01_mJS0_ch01 gJS_sFM_d01_mJS1_ch02 gJS_sFM_d02_mJS0_ch08 gJS_sFM_d03_mJS0_ch01
    gKR_sBM_d30_mKR5_ch01 gKR_sBM_d30_mKR5_ch02 gWA_sBM_d25_mWA1_ch04 gWA_sBM_d25_mWA2_ch03
    gWA_sBM_d25_mWA2_ch04 gWA_sBM_d25_mWA3_ch04 gWA_sBM_d26_mWA0_ch09 gWA_sBM_d26_mWA1_ch01
    gWA_sBM_d27_mWA2_ch01 gWA_sBM_d27_mWA2_ch08 gWA_sBM_d27_mWA3_ch01 gWA_sBM_d27_mWA4_ch02
    gWA_sBM_d27_mWA4_ch08 gWA_sBM_d27_mWA5_ch01 gWA_sBM_d27_mWA5_ch08 gWA_sFM_d26_mWA2_ch10
    gWA_sFM_d27_mWA1_ch16
""")
"""Whose motion is wrong, by the data set's own list."""

_TEST_SONGS = frozenset(re.findall(r"m[A-Z]{2}\d", " ".join(TEST_TAKES)))


def is_aist(folder: Path) -> bool:
    """Whether the folder, or its annotations/, holds AIST++ motions."""
    return _motions(folder) is not None


def list_aist(folder: Path) -> Listing:
    """The takes of the cross-modal splits, by the lists in splits/ or, without them, as published.

    Songs are found anywhere under the folder, by the music id in the take's name or, as EDGE packs
    them, by the take's whole name.
    """
    motions = _motions(folder)
    assert motions is not None
    annotations = motions.parent
    listing = Listing()
    sounds = sounds_under(folder)
    ignored = lines_of(annotations / "ignore_list.txt") or IGNORED_TAKES
    lists = {
        side: lines_of(annotations / "splits" / f"crossmodal_{side}.txt")
        for side in ("train", "val", "test")
    }
    for path in sorted(motions.glob("*.pkl")):
        name = _NAME.fullmatch(path.stem)
        if name is None:
            listing.skipped.append(f"{path}: not an AIST++ name (gBR_sBM_cAll_d04_mBR0_ch01)")
        elif path.stem in ignored:
            listing.skipped.append(f"{path}: on AIST++'s ignore list")
        elif not (split := _split(name, lists)):
            listing.skipped.append(f"{path}: in none of the crossmodal splits")
        else:
            listing.takes.append(
                ListedTake(
                    name=path.stem,
                    motion=path,
                    music=sounds.get(path.stem) or sounds.get(name["music"]),
                    genre=name["genre"],
                    group=path.stem,
                    split=split,
                )
            )
    return listing


def _split(name: re.Match[str], lists: dict[str, set[str]]) -> str:
    """By the lists, else by the rule that they follow: docs/reference/datasets.md#aist."""
    if lists["train"]:
        return next((side for side, names in lists.items() if name[0] in names), "")
    if name[0] in TEST_TAKES:
        return "test"
    basic = name["kind"] == "BM"
    if name["music"] in _TEST_SONGS:
        return "val" if basic and name["dance"] == "01" else ""
    return "" if basic and name["dance"] in ("01", "02") else "train"


def _motions(folder: Path) -> Path | None:
    for place in (folder, folder / "annotations", folder / "aist_plusplus_final"):
        if any(_NAME.fullmatch(p.stem) for p in (place / "motions").glob("*.pkl")):
            return place / "motions"
    return None
