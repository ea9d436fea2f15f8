"""What a folder says of itself."""

import pytest

from pipelines.motion_expert.infinitedance.header import (
    Header,
    part_folder,
    read_header,
    weights_digest,
    write_header,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput

WHOLE = Header(("Jazz",), "schema", 3, {"generator": "a", "tokenizer": "b"})


def test_it_survives_the_disk_and_names_the_weights(tmp_path):
    write_header(tmp_path, WHOLE)
    assert read_header(tmp_path) == WHOLE
    assert weights_digest(tmp_path) == WHOLE.digest
    other = Header(("Jazz",), "schema", 3, {"generator": "a", "tokenizer": "c"})
    assert other.digest != WHOLE.digest


def test_none_ships_and_it_says_how_to_get_one(tmp_path):
    for folder in (None, tmp_path):
        with pytest.raises(MissingAsset) as caught:
            read_header(folder)
        assert "train-motion --expert infinitedance" in caught.value.hint
        assert weights_digest(folder) == ""


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
