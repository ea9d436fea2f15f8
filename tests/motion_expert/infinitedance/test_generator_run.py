"""What a generator's run takes from the runs before it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion_expert.infinitedance.generator_run import generator_run
from pipelines.motion_expert.infinitedance.header import read_header
from pipelines.motion_expert.infinitedance.options import InfiniteDanceOptions
from pipelines.motion_expert.infinitedance.retrieval import Retrieval, RetrievalConfig
from pipelines.motion_expert.infinitedance.storage import save_part
from pipelines.motion_expert.infinitedance.tokenizer import PRESETS, Tokenizer
from pipelines.motion_expert.infinitedance.training_options import InfiniteDanceTrainingOptions
from pipelines.motion_expert.infinitedance.whole import load_whole
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import MusicFeatures
from pipelines.music.recipes.timing import rows_for
from pipelines.support.errors import BadUsage, UnsuitableInput
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


def heard(sequence, schema="toy4-25fps"):
    rows = rows_for(sequence.motion.frames, 25.0)
    values = np.random.default_rng(rows).normal(size=(rows, 4)).astype(np.float32)
    return replace(sequence, heard=MusicFeatures(values, 25.0, schema))


def test_another_recipe_is_learned_from_and_told_by_the_folder(setting, tmp_path):
    _, config, material, own = setting
    material = replace(material, train=[heard(one) for one in material.train])
    task = generator_run(config, own, material)
    assert task.draw(2, (0, 0, 0))["music"].shape == (2, 320, 4)
    assert task.network.config.cadence.music_hz == 25.0
    task.save(tmp_path / "out", {}, {})
    assert read_header(tmp_path / "out").schema == "toy4-25fps"
    assert load_whole(tmp_path / "out", InfiniteDanceOptions()).schema == "toy4-25fps"
    with pytest.raises(BadUsage, match="--swap-timbre: knows the columns of librosa35 alone"):
        generator_run(replace(config, swap_timbre=0.5), own, material)


def test_retrieval_of_another_recipe_is_refused(setting, tmp_path):
    _, config, material, own = setting
    network = Retrieval(RetrievalConfig(35, 264, 48, width=16, layers=1, heads=2))
    save_part(tmp_path / "r", "retrieval", network.config.to_json(), network.state_dict(), {})
    material = replace(material, train=[heard(one) for one in material.train])
    with pytest.raises(UnsuitableInput, match=r'--retrieval .*learned from "librosa35') as refused:
        generator_run(config, replace(own, retrieval=str(tmp_path / "r")), material)
    assert "--music-features" in refused.value.hint
