"""The tokenizer trained by the one engine: resumed bit by bit, saved whole."""

import pytest
import torch

from pipelines.motion_expert.infinitedance.tokenizer_task import load_tokenizer, tokenizer_task
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import BadUsage
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CPU = torch.device("cpu")


@pytest.fixture
def train(paired):
    def run(folder, steps, **changes):
        material = Material(
            [paired(1), paired(2)], [paired(3)], folder, CPU, 4, SILENT
        )  # fmt: skip
        config = TrainMotionConfig(
            preset="tiny", window=50, stride=12, batch_size=4, lr=1e-3, ema_decay=0.9, **changes
        )
        task = tokenizer_task(config, material)
        options = EngineOptions.of(
            config, steps=steps, checkpoint_every=2, validate_every=2, warmup=0
        )
        return Engine(task, options, folder, Launch(CPU, may_cut=False), SILENT).run()

    return run


def test_a_run_that_stopped_goes_on_as_if_it_had_not(train, tmp_path):
    whole = train(tmp_path / "whole", 4)
    train(tmp_path / "parts", 2)
    parts = train(tmp_path / "parts", 4)
    one, stored = load_tokenizer(whole.checkpoint)
    other, _ = load_tokenizer(parts.checkpoint)
    mine, theirs = one.state_dict(), other.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert stored.metadata["window"] == 48  # 50 frames are four whole cells and a bit
    assert stored.metadata["step"] == 4
    assert whole.best_loss is not None


def test_what_is_saved_turns_dances_into_tokens(train, tmp_path, dance):
    from pipelines.motion_expert.infinitedance.features import encode

    tokenizer, stored = load_tokenizer(train(tmp_path, 2).checkpoint)
    assert not tokenizer.training
    assert stored.config == tokenizer.config.to_json()
    features = torch.from_numpy(encode(dance(9, 48)))[None]
    tokens = tokenizer.tokens(features)
    assert tokens.shape == (1, 12, 3)
    assert torch.isfinite(tokenizer.motion(tokens)).all()
    assert float(tokenizer.std_D.min()) > 0
    assert float(tokenizer.mean_D[0]) == pytest.approx(0.9, abs=0.3)  # the pelvis's height


def test_a_window_shorter_than_a_cell(train, tmp_path, paired):
    material = Material([paired(1)], [], tmp_path, CPU, 4, SILENT)
    with pytest.raises(BadUsage, match="--window 11"):
        tokenizer_task(TrainMotionConfig(preset="tiny", window=11), material)
