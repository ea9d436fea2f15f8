"""Options that every training has: ranges, what makes another run, and names of old."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pipelines.support.errors import BadUsage
from pipelines.support.options import check, declared, identity
from pipelines.training import options


@dataclass(frozen=True)
class Training:
    """All of them in one config."""

    steps: int = options.steps(1000, "Updates.", former=("max_steps",))
    batch_size: int = options.batch_size("windows", 64)
    accumulate: int = options.accumulate()
    weight_decay: float = options.weight_decay(0.02)
    warmup: int = options.warmup()
    grad_clip: float = options.grad_clip()
    precision: str = options.precision("Numbers.")
    validate_every: int = options.every("validations", 500)
    keep: int = options.keep()
    run: str = options.run()
    resume: bool = options.resume()
    threads: int = options.threads()
    workers: int = options.workers()


KNOWN = {one.name: one for one in declared(Training)}


def test_defaults_are_allowed():
    check(Training())


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_each_has_a_flag_and_a_sentence(name):
    assert KNOWN[name].flag == f"--{name.replace('_', '-')}"
    assert KNOWN[name].option.help.endswith(".")
    assert KNOWN[name].option.panel


@pytest.mark.parametrize(
    ("name", "low"),
    [("steps", 1), ("batch_size", 1), ("accumulate", 1), ("weight_decay", 0), ("warmup", 0),
     ("grad_clip", 0), ("validate_every", 1), ("keep", 1), ("threads", 0), ("workers", 0)],
)  # fmt: skip
def test_ranges_begin_where_they_should(name, low):
    check(Training(**{name: low}))
    with pytest.raises(BadUsage, match=f"--{name.replace('_', '-')} {low - 1}"):
        check(Training(**{name: low - 1}))


def test_a_training_may_take_no_step_where_its_default_is_none():
    @dataclass(frozen=True)
    class Late:
        steps: int = options.steps(0, "Updates.")

    check(Late())
    with pytest.raises(BadUsage):
        check(Late(steps=-1))


@pytest.mark.parametrize("value", ["fp16", "", "FP32"])
def test_other_precisions_are_refused_with_the_choice(value):
    with pytest.raises(BadUsage) as caught:
        check(Training(precision=value))
    assert "bf16" in caught.value.hint


def test_what_makes_another_run():
    """Longer, in slices, with more threads: the same run. Another batch or rate: another."""
    assert set(identity(Training())) == {
        "batch_size", "weight_decay", "warmup", "grad_clip", "precision",
    }  # fmt: skip
    same = Training(steps=9, accumulate=4, keep=1, threads=2, workers=0, resume=True, run="x")
    assert identity(same) == identity(Training()) != identity(Training(batch_size=8))


def test_names_of_old_go_on_working():
    assert KNOWN["steps"].option.former == ("max_steps",)


def test_loader_threads_have_a_variable_of_their_own():
    """MACEDANCE_WORKERS means processes in other commands."""
    assert KNOWN["workers"].variable == "MACEDANCE_LOADER_WORKERS"


def test_words_are_filled_in():
    assert KNOWN["batch_size"].option.help.startswith("windows per update")
    assert KNOWN["validate_every"].option.help == "Steps between two validations."
