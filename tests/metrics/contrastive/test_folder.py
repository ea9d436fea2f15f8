"""An evaluator goes to disk and comes back; what is wrong with a folder is said."""

import json
from dataclasses import replace

import pytest
import torch

from pipelines.metrics.contrastive.folder import (
    CONFIG_NAME,
    WEIGHTS_NAME,
    load_network,
    read_header,
    save_contrast,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput


def test_there_and_back(folder, header, network):
    found = read_header(folder)
    assert found == replace(header, sha256=found.sha256) and len(found.sha256) == 64
    loaded = load_network(folder, found)
    assert not loaded.training
    music = torch.randn(2, 20, 35)
    assert torch.equal(loaded.of_music(music), network.of_music(music))


def test_half_precision_takes_half_the_room(folder, header, network, tmp_path):
    save_contrast(tmp_path / "half", header, network.state_dict(), half=True)
    whole = (folder / WEIGHTS_NAME).stat().st_size
    assert (tmp_path / "half" / WEIGHTS_NAME).stat().st_size < 0.7 * whole
    half = load_network(tmp_path / "half", read_header(tmp_path / "half"))
    dance = torch.randn(2, 20, 147)
    torch.testing.assert_close(half.of_dance(dance), network.of_dance(dance), atol=0.01, rtol=0.01)


@pytest.mark.parametrize("name", [CONFIG_NAME, WEIGHTS_NAME])
def test_a_missing_file_is_named_with_the_command_that_makes_it(folder, name):
    (folder / name).unlink()
    with pytest.raises(MissingAsset, match=f"{name} is missing") as caught:
        read_header(folder)
    assert "--stage evaluator" in caught.value.hint


@pytest.mark.parametrize("text", ["{", '{"format": "another"}', '{"sizes": {}}', "[]"])
def test_what_is_no_evaluator_is_refused(folder, text):
    (folder / CONFIG_NAME).write_text(text)
    with pytest.raises(UnsuitableInput, match="not a contrastive evaluator"):
        read_header(folder)


def test_weights_of_another_one_are_refused(folder):
    found = read_header(folder)
    with pytest.raises(UnsuitableInput, match="damaged or mixed up"):
        load_network(folder, replace(found, sha256="0" * 64))
    for sizes in ({**found.sizes, "width": 32}, {**found.sizes, "height": 3}):
        with pytest.raises(UnsuitableInput, match="does not fit"):
            load_network(folder, replace(found, sizes=sizes))
    values = json.loads((folder / CONFIG_NAME).read_text())
    assert values["metadata"] == {"step": 7}
