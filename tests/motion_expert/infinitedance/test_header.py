"""What a folder says of itself."""

import json

import pytest

from pipelines.motion_expert.infinitedance.header import (
    SHIPPED,
    Header,
    part_folder,
    read_header,
    weights_digest,
    write_header,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import sha256_file

GOLDEN = "b81416200f810fcb1961853dc0baa8c2e707775723ecabb67c15d8352e63c2bb"
WHOLE = Header(("Jazz", "Worm"), "schema", 3, {"generator": "a", "tokenizer": "b"}, ("Worm",))


def test_it_survives_the_disk_and_names_the_weights(tmp_path):
    write_header(tmp_path, WHOLE)
    assert read_header(tmp_path) == WHOLE
    assert weights_digest(tmp_path) == WHOLE.digest
    other = Header(("Jazz",), "schema", 3, {"generator": "a", "tokenizer": "c"})
    assert other.digest != WHOLE.digest


def test_older_ones_dance_every_style_unasked(tmp_path):
    write_header(tmp_path, WHOLE)
    path = tmp_path / "motion_expert.json"
    values = json.loads(path.read_text())
    del values["only_asked"]
    path.write_text(json.dumps(values))
    assert read_header(tmp_path).only_asked == ()


def test_where_there_is_none_it_says_how_to_get_one(tmp_path):
    with pytest.raises(MissingAsset) as caught:
        read_header(tmp_path)
    assert "train-motion --expert infinitedance" in caught.value.hint
    assert weights_digest(tmp_path) == ""


def test_none_is_the_one_that_ships():
    shipped = read_header(None)
    assert shipped == read_header(SHIPPED)
    assert set(shipped.parts) == {"tokenizer", "retrieval", "bank", "generator"}
    for part, digest in shipped.parts.items():
        assert sha256_file(SHIPPED / f"{part}.safetensors") == digest
    assert weights_digest(None) == GOLDEN


def test_a_damaged_one(tmp_path):
    (tmp_path / "motion_expert.json").write_text('{"genres": 3}')
    with pytest.raises(UnsuitableInput, match="not an infinitedance"):
        read_header(tmp_path)


def test_a_run_s_folder_stands_for_its_best_checkpoint(tmp_path):
    for name in ("best", "latest"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tokenizer.json").touch()
    assert part_folder(str(tmp_path), "tokenizer", "tokenizer") == tmp_path / "best"
    with pytest.raises(MissingAsset, match=r"--retrieval .*: holds no retrieval"):
        part_folder(str(tmp_path), "retrieval", "retrieval")
