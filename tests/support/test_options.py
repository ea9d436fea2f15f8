"""An option is declared once: what is derived from its field, and what is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipelines.support.errors import BadUsage
from pipelines.support.options import (
    Option,
    check,
    check_slices,
    declared,
    distinct,
    identity,
    option,
    range_words,
    same,
    taken,
)


@dataclass(frozen=True)
class Config:
    song: Path | None = option(None, "A song.", positional=True, metavar="SONG", named=False)
    device: Literal["cpu", "cuda"] = option("cpu", "Where.")
    grad_clip: float = option(0.0, "Norm.", low=0)
    batch_size: int = option(4, "Windows.", low=1)
    beta: float = option(0.75, "How hard.", above=0, high=1)
    fps: float = option(30.0, "Rate.", low=1, high=120)
    lr: float = option(1e-3, "Rate.", above=0)
    export: tuple[str, ...] = option((), "Files.", choices=("bvh", "glb"))
    mirror: bool = option(True, "Mirror.")
    turn: bool | None = option(None, "Turn.", negatable=True, shown="the preset's choice")
    window: float | None = option(None, "Seconds.", low=1, variable="MACEDANCE_FEATURE_WINDOW")
    later: int = option(3, "Came later.", named="if given")
    plain: int = 5


KNOWN = {one.name: one for one in declared(Config)}


def test_only_declared_fields_are_options_in_their_order():
    assert list(KNOWN)[:3] == ["song", "device", "grad_clip"]
    assert "plain" not in KNOWN


def test_what_follows_from_a_field():
    one = KNOWN["batch_size"]
    assert (one.flag, one.key, one.variable) == (
        "--batch-size", "batch-size", "MACEDANCE_BATCH_SIZE",
    )  # fmt: skip
    assert KNOWN["song"].variable == ""
    assert KNOWN["window"].variable == "MACEDANCE_FEATURE_WINDOW"
    assert KNOWN["song"].kind is Path
    assert KNOWN["device"].choices == ("cpu", "cuda")
    assert (KNOWN["export"].item, KNOWN["export"].repeats) == (str, True)
    assert KNOWN["mirror"].has_negation and KNOWN["turn"].has_negation


@pytest.mark.parametrize(
    ("name", "shown"),
    [("song", ""), ("device", "cpu"), ("grad_clip", "0"), ("batch_size", "4"), ("beta", "0.75"),
     ("lr", "0.001"), ("export", ""), ("mirror", "yes"), ("turn", "the preset's choice"),
     ("window", "")],
)  # fmt: skip
def test_the_default_as_the_help_says_it(name, shown):
    assert KNOWN[name].shown_default() == shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"device": "tpu"}, "--device tpu: unknown"),
     ({"batch_size": 0}, "--batch-size 0: must be at least 1"),
     ({"grad_clip": -1.0}, "--grad-clip -1: must not be negative"),
     ({"beta": 0.0}, r"--beta 0: must lie in \(0, 1\]"),
     ({"beta": 1.5}, r"--beta 1.5: must lie in \(0, 1\]"),
     ({"fps": 500.0}, "--fps 500: must lie in 1 ... 120"),
     ({"fps": math.nan}, "--fps nan: must lie in 1 ... 120"),
     ({"lr": 0.0}, "--lr 0: must be more than 0"),
     ({"export": ("bvh", "fbx")}, "--export fbx: unknown"),
     ({"window": 0.5}, "--window 0.5: must be at least 1")],
)  # fmt: skip
def test_the_flag_is_named(changed, said):
    check(Config())
    with pytest.raises(BadUsage, match=said):
        check(Config(**changed))


def test_the_way_out_is_named():
    with pytest.raises(BadUsage) as caught:
        check(Config(device="tpu"))
    assert caught.value.hint == "choose cpu, cuda"
    with pytest.raises(BadUsage) as caught:
        check(Config(fps=0.0))
    assert caught.value.hint == "30 is the default"
    with pytest.raises(BadUsage) as caught:
        check(Spoken(0.5))
    assert caught.value.hint == ""


@dataclass(frozen=True)
class Spoken:
    duration: float | None = option(None, "Seconds.", low=2, high=600, shown="to its end")


@given(some.floats(allow_nan=False))
def test_what_is_refused_is_what_lies_outside(value):
    inside = 1 <= value <= 120
    try:
        check(Config(fps=value))
    except BadUsage:
        assert not inside
    else:
        assert inside


def test_a_greatest_seed_is_written_whole():
    assert range_words(Option("x", low=0, high=2**63 - 1)) == "lie in 0 ... 9223372036854775807"


def test_identity_holds_what_names_a_run():
    assert identity(Config(song=Path("a"), export=("glb",))) == {
        "device": "cpu", "grad_clip": 0.0, "batch_size": 4, "beta": 0.75, "fps": 30.0,
        "lr": 1e-3, "export": ["glb"], "mirror": True, "turn": None, "window": None,
    }  # fmt: skip
    assert identity(Config(later=4))["later"] == 4


def test_a_better_name_does_not_make_another_run():
    @dataclass(frozen=True)
    class Renamed:
        sampling_steps: int = option(50, "Steps.", former=("steps",))

    assert identity(Renamed()) == {"steps": 50}


def test_a_like_option_with_another_default():
    @dataclass(frozen=True)
    class Other:
        fps: float = same(option(30.0, "Rate.", low=1), 24.0, help="Slower.")

    (one,) = declared(Other)
    assert (one.default, one.option.help, one.option.low) == (24.0, "Slower.", 1)


@dataclass(frozen=True)
class Own:
    beta: float = option(0.75, "How hard.", above=0, high=1)


@dataclass(frozen=True)
class Theirs:
    beta: float = option(0.75, "How hard.", above=0, high=1)
    top_k: int = option(10, "Of so many.")


def test_options_of_several_experts_stand_once():
    assert [one.name for one in distinct([Own, Theirs])] == ["beta", "top_k"]

    @dataclass(frozen=True)
    class Unlike:
        beta: int = option(1, "Something else.")

    with pytest.raises(AssertionError, match="beta"):
        distinct([Own, Unlike])


def test_what_the_chosen_one_does_not_know_is_refused_by_name():
    assert taken(Theirs, {"top_k": 3, "beta": None}, "--expert theirs") == Theirs(top_k=3)
    with pytest.raises(BadUsage, match="--top-k means nothing to --expert own"):
        taken(Own, {"top_k": 3}, "--expert own")


def test_every_process_needs_an_equal_slice(monkeypatch):
    check_slices(8, 2)
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(BadUsage, match="cannot be cut into 6 equal slices") as caught:
        check_slices(8, 2)
    assert "multiple of 6" in caught.value.hint
