from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from pipelines.datasets import aistpp_bvh, g1_moves
from pipelines.datasets.dance_collection import read_collection
from pipelines.metrics.feet import foot_skating_ratio
from pipelines.support.errors import UnsuitableInput


@pytest.mark.parametrize(
    ("stem", "genre", "bpm"),
    [
        ("gHO_sBM_cAll_d19_mHO0_ch01", "house", 110),
        ("gHO_sBM_cAll_d20_mHO5_ch09", "house", 135),
        ("gPO_sFM_cAll_d10_mPO1_ch02", "popping", 90),
        ("gKR_sBM_cAll_d30_mKR2_ch10", "krump", 100),
    ],
)
def test_names_of_aist_tell_style_tempo_and_what_is_the_same_dance(
    stem: str, genre: str, bpm: float
) -> None:
    name = aistpp_bvh.parse_name(stem)
    assert name is not None
    assert (name.genre, name.bpm) == (genre, bpm)
    assert name.choreography.startswith(f"{name.dancer}_") and stem[-4:] in name.choreography
    grid = aistpp_bvh.beat_grid(name, 8.0)
    assert grid[0] == 0 and np.diff(grid) == pytest.approx(60 / bpm) and grid[-1] >= 8.0


def test_other_names_are_none_of_aist() -> None:
    assert aistpp_bvh.parse_name("60_03") is None
    assert aistpp_bvh.parse_name("gXX_sBM_cAll_d19_mHO0_ch01") is None


def test_performers_of_g1_moves() -> None:
    assert len(g1_moves.GENRES) == 26
    assert {g1_moves.performer(stem) for stem in g1_moves.GENRES} == {
        "Mitch Chaiet", "Jasmine Coro",
    }  # fmt: skip


def test_reads_what_it_knows_and_says_what_it_leaves_out(shared_data: Path, tmp_path: Path) -> None:
    wanted = {
        "aistpp-164-bvh30-ccby4": ["gHO_sBM_cAll_d20_mHO5_ch01", "gJS_sBM_cAll_d01_mJS0_ch01"],
        "g1-moves-26-bvh30-ccby4": ["J_ShortDance16_JazzWalk"],
    }
    for archive, stems in wanted.items():
        with tarfile.open(shared_data / "motion" / f"{archive}.tar.xz") as tar:
            for member in tar:
                if Path(member.name).stem in stems and member.name.endswith(".bvh"):
                    tar.extract(member, tmp_path, filter="data")
    found = read_collection([tmp_path])
    takes = {take.name: take for take in found.takes}
    assert sorted(takes) == ["J_ShortDance16_JazzWalk", "gHO_sBM_cAll_d20_mHO5_ch01"]
    house = takes["gHO_sBM_cAll_d20_mHO5_ch01"]
    assert house.root_estimated and house.pulses[0].known and house.licence == "CC BY 4.0"
    assert house.contacts.shape == (house.motion.frames, 4)
    assert foot_skating_ratio(house.motion.joints(), 30).ratio < 0.35
    assert any("gJS" in line and "hardly moves" in line for line in found.left_out)


def test_an_empty_folder_holds_no_dance(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no take of the table"):
        read_collection([tmp_path])
