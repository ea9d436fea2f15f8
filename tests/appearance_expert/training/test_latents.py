from dataclasses import replace

import pytest
import torch

from pipelines.appearance_expert.training.clips import gather_clips
from pipelines.appearance_expert.training.latents import Encoded, encode_clips, refuse_nothing
from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.launch import Launch
from pipelines.training.processes import Processes
from pipelines.workspace.shards import Shard


@pytest.fixture(scope="module")
def config(clip_workspace, tiny_wan, tmp_path_factory):
    return TrainAppearanceConfig(
        data=(str(clip_workspace),), model=str(tiny_wan), size="32x48", frames=5, relay=(1,),
        references=2, workspace=tmp_path_factory.mktemp("latents"),
    )  # fmt: skip


def encoded(config, processes=None, shard=None):
    launch = Launch(torch.device("cpu"))
    launch.processes = processes or Processes()
    clips, _ = gather_clips(config.sources(), SILENT)
    weights = find_wan(config.model)
    return encode_clips(config, weights, clips, shard or Shard(), launch, SILENT)


def test_segments_are_sorted_into_those_that_teach_and_those_that_judge(config):
    found = encoded(config)
    assert (len(found.segments), len(found.held), found.count) == (4, 1, 5)
    assert found.skipped == ["short: 4 frames, a segment takes 5"]
    assert found.failed == []
    assert all(segment.file.is_file() and segment.text.is_file() for segment in found.segments)
    assert found.folder.parent == config.workspace / "cache" / "appearance"


def test_processes_share_what_is_missing(config, tmp_path, monkeypatch):
    """Each encodes its own part; who comes last finds all of it."""
    monkeypatch.setattr(Processes, "wait", lambda self: None)
    shared = replace(config, workspace=tmp_path)
    counts = [encoded(shared, Processes(rank, 3)).count for rank in range(3)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1] == 5


def test_a_shard_knows_its_own_clips_only(config, tmp_path):
    shared = replace(config, workspace=tmp_path)
    counts = [encoded(shared, shard=Shard(n, 2)).count for n in (1, 2)]
    assert sum(counts) == 5


def test_nothing_to_train_on_is_refused_with_the_first_reason(config, tmp_path):
    refuse_nothing(config, encoded(config), [])
    failed = [{"file": "a.mp4", "reason": "it is black"}]
    with pytest.raises(UnsuitableInput, match="can be trained on") as caught:
        refuse_nothing(config, Encoded(tmp_path, [], [], [], failed), ["b: too short"])
    assert caught.value.hint == "first reason: it is black"
    with pytest.raises(UnsuitableInput) as caught:
        refuse_nothing(config, Encoded(tmp_path, [], [], [], []), ["b: too short"])
    assert caught.value.hint == "first reason: b: too short"
