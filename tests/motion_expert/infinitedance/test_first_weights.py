"""What `--init` begins with, part by part."""

from dataclasses import replace

import pytest
import torch

from pipelines.motion_expert.infinitedance.first_weights import begin_from
from pipelines.motion_expert.infinitedance.retrieval import Retrieval, RetrievalConfig
from pipelines.motion_expert.infinitedance.storage import save_part
from pipelines.motion_expert.infinitedance.tokenizer import PRESETS, Tokenizer, TokenizerConfig
from pipelines.support.errors import BadUsage, MissingAsset


def sizes(values):
    return RetrievalConfig(**values)


SHAPE = RetrievalConfig(35, 264, width=16, layers=1, heads=2, frames=48)


@pytest.fixture
def run(tmp_path):
    torch.manual_seed(1)
    network = Retrieval(SHAPE)
    (tmp_path / "run" / "latest").mkdir(parents=True)
    save_part(tmp_path / "run" / "latest", "retrieval", SHAPE.to_json(), network.state_dict(), {})
    return tmp_path / "run", network


def test_a_network_has_the_weights_of_a_run_s_newest_checkpoint(run):
    folder, trained = run
    fresh = Retrieval(SHAPE)
    stored = begin_from(folder, "retrieval", fresh, sizes)
    for name, value in trained.state_dict().items():
        torch.testing.assert_close(fresh.state_dict()[name], value)
    assert stored.config == SHAPE.to_json()


def test_another_shape_and_a_folder_without_such_a_part_are_refused(run, tmp_path):
    with pytest.raises(BadUsage, match="--init: that retrieval is of another shape"):
        begin_from(run[0], "retrieval", Retrieval(replace(SHAPE, width=32)), sizes)
    with pytest.raises(MissingAsset, match=r"--init .*holds no retrieval"):
        begin_from(tmp_path / "none", "retrieval", Retrieval(SHAPE), sizes)


def test_the_shipped_tokenizer_is_one_to_begin_with():
    tokenizer = Tokenizer(PRESETS["small"])
    before = tokenizer.mean_D.clone()
    begin_from(None, "tokenizer", tokenizer, TokenizerConfig.from_json)
    assert not torch.equal(tokenizer.mean_D, before)
