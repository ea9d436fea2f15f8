"""What `curate` refuses before any file is read: the flag, the value and the way out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curation.settings import CurateConfig
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput

SHARES = ("shot_threshold", "max_several", "max_nobody", "min_whole_body", "max_black_bars",
          "test_share")  # fmt: skip


@pytest.fixture
def config(tmp_path) -> CurateConfig:
    return CurateConfig(src=(tmp_path,))


def test_what_the_readme_gives_is_accepted(config):
    assert config.validate() is config
    replace(config, min_motion=0.1, max_several=0.2, workers=4, engine="ray").validate()


def test_every_rule_can_be_turned_off(config):
    replace(
        config, min_motion=0, max_several=1, max_nobody=1, min_whole_body=0, min_side=0,
        min_person=0, max_black_bars=1, max_duplicate=0,
    ).validate()  # fmt: skip


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf")])
def test_shares_lie_between_0_and_1(config, name, value):
    with pytest.raises(BadUsage) as caught:
        replace(config, **{name: value}).validate()
    assert f"--{name.replace('_', '-')}" in caught.value.what
    assert f"{value:g}" in caught.value.what


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_motion", -1), ("min_side", -1), ("min_person", -1), ("max_duplicate", -0.1),
        ("min_shot", 4.9), ("min_shot", 3601), ("longest_side", 63), ("longest_side", 8193),
        ("seed", -1), ("seed", 2**63), ("workers", 0), ("workers", 1025), ("limit", 0),
        ("limit", 10**9 + 1), ("min_side", 100_001), ("max_duplicate", 100_001),
    ],
)  # fmt: skip
def test_numbers_out_of_range_are_refused_by_flag(config, name, value):
    with pytest.raises(BadUsage) as caught:
        replace(config, **{name: value}).validate()
    assert caught.value.exit_code == 2
    assert f"--{name.replace('_', '-')}" in caught.value.what


@pytest.mark.parametrize(
    ("name", "value"),
    [("min_shot", 5.0), ("longest_side", 64), ("seed", 2**63 - 1), ("workers", 1), ("limit", 1)],
)
def test_the_ends_of_the_ranges_are_allowed(config, name, value):
    assert replace(config, **{name: value}).validate()


@given(st.text(max_size=9).filter(lambda word: word not in ("local", "ray")))
def test_other_engines_are_refused_with_the_two_that_there_are(tmp_path_factory, word):
    config = CurateConfig(src=(tmp_path_factory.getbasetemp(),), engine=word)
    with pytest.raises(BadUsage) as caught:
        config.validate()
    said = f"{caught.value.what} {caught.value.hint}"
    assert "--engine" in said and "local" in said and "ray" in said


def test_another_device_is_refused(config):
    with pytest.raises(BadUsage) as caught:
        replace(config, device="tpu").validate()
    said = f"{caught.value.what} {caught.value.hint}"
    assert "--device" in said and "cuda" in said


def test_no_source_and_one_that_is_not_there(tmp_path):
    with pytest.raises(BadUsage) as caught:
        CurateConfig().validate()
    assert caught.value.hint == "macedance curate FOLDER"
    with pytest.raises(UnsuitableInput, match="absent: no such file or folder"):
        CurateConfig(src=(tmp_path / "absent",)).validate()


def test_a_link_to_nowhere_is_a_source_that_fails_later(tmp_path):
    """It is listed as failed, with the others' work done, and not a reason to do nothing."""
    (tmp_path / "link.mp4").symlink_to(tmp_path / "gone.mp4")
    CurateConfig(src=(tmp_path / "link.mp4",)).validate()


def test_models_that_are_not_there_are_named(config, tmp_path):
    with pytest.raises((BadUsage, MissingAsset, UnsuitableInput)) as caught:
        replace(config, pose_model=str(tmp_path / "nowhere")).validate()
    said = f"{caught.value.what} {caught.value.hint}"
    assert "--pose-model" in said or "--person-detector" in said


def test_scores_of_another_detector_do_not_serve(config, tiny_pose_models):
    detector, pose = map(str, tiny_pose_models)
    other = replace(config, person_detector=detector, pose_model=pose)
    assert other.finder_name() != config.finder_name()
    assert other.finder_name() == replace(other, workers=1, seed=3).finder_name()


def test_thresholds_are_what_selection_goes_by(config):
    known = config.thresholds()
    assert set(SHARES) <= set(known)
    assert known["min_person"] == 128 and known["seed"] == 0
    # Where clips go and how many processes work on them changes no decision.
    assert not {"src", "workspace", "workers", "engine", "shard", "limit"} & set(known)
    assert replace(config, workers=9).thresholds() == known
    assert replace(config, max_several=0.2).thresholds() != known
    assert "min_capture" not in known
    assert replace(config, capture=True).thresholds()["min_capture"] == 0.3


def test_motions_of_others_come_from_a_folder(config, tmp_path):
    with pytest.raises(UnsuitableInput, match="none: no such folder"):
        replace(config, capture_from=tmp_path / "none").validate()
    assert replace(config, capture_from=tmp_path).validate().captures()
