"""Profiles as data: what the documents say of them, what their hash covers, who is refused."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from pipelines.evaluation.profiles import (
    KEYPOINT_PROFILES,
    MOTION_PROFILES,
    VERSION,
    keypoint_profile,
    motion_profile,
    protocol_hash,
    settings_of,
)
from pipelines.support.errors import BadUsage

PAGE = Path(__file__).parents[2] / "docs" / "evaluation.md"
EVERY = [*MOTION_PROFILES.values(), *KEYPOINT_PROFILES.values()]


def row(title):
    """The cells of a row of the page's table of 3D profiles, by profile."""
    text = PAGE.read_text(encoding="utf-8")
    lines = text[text.index("| | strict") :].split("\n\n")[0].splitlines()
    (line,) = (line for line in lines if line.startswith(f"| {title}"))
    cells = ([cell.strip() for cell in one.split("|")[2:-1]] for one in (lines[0], line))
    return dict(zip(*cells, strict=True))


def test_hashes_tell_profiles_apart():
    hashes = {protocol_hash("x", settings_of(profile)) for profile in EVERY}
    assert len(hashes) == len(EVERY)


def test_a_hash_covers_protocol_and_every_setting_but_the_description():
    strict = motion_profile("strict")
    settings = settings_of(strict)
    assert protocol_hash("motion-3d", settings) != protocol_hash("animation", settings)
    assert settings_of(dataclasses.replace(strict, about="other words")) == settings
    assert settings_of(dataclasses.replace(strict, joints=22)) != settings


def test_hashes_of_results_that_people_have_stay():
    # Written by the first version: a changed hash says that numbers are computed otherwise.
    assert VERSION == 1
    found = protocol_hash("motion-3d", settings_of(motion_profile("strict")) | {"window": None})
    assert found == "159735d949f873d46b33561235b1eb2129b6438904fbf112b200de51ae33ce5a"
    found = protocol_hash("motion-appearance", settings_of(keypoint_profile("mace2d-official")))
    assert found == "accdf13c82189fedba9eb365b06295ae38cc4816b7662556e5825b006fdb184a"


@pytest.mark.parametrize("name", MOTION_PROFILES)
def test_the_page_says_what_the_profile_does(name):
    profile = motion_profile(name)
    assert float(row("frames per second")[name]) == profile.fps
    cut = " / ".join(str(n or "all") for n in (profile.frames, profile.truth_frames))
    assert row("first frames that count")[name] in (cut, "all")
    assert int(row("joints in features")[name]) == profile.joints
    assert (row("clips")[name] == "same names") == profile.sets.paired
    assert ("N − 1" in row("deviation of the truth")[name]) == profile.sets.unbiased
    assert (row("BAS is a mean over")[name] == "dance beats") == (
        profile.beats.direction == "motion"
    )
    assert ("0 " in row("a dance without beats")[name] + " ") == (
        profile.beats.without_beats == 0.0
    )
    kept = re.search(r": (\d\d)$", row("kinetic features")[name])
    assert int(kept.group(1)) == profile.kinetic_size


def test_unknown_profiles_are_refused_with_those_that_there_are():
    with pytest.raises(BadUsage, match="mace2d-official: not for --protocol motion-3d") as caught:
        motion_profile("mace2d-official")
    assert caught.value.hint == f"choose {', '.join(MOTION_PROFILES)}"
    with pytest.raises(BadUsage, match="lodge: not for --protocol motion-appearance"):
        keypoint_profile("lodge")
    assert motion_profile("strict").name == keypoint_profile("strict").name == "strict"
