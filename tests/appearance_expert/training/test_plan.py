from dataclasses import replace

import pytest

from pipelines.appearance_expert.training.plan import plan
from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.progress import SILENT


@pytest.fixture
def config(clip_workspace, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("MACEDANCE_WAN_MODEL", raising=False)
    return TrainAppearanceConfig(
        data=(str(clip_workspace),), frames=5, relay=(1,), batch_size=2, device="cpu", threads=1,
        workspace=tmp_path / "w",
    )  # fmt: skip


def test_the_plan_needs_no_weights(config, tmp_path):
    real = replace(config, size="480x832", stage="aesthetic", precision="bf16")
    told = plan(real, SILENT)
    assert "not on this machine" in told["model"]
    assert (told["clips"], told["too_short"], told["segments"], told["held_out"]) == (5, 1, 5, 1)
    assert told["learning"] == 153_354_240
    assert told["steps"] == 4
    assert 37 < told["memory_gb"]["total"] < 60
    assert not (tmp_path / "w").exists()


def test_a_model_that_is_there_is_taken_at_its_size(config, tiny_wan):
    told = plan(replace(config, model=str(tiny_wan), size="32x48", rank=4, steps=9), SILENT)
    assert (told["model"], told["learning"], told["steps"]) == (str(tiny_wan), 1560, 9)
    assert told["precision"] == "fp32"
    assert told["memory_gb"]["total"] < 0.1


def test_accumulating_costs_no_less_to_compute_and_less_memory(config, tiny_wan):
    tiny = replace(config, model=str(tiny_wan), size="320x480")
    whole, cut = (plan(replace(tiny, accumulate=n), SILENT) for n in (1, 2))
    assert cut["memory_gb"]["activations"] < whole["memory_gb"]["activations"]
    assert cut["pflop_per_step"] == pytest.approx(whole["pflop_per_step"], abs=2e-4)


def test_what_cannot_be_planned_is_said(config, tmp_path):
    with pytest.raises(MissingAsset):
        plan(replace(config, model=str(tmp_path / "none")), SILENT)
    with pytest.raises(BadUsage, match="--rank"):
        plan(replace(config, rank=0), SILENT)


def test_where_no_card_is_there_a_large_model_is_planned_as_on_one(config, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    real = replace(config, size="480x832", frames=77, relay=(1, 5), batch_size=1, device="auto")
    told = plan(real, SILENT)
    assert told["precision"] == "bf16, as on a graphics card; there is none here"
    assert told["memory_gb"]["total"] < 70
    here = plan(replace(real, device="cpu"), SILENT)
    assert here["precision"] == "fp32" and here["memory_gb"]["total"] > 100


def test_a_small_model_is_planned_as_it_is_trained_here(config, tiny_wan, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    small = replace(config, model=str(tiny_wan), size="32x48", rank=4, device="auto")
    assert plan(small, SILENT)["precision"] == "fp32"
