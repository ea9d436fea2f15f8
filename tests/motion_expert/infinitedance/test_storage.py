"""Parts on disk: whole or refused."""

import pytest
import torch
from torch import nn

from pipelines.motion_expert.infinitedance.storage import load_part, save_part
from pipelines.support.errors import MissingAsset, UnsuitableInput


@pytest.fixture
def folder(tmp_path):
    layer = nn.Linear(2, 3)
    save_part(tmp_path, "tokenizer", {"width": 3}, layer.state_dict(), {"step": 7})
    return tmp_path


def test_what_was_saved_is_read(folder):
    stored = load_part(folder, "tokenizer")
    assert (stored.config, stored.metadata, len(stored.sha256)) == ({"width": 3}, {"step": 7}, 64)
    layer = nn.Linear(2, 3)
    stored.into(layer, "tokenizer")
    assert torch.equal(layer.weight, stored.weights["weight"])
    with pytest.raises(UnsuitableInput, match="tokenizer's weights do not fit"):
        stored.into(nn.Linear(3, 3), "tokenizer")


def test_a_part_that_is_not_there(folder):
    with pytest.raises(MissingAsset, match=r"no retrieval in .*retrieval.safetensors"):
        load_part(folder, "retrieval")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(MissingAsset, match=r"tokenizer\.json is missing"):
        load_part(folder, "tokenizer")


def test_damaged_files(folder, tmp_path):
    weights = folder / "tokenizer.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(UnsuitableInput, match="does not match the SHA-256"):
        load_part(folder, "tokenizer")
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnsuitableInput, match="not a tokenizer of InfiniteDance"):
        load_part(folder, "tokenizer")
    weights.write_bytes(whole)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(UnsuitableInput, match="not a tokenizer of InfiniteDance"):
        load_part(folder, "tokenizer")
