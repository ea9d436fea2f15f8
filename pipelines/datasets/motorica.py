"""Motorica as downloaded (docs/reference/datasets.md#motorica): BVH at 120 fps, some with music."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.datasets.listing import ListedTake, Listing, sounds_under

_NAME = re.compile(r"kth\w*?_g(?P<genre>[A-Z]{2})_s\w+?_(c\w+?|sngl)_d\d+_.+", re.IGNORECASE)
_GENRES = {
    "LH": "Hiphop", "KR": "Krump", "PO": "Popping", "LO": "Locking", "JZ": "Jazz",
    "CH": "Charleston", "TP": "Tapping", "CA": "Casual",
}  # fmt: skip

TEST_TAKES = frozenset(
    {
        "kthjazz_gCH_sFM_cAll_d02_mCH_ch01_whitemanpaulandhisorchestraloisiana_006",
        "kthjazz_gJZ_sFM_cAll_d02_mJZ_ch01_bennygoodmansugarfootstomp_003",
        "kthjazz_gTP_sFM_sngl_d02_015",
        "kthmisc_gCA_sFM_cAll_d01_mCA_ch24",
        "kthstreet_gKR_sFM_cAll_d01_mKR_ch01_chargedcableupyour_001",
        "kthstreet_gLH_sFM_cAll_d01_mLH_ch01_thisisit_001",
        "kthstreet_gLH_sFM_cAll_d02_mLH_ch01_lala_001",
        "kthstreet_gLO_sFM_cAll_d02_mLO_ch01_arethafranklinrocksteady_002",
        "kthstreet_gPO_sFM_cAll_d01_mPO_ch01_bombom_002",
        "kthstreet_gPO_sFM_cAll_d02_mPO_ch01_bombom_001",
    }
)
"""What Listen, Denoise, Action! tests on, whole takes instead of its two pieces of each."""


def is_motorica(folder: Path) -> bool:
    """Whether some BVH under the folder goes by Motorica's naming."""
    return any(_NAME.fullmatch(path.stem) for path in folder.rglob("*.bvh"))


def list_motorica(folder: Path) -> Listing:
    """Every BVH of Motorica's naming, with the song of the same name where there is one."""
    listing = Listing()
    sounds = sounds_under(folder)
    for path in sorted(folder.rglob("*.bvh")):
        name = _NAME.fullmatch(path.stem)
        if name is None:
            listing.skipped.append(f"{path}: not a Motorica name (kth..._gCH_sFM_cAll_d01_...)")
            continue
        code = name["genre"].upper()
        listing.takes.append(
            ListedTake(
                name=path.stem,
                motion=path,
                music=sounds.get(path.stem),
                genre=_GENRES.get(code, code),
                group=path.stem,
                split="test" if path.stem in TEST_TAKES else "train",
            )
        )
    return listing
