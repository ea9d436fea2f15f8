"""What a generator's run takes from the runs before it."""

import pytest
import torch

from pipelines.motion_expert.infinitedance.generator_run import generator_run
from pipelines.motion_expert.infinitedance.storage import save_part
from pipelines.motion_expert.infinitedance.tokenizer import PRESETS, Tokenizer
from pipelines.motion_expert.infinitedance.training_options import InfiniteDanceTrainingOptions
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import write_json
from pipelines.support.progress import SILENT


@pytest.fixture
def setting(tmp_path, paired, tokenizer):
    save_part(tmp_path / "t", "tokenizer", tokenizer.config.to_json(), tokenizer.state_dict(), {})
    data = [paired(1, 384, "Pop"), paired(2, 390, "Jazz")]
    material = Material(data, [], tmp_path / "run", torch.device("cpu"), 2, SILENT)
    config = TrainMotionConfig(preset="tiny", stride=24)
    return tmp_path, config, material, InfiniteDanceTrainingOptions(str(tmp_path / "t"))


def test_without_retrieval_no_reference_is_heard(setting, tokenizer):
    _, config, material, own = setting
    task = generator_run(config, own, material)
    batch = task.draw(2, (0, 0, 0))
    assert set(batch) == {"music", "style", "tokens", "bridges_only"}
    assert batch["tokens"].shape == (2, 288)
    torch.testing.assert_close(
        task.network.codes_QKC[2], tokenizer.quantiser.layers[2].codes_KC
    )  # fmt: skip


def test_a_run_keeps_to_its_tokenizer(setting):
    folder, config, material, own = setting
    other = Tokenizer(PRESETS["tiny"])
    step = folder / "run" / "step-00000002"
    save_part(step, "tokenizer", other.config.to_json(), other.state_dict(), {})
    write_json(step / "training.json", {"step": 2})
    (folder / "run" / "latest").symlink_to(step.name)
    with pytest.raises(UnsuitableInput, match="learned the tokens of another tokenizer"):
        generator_run(config, own, material)
