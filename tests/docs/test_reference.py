"""Numbers that the reference pages give are those that the code has."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

PAGES = Path(__file__).parents[2] / "docs" / "reference"


def section(page: str, heading: str) -> str:
    """The text under a heading, on one line, with ASCII signs."""
    text = (PAGES / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.M | re.S)
    return " ".join(str(found).replace("−", "-").split())


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_rest_pose_of_the_skeleton() -> None:
    from pipelines.body.skeleton import JOINT, forward_kinematics

    turns, origin = np.tile(np.eye(3), (1, 24, 1, 1)), np.zeros((1, 3))
    places = forward_kinematics(turns, origin)[0][0]
    text = section("body.md", "Skeleton")
    named = re.findall(r"(left knee|left ankle|left toes|head|left wrist) \((.*?)\)", text)
    assert len(named) == 5
    for name, place in named:
        joint = JOINT[name.replace("toes", "foot").replace(" ", "_")]
        np.testing.assert_allclose(places[joint], numbers(place), atol=6e-6)


def test_columns_of_motion_and_of_music() -> None:
    from pipelines.motion.representation import encode
    from pipelines.music import layout

    rows = re.findall(r"\| (\d+)(?:–(\d+))? \| ([^|]+)", section("motion.md", "The 151 numbers"))
    assert [(int(a), int(b)) for a, b, _ in rows] == [(0, 3), (4, 6), (7, 150)]
    assert encode.__doc__ is not None and "151" in encode.__doc__
    rows = re.findall(r"\| (\d+)(?:–(\d+))? \|", section("music.md", "The 35 features"))
    spans = [slice(int(a), int(b or a) + 1) for a, b in rows]
    parts = (layout.envelope, layout.mfcc, layout.chroma, layout.peaks, layout.beats)
    assert spans == list(parts)


def test_tempo_of_aist_names() -> None:
    from pipelines.music.features import bpm_of_aist_name

    text = section("music.md", "AIST tempo").partition("tempo:")[2].replace("mHO0", "")
    base, step, house, house_step = numbers(text)
    assert bpm_of_aist_name("mBR3.wav") == base + 3 * step
    assert bpm_of_aist_name("mHO3.wav") == house + 3 * house_step


def test_finedance_lists() -> None:
    from pipelines.datasets.finedance import IGNORED_IDS, TEST_IDS

    text = section("datasets.md", "FineDance")
    listed = text.partition("20 songs:")[2].partition(".")[0]
    assert set(listed.split()) == TEST_IDS
    assert {str(n) for n in range(116, 124)} | {"202"} == IGNORED_IDS
    assert "116 to 123 and 202" in text


def test_noise_schedule_of_the_motion_expert() -> None:
    from pipelines.motion_expert.mace.diffusion import alphas_cumulative, ddim_grid

    text = section("motion-expert.md", "Diffusion and sampling")
    alphas = alphas_cumulative()
    pairs = re.findall(r"(0\.\d+) \((?:t = )?(\d+)\)", text)
    assert len(pairs) == 5
    for value, step in pairs:
        assert alphas[int(step)] == pytest.approx(float(value), abs=6e-9)
    assert alphas[999] == pytest.approx(2.42877e-9, rel=1e-5)
    assert ddim_grid(50)[:2] == [999, 979]


def test_size_and_genres_of_the_network() -> None:
    from pipelines.motion_expert.mace.network import parameter_count
    from pipelines.motion_expert.mace.presets import FINEDANCE_GENRES, PRESETS

    text = section("motion-expert.md", "Network")
    assert f"{parameter_count(PRESETS['paper']) / 1e6:.1f} million weights" in text
    assert text.partition("in order: ")[2].partition(".")[0] == ", ".join(FINEDANCE_GENRES)


def test_weights_of_the_losses() -> None:
    from pipelines.motion_expert.mace.objective import ObjectiveConfig

    config = ObjectiveConfig()
    text = section("motion-expert.md", "Losses")
    for name in ("reconstruction", "velocity", "joints", "foot"):
        assert f"{getattr(config, name)} · {name}" in text


def test_optimiser() -> None:
    import inspect

    from pipelines.training.adan import Adan

    defaults = inspect.signature(Adan).parameters
    text = section("motion-expert.md", "Optimiser")
    assert defaults["lr"].default == 4e-4 and "4·10⁻⁴" in text
    assert f"betas {defaults['betas'].default}" in text


def test_lengths_of_the_geometric_features() -> None:
    from dataclasses import astuple

    from pipelines.metrics.geometric import MISINDEXED_REST_LENGTHS, REST_LENGTHS

    found = re.findall(r"0\.\d{7}", section("metrics.md", "Geometric features"))
    both = (*astuple(REST_LENGTHS), *astuple(MISINDEXED_REST_LENGTHS))
    assert [float(number) for number in found] == list(both)


def test_noise_levels_and_their_weights() -> None:
    from pipelines.appearance_expert.training.flow_matching import level_weights, sampler_levels

    text = section("wan-training.md", "Flow matching")
    steps = [int(n) for n in re.findall(r"\d+", text.partition("At levels ")[2].partition(":")[0])]
    said = numbers(text.partition("999: ")[2].partition(". ")[0])
    np.testing.assert_allclose(level_weights()[steps], said, atol=6e-5)
    levels = sampler_levels(20).tolist()
    text = section("wan-animate.md", "Sampler")
    first = numbers(text.partition("spaced σ: ")[2].partition("…")[0])
    last = numbers(text.partition("… ")[2].partition(". ")[0])
    np.testing.assert_allclose(levels[:3], first, atol=6e-5)
    np.testing.assert_allclose([*levels[-2:], 0.0], last, atol=1e-3)


def test_cost_of_a_segment() -> None:
    from pipelines.appearance_expert.wan.estimate import Network

    network = Network(width=5120, ffn=13824, layers=40, face_layers=8)
    rows = re.findall(
        r"\| (\d+) × (\d+) × (\d+) \| ([\d ]+) \| ([\d.]+) \| (\d+) \|",
        section("wan-animate.md", "Cost"),
    )
    assert len(rows) == 2
    for height, width, frames, tokens, forward, steps in rows:
        counted = network.tokens(int(width), int(height), int(frames))
        assert counted == int(tokens.replace(" ", ""))
        assert network.flops(counted) / 1e15 == pytest.approx(float(forward), rel=0.05)
        assert 20 * network.flops(counted) / 1e15 == pytest.approx(float(steps), rel=0.05)


def test_gates_of_the_puppet() -> None:
    from pipelines.appearance_expert.puppet.cutting import gates

    text = section("puppet.md", "Gates")
    assert f"IoU ≥ {gates.LEAST_OUTLINE_IOU}" in text
    for share in (gates.LEAST_ON_PERSON, gates.LEAST_LIMB_SHARE, gates.MOST_FILLED):
        assert f"{share:.0%}".replace("%", " %") in text


def test_foot_contact_of_lodge() -> None:
    from pipelines.metrics import feet

    text = section("metrics.md", "Foot skating")
    for joint, height in (("ankle is", feet.ANKLE_CONTACT), ("toes", feet.TOE_CONTACT)):
        assert f"{joint} at most {height:.2f} m" in text


def test_contact_rules() -> None:
    from pipelines.body.feet import EDGE_CONTACT, STANCE_BEGINS, STANCE_LASTS

    text = section("motion.md", "Contact labels")
    assert f"{EDGE_CONTACT.speed} m/s at 30 frames" in text
    begins, lasts = (
        f"{r.speed} m/s {{}} {100 * r.height:g} cm" for r in (STANCE_BEGINS, STANCE_LASTS)
    )
    assert f"begins below {begins.format('and')}" in text
    assert f"ends above {lasts.format('or')}" in text
