"""The table of free takes: what it says of each subject, and that every entry can be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.datasets.cmu import knows, true_fps
from pipelines.datasets.cmu_takes import OTHER_TAKES, SALSA_FPS, SUBJECTS

NOTICE = (Path(__file__).parents[2] / "NOTICE").read_text()


def test_the_order_of_preparation_is_part_of_the_shipped_model() -> None:
    assert list(SUBJECTS) == ["60", "61", "05", "85", "94", "131"]


def test_the_genres_are_those_that_the_readme_offers() -> None:
    genres = {subject.genre for subject in SUBJECTS.values()}
    genres |= {genre for genre, _ in OTHER_TAKES.values()}
    assert genres == {"salsa", "modern", "jackson", "breakdance", "indian", "hiphop"}


@pytest.mark.parametrize("subject", ["60", "61"])
def test_salsa_headers_are_overruled_for_bvh_only(subject: str) -> None:
    assert true_fps(Path(f"{subject}_03.bvh")) == SALSA_FPS == 60.0
    assert true_fps(Path(f"{subject}_03_scaled.BVH")) == 60.0
    assert true_fps(Path(f"{subject}_03.amc")) is None
    assert true_fps(Path(f"{subject}_3.bvh")) is None


@pytest.mark.parametrize("name", ["05_02.bvh", "131_06.bvh", "62_01.bvh", "dab.bvh", "dance.bvh"])
def test_other_headers_are_believed(name: str) -> None:
    assert true_fps(Path(name)) is None


@pytest.mark.parametrize(
    ("name", "known"),
    [("60_03.bvh", True), ("85_03_30fps.npz", True), ("131_06.amc", True), ("dab.bvh", True),
     ("06_02.bvh", False), ("60_03_copy.bvh", False), ("x60_03.bvh", False), ("dabs.bvh", False)],
)  # fmt: skip
def test_takes_are_known_by_their_exact_name(name: str, known: bool) -> None:
    assert knows(Path(name)) is known


def test_names_of_takes_are_unique_and_leads_are_whole_frames() -> None:
    names = [take for _, take in OTHER_TAKES.values()]
    assert len(set(names)) == len(names)
    for subject in SUBJECTS.values():
        assert 0 <= subject.lead < 30
        assert subject.fps is None or subject.fps > 0
        assert all(len(number) == 2 and reason for number, reason in subject.dropped.items())


def test_sources_are_credited() -> None:
    assert "mocap.cs.cmu.edu" in NOTICE
