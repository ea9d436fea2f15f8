"""What a folder says of its weights."""

import pytest

from pipelines.motion_expert.megadance.checkpoint import save_tokenizer
from pipelines.motion_expert.megadance.header import (
    SHIPPED,
    read_header,
    read_tokenizer_header,
    weights_digest,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput


def test_a_folder_says_shapes_schema_and_digest(folder):
    header = read_header(folder)
    assert header.generator.genres == ("house", "krump")
    assert header.tokenizer.width == 16
    assert header.metadata == {"step": 3}
    assert weights_digest(folder) == header.sha256 != ""


def test_without_a_folder_it_is_that_of_what_ships():
    assert read_header(None).generator.rank == 8
    assert weights_digest(None) == read_header(SHIPPED).sha256


def test_an_empty_folder_is_said_to_be_one(tmp_path):
    with pytest.raises(MissingAsset, match="no generator of MEGADance in") as caught:
        read_header(tmp_path)
    assert "--stage" in caught.value.hint
    assert weights_digest(tmp_path) == ""


def test_a_tokenizer_alone_has_a_digest_too(tokenizer, tmp_path):
    save_tokenizer(tmp_path, tokenizer.config, tokenizer.state_dict(), "s", {})
    assert weights_digest(tmp_path) == read_tokenizer_header(tmp_path).sha256 != ""


def test_a_tokenizer_alone_does_not_dance(folder):
    with pytest.raises(MissingAsset, match=r"tokenizer\.json is missing") as caught:
        read_tokenizer_header(folder)
    assert "--stage tokenizer" in caught.value.hint


@pytest.mark.parametrize("text", ["{", "[]", '{"tokenizer": {}}', '{"tokenizer": {"colour": 1}}'])
def test_a_damaged_header_is_said_to_be_one(folder, text):
    (folder / "motion_expert.json").write_text(text)
    with pytest.raises(UnsuitableInput, match="not a generator of MEGADance"):
        read_header(folder)
