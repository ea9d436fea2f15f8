from dataclasses import dataclass

import pytest

from pipelines.support.errors import BadUsage
from pipelines.support.option_checks import check_choices, check_numbers, check_slices


@dataclass(frozen=True)
class Config:
    device: str = "cpu"
    grad_clip: float = 0.0
    batch_size: int = 4
    hold_out: float = 0.5


def checked(config):
    check_choices(config, {"device": ("cpu", "cuda")})
    check_numbers(config, ("batch_size",), ("grad_clip",), ("hold_out",))


@pytest.mark.parametrize(
    ("config", "said"),
    [(Config(device="tpu"), "--device tpu: unknown"),
     (Config(batch_size=0), "--batch-size: must be more than 0"),
     (Config(grad_clip=-1), "--grad-clip: must not be negative"),
     (Config(hold_out=1.5), "--hold-out: must lie between 0 and 1")],
)  # fmt: skip
def test_the_flag_is_named(config, said):
    checked(Config())
    with pytest.raises(BadUsage, match=said):
        checked(config)


def test_every_process_needs_an_equal_slice(monkeypatch):
    check_slices(8, 2)
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(BadUsage, match="cannot be cut into 6 equal slices") as caught:
        check_slices(8, 2)
    assert "multiple of 6" in caught.value.hint
