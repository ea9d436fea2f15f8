"""Weights that ship are whole, or what is wrong with them is told."""

import json

import pytest

from pipelines.support.errors import MissingAsset
from pipelines.support.files import sha256_file
from pipelines.support.shipped import whole_weights


def test_whole_weights_are_named_with_their_size(tmp_path):
    (tmp_path / "small.safetensors").write_bytes(bytes(2_000_000))
    (tmp_path / "small.json").write_text(
        json.dumps({"sha256": sha256_file(tmp_path / "small.safetensors")})
    )
    assert whole_weights(tmp_path) == "small (2 MB)"


@pytest.mark.parametrize(
    ("files", "says"),
    [({}, "no checkpoint in this installation"),
     ({"small.safetensors": "w"}, "small.safetensors without its JSON"),
     ({"small.safetensors": "w", "small.json": '{"sha256": "0"}'}, "small.safetensors is damaged")],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path, files, says):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(MissingAsset, match=says):
        whole_weights(tmp_path)


def test_a_checkpoint_whose_json_has_no_digest_passes_by_its_names(tmp_path):
    (tmp_path / "small.safetensors").write_bytes(b"weights")
    (tmp_path / "small.json").write_text("{}")
    assert whole_weights(tmp_path) == "small (0 MB)"
