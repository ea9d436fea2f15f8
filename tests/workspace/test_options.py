"""Options that several commands share: one flag, one meaning, one variable each."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.support.conventions import LARGEST_SEED
from pipelines.support.errors import BadUsage
from pipelines.support.options import check, declared, identity
from pipelines.workspace import options
from pipelines.workspace.layout import DEFAULT_ROOT


@dataclass(frozen=True)
class Shared:
    """All of them in one config."""

    workspace: Path = options.workspace()
    seed: int = options.seed()
    device: str = options.device()
    workers: int | None = options.workers()
    shard: str | None = options.shard("dances")
    force: bool = options.force()
    person_detector: str | None = options.person_detector("People")
    pose_model: str | None = options.pose_model("People")


KNOWN = {one.name: one for one in declared(Shared)}


def test_defaults():
    config = Shared()
    check(config)
    assert (config.workspace, config.seed, config.device) == (DEFAULT_ROOT, 0, "auto")
    assert config.shard is None and config.force is False


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_each_has_a_flag_a_key_a_variable_and_a_sentence(name):
    one = KNOWN[name]
    assert one.flag == f"--{name.replace('_', '-')}" and one.key == one.flag[2:]
    assert one.variable == f"MACEDANCE_{name.upper()}"
    assert one.option.help.endswith(".") and one.option.help[0].isupper()


@pytest.mark.parametrize(
    ("name", "value"),
    [("seed", -1), ("seed", LARGEST_SEED + 1), ("workers", 0), ("workers", 1025),
     ("device", "tpu")],
)  # fmt: skip
def test_values_out_of_range_are_refused_by_flag(name, value):
    with pytest.raises(BadUsage, match=f"--{name}"):
        check(Shared(**{name: value}))


@pytest.mark.parametrize(
    ("name", "value"), [("seed", LARGEST_SEED), ("workers", 1024), ("device", "cuda")]
)
def test_the_ends_are_allowed(name, value):
    check(Shared(**{name: value}))


def test_only_seed_and_detectors_make_another_run():
    """Where and how fast it runs changes no result."""
    assert set(identity(Shared())) == {"seed", "person_detector", "pose_model"}
    moved = Shared(workspace=Path("x"), device="cpu", workers=9, shard="1/2", force=True)
    assert identity(moved) == identity(Shared()) != identity(Shared(seed=1))


def test_the_help_says_what_is_meant_where_the_value_does_not():
    assert KNOWN["workspace"].shown_default() == "./workspace"
    assert KNOWN["shard"].shown_default() == "the SLURM array's, or all"
    assert "dances" in KNOWN["shard"].option.help


def other(make: Any) -> Any:
    (one,) = declared(make_dataclass("Other", [("value", Any, make)]))
    return one


def test_every_command_may_say_it_in_its_own_words():
    assert other(options.workers("Threads.")).option.help == "Threads."
    assert other(options.workers()).default is None
    assert other(options.person_detector("Here", "Who looks.")).option.help == "Who looks."
    assert other(options.shard("songs")).option.help == "Only this share of the songs."
