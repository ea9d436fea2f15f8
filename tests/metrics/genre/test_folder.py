"""A classifier goes to disk and comes back; what is wrong with a folder is said."""

import json
from dataclasses import replace

import pytest
import torch

from pipelines.metrics.genre.folder import (
    CONFIG_NAME,
    WEIGHTS_NAME,
    load_network,
    read_header,
    save_classifier,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput


def edit(folder, **changes):
    path = folder / CONFIG_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_there_and_back(folder, header, network):
    found = read_header(folder)
    assert found == replace(header, sha256=found.sha256) and len(found.sha256) == 64
    loaded = load_network(folder, found)
    assert not loaded.training
    frames = torch.randn(2, 20, 147)
    assert torch.equal(loaded(frames), network(frames))


def test_the_same_classifier_gives_the_same_bytes_and_half_as_many_in_half(
    folder, header, network, tmp_path
):
    save_classifier(tmp_path / "again", header, network.state_dict())
    save_classifier(tmp_path / "half", header, network.state_dict(), half=True)
    whole = (folder / WEIGHTS_NAME).read_bytes()
    assert (tmp_path / "again" / WEIGHTS_NAME).read_bytes() == whole
    assert (tmp_path / "half" / WEIGHTS_NAME).stat().st_size < 0.7 * len(whole)
    half = load_network(tmp_path / "half", read_header(tmp_path / "half"))
    frames = torch.randn(2, 20, 147)
    torch.testing.assert_close(half(frames), network(frames), atol=0.01, rtol=0.01)


@pytest.mark.parametrize("name", [CONFIG_NAME, WEIGHTS_NAME])
def test_a_missing_file_is_named_with_the_command_that_makes_it(folder, name):
    (folder / name).unlink()
    with pytest.raises(MissingAsset, match=f"{name} is missing") as caught:
        read_header(folder)
    assert "--stage classifier" in caught.value.hint


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": "macedance motion expert 1"}, "format 'macedance motion expert 1'"),
        ({"frame": "sideways"}, "frame 'sideways'"),
        ({"scale": {"place_mean": 0}}, "not a genre classifier"),
        ({"fps": 60.0}, "for 60 frames a second; dances are shown to it at 30"),
    ],
)
def test_what_is_no_classifier_of_ours_is_refused(folder, changes, says):
    edit(folder, **changes)
    with pytest.raises(UnsuitableInput, match=says):
        read_header(folder)


def test_broken_json_is_refused(folder):
    (folder / CONFIG_NAME).write_text("{")
    with pytest.raises(UnsuitableInput, match="not a genre classifier"):
        read_header(folder)


def test_weights_of_another_classifier_are_refused(folder, header):
    found = read_header(folder)
    with pytest.raises(UnsuitableInput, match="damaged or mixed up"):
        load_network(folder, replace(found, sha256="0" * 64))
    wider = {**found.sizes, "width": 32}
    with pytest.raises(UnsuitableInput, match="does not fit"):
        load_network(folder, replace(found, sizes=wider))


@pytest.mark.parametrize("genres", [("house",), ("house", "krump"), ("a", "b", "c", "d")])
def test_genres_and_outputs_that_do_not_match_are_refused(folder, genres):
    with pytest.raises(UnsuitableInput, match=f"{len(genres)} genres for 3 of 20 outputs"):
        load_network(folder, replace(read_header(folder), genres=genres))
