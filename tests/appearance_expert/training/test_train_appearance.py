"""The whole verb: clips are encoded, every stage learns from them, and `generate` takes it up."""

import os
import shutil
import signal
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipelines.support.errors import BadUsage, Interrupted, MissingAsset, UnsuitableInput
from pipelines.support.files import read_json
from pipelines.support.progress import SILENT, Silent
from pipelines.train_appearance import TrainAppearanceConfig, failure, train_appearance
from pipelines.training.training_log import read_log


class Heard(Silent):
    """Keeps what it is told."""

    def __init__(self):
        self.lines = []

    def say(self, message):
        self.lines.append(message)

    def warn(self, message):
        self.lines.append(message)


@pytest.fixture(scope="module")
def base(clip_workspace, tiny_wan, tmp_path_factory):
    """Options that train for a few steps on a workspace whose clips are encoded."""
    config = TrainAppearanceConfig(
        data=(str(clip_workspace),), model=str(tiny_wan),
        workspace=tmp_path_factory.mktemp("workspace"), run="r", size="32x48", frames=5, rank=4,
        relay=(1,), references=2, steps=4, batch_size=2, validate_every=2, checkpoint_every=2,
        sample_every=0, lr=1e-2, keep=9, device="cpu", threads=1,
    )  # fmt: skip
    result = train_appearance(replace(config, encode_only=True), SILENT)
    assert (result.segments, result.clips, result.checkpoint) == (5, 5, None)
    return config


@pytest.fixture(scope="module")
def kinematic(base):
    return train_appearance(replace(base, run="k", sample_every=4, wan_sampling_steps=1), SILENT)


def state(result):
    return load_file(result.folder / "latest" / "training.safetensors")


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_clips_are_encoded_once_and_the_encoders_stay_away_then(base, monkeypatch):
    from pipelines.appearance_expert.training import encoders

    def refuse(*_, **__):
        raise AssertionError("an encoder was loaded")

    monkeypatch.setattr(encoders, "load_parts", refuse)
    heard = Heard()
    result = train_appearance(replace(base, run="again", steps=1), heard)
    assert result.step == 1
    assert "5 clips, 5 segments; 1 held out" in heard.lines
    assert result.skipped == ["short: 4 frames, a segment takes 5"]
    assert result.failed == []
    assert failure(result) is None


def test_cut_and_changed_latents_are_made_again(base, clip_workspace, tmp_path):
    shutil.copytree(clip_workspace, tmp_path / "clips")
    config = replace(base, workspace=tmp_path, data=(str(tmp_path / "clips"),), encode_only=True)
    folder = train_appearance(config, SILENT).folder
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    victim = next(path for path in sorted(folder.iterdir()) if "grey" not in path.name)
    victim.write_bytes(victim.read_bytes()[:-5])
    train_appearance(config, SILENT)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with (tmp_path / "clips" / "clips" / "train1" / "video.mp4").open("ab") as stream:
        stream.write(b"\0\0\0\x08free")
    train_appearance(config, SILENT)
    assert len(list(folder.iterdir())) == len(before) + 1


def test_jobs_share_the_encoding(base, tmp_path):
    config = replace(base, workspace=tmp_path, encode_only=True)
    counts = []
    for number in (1, 2, 3):
        try:
            counts.append(train_appearance(replace(config, shard=f"{number}/3"), SILENT).segments)
        except UnsuitableInput:  # a share without a usable clip
            counts.append(0)
    assert sum(counts) == 5
    assert max(counts) < 5


def test_kinematic_leaves_an_adapter_a_log_and_a_video(kinematic):
    assert kinematic.learned.name == "body_adapter.safetensors"
    assert set(load_file(kinematic.learned)) == {
        "pose_patch_embedding.weight", "pose_patch_embedding.bias",
    }  # fmt: skip
    lines = [line for line in read_log(kinematic.folder) if line["kind"] == "validation"]
    assert [line["step"] for line in lines] == [2, 4]
    assert kinematic.best_loss == min(line["loss"] for line in lines)
    video = kinematic.folder / "samples" / "step-00000004.mp4"
    from pipelines.media.video import probe_video

    info = probe_video(video)
    assert (info.width, info.height, info.frames) == (3 * 32, 48, 5)
    assert list((kinematic.folder / "tensorboard").iterdir())


def test_both_stages_end_in_generates_back_end(base, kinematic, tiny_wan, portrait, swaying):
    from pipelines.appearance_expert.wan.backend import Wan
    from pipelines.appearance_expert.wan.config import WanConfig
    from pipelines.appearance_expert.wan.weights import find_wan

    lora = train_appearance(
        replace(base, run="a", stage="aesthetic", adapter=kinematic.learned), SILENT
    ).learned
    assert len(load_file(lora)) == 40
    videos = []
    plain = WanConfig(wan_sampling_steps=1, segment_frames=17, overlap=1)
    adapted = replace(plain, adapter=kinematic.learned)
    for config in (plain, adapted, replace(adapted, lora=(str(lora),))):
        backend = Wan.load(find_wan(str(tiny_wan)), "cpu", config)
        videos.append(np.array(list(backend.frames(portrait, swaying(18), 0))))
    assert videos[0].shape == (18, 64, 48, 3)
    assert not np.array_equal(videos[0], videos[1])
    assert not np.array_equal(videos[1], videos[2])


def test_base_leaves_a_model_that_the_next_stage_trains_on(base, tiny_wan):
    whole = train_appearance(replace(base, run="b", stage="base", steps=2), SILENT)
    assert whole.learned == whole.checkpoint
    before = load_file(tiny_wan / "transformer" / "diffusion_pytorch_model.safetensors")
    after = load_file(whole.learned / "transformer" / "diffusion_pytorch_model.safetensors")
    assert before.keys() == after.keys()
    for name, value in before.items():
        moved = not torch.equal(value, after[name])
        assert moved or name.startswith("motion_encoder.") or "norm_added_q" in name, name
    following = replace(base, run="bk", model=str(whole.folder / "latest"), steps=1)
    latents = base.workspace / "cache" / "appearance"
    folders = len(list(latents.iterdir()))
    assert train_appearance(following, SILENT).step == 1
    assert len(list(latents.iterdir())) == folders  # its encoders are the same, and so the latents


_SCRIPT = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from pipelines.support.errors import MacedanceError
from pipelines.support.progress import Silent
from pipelines.train_appearance import TrainAppearanceConfig, train_appearance

class Deadly(Silent):
    @contextmanager
    def stage(self, name, total=None, unit=""):
        left = int(sys.argv[2])
        def advance(amount):
            nonlocal left
            left -= amount
            if left == 0:
                os.kill(os.getpid(), getattr(signal, sys.argv[3]))
        yield advance

try:
    train_appearance(eval(sys.argv[1], {**globals(), "PosixPath": Path}), Deadly())
except MacedanceError as error:
    print(error.what, error.hint, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def test_kill_9_and_going_on_is_bit_identical(base, python, tmp_path):
    options = replace(base, stage="aesthetic", steps=6, ema_decay=0.9)
    straight = train_appearance(replace(options, run="straight"), SILENT)
    killed = replace(options, run="killed")
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)
    died = python(script, repr(killed), "5", "SIGKILL", heavy=True, OMP_NUM_THREADS="1").wait()
    assert died.returncode == -signal.SIGKILL, died.stderr
    folder = base.workspace / "models" / "appearance" / "killed"
    assert (folder / "latest").resolve().name == "step-00000004"
    resumed = train_appearance(killed, SILENT)
    assert same(state(straight), state(resumed))
    assert same(load_file(straight.learned), load_file(resumed.learned))


class Stopping(Silent):
    """Sends this process a signal after the first step."""

    @contextmanager
    def stage(self, name, total=None, unit=""):
        def advance(amount):
            if name == "training" and amount:
                os.kill(os.getpid(), signal.SIGTERM)

        yield advance


def test_sigterm_ends_with_75_after_a_checkpoint(base):
    with pytest.raises(Interrupted, match="stopped after step 1") as caught:
        train_appearance(replace(base, run="stopped"), Stopping())
    assert caught.value.exit_code == 75
    latest = base.workspace / "models" / "appearance" / "stopped" / "latest"
    assert latest.resolve().name == "step-00000001"


def test_another_rank_or_adapter_is_another_run(base, kinematic):
    options = replace(base, stage="aesthetic", run="rank", steps=1)
    train_appearance(options, SILENT)
    with pytest.raises(BadUsage, match="--rank 4"):
        train_appearance(replace(options, rank=8), SILENT)
    with pytest.raises(UnsuitableInput, match="does not fit this run"):
        train_appearance(replace(options, rank=8, resume=True, steps=2), SILENT)
    with pytest.raises(BadUsage, match="--adapter"):
        train_appearance(replace(options, adapter=kinematic.learned), SILENT)


def test_an_adapter_of_another_base_is_refused(base, tmp_path):
    file = tmp_path / "adapter.safetensors"
    save_file(
        {"pose_patch_embedding.weight": torch.zeros(8, 16, 1, 2, 2),
         "pose_patch_embedding.bias": torch.zeros(8)},
        file,
    )  # fmt: skip
    with pytest.raises(UnsuitableInput, match="another base"):
        train_appearance(replace(base, stage="aesthetic", adapter=file, run="odd"), SILENT)


def test_models_that_are_not_whole_or_of_another_family(base, tiny_wan, tmp_path):
    half = tmp_path / "half"
    shutil.copytree(tiny_wan, half)
    weights = half / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(MissingAsset, match="cut short"):
        train_appearance(replace(base, model=str(half)), SILENT)
    (half / "model_index.json").write_text('{"_class_name": "WanPipeline"}')
    with pytest.raises(UnsuitableInput, match="WanPipeline"):
        train_appearance(replace(base, model=str(half)), SILENT)
    with pytest.raises(MissingAsset, match="no Wan-Animate weights"):
        train_appearance(replace(base, model=str(tmp_path / "none")), SILENT)


def test_nothing_long_enough_is_said(base):
    with pytest.raises(UnsuitableInput, match="can be trained on") as caught:
        train_appearance(replace(base, frames=45, run="long"), SILENT)
    assert "a segment takes 45" in caught.value.hint


def test_a_clip_that_cannot_be_encoded_costs_itself(base, clip_workspace, tmp_path):
    shutil.copytree(clip_workspace, tmp_path / "clips")
    (tmp_path / "clips" / "clips" / "train2" / "keypoints.npz").write_bytes(b"nothing")
    config = replace(base, workspace=tmp_path, data=(str(tmp_path / "clips"),), encode_only=True)
    result = train_appearance(config, SILENT)
    assert result.segments == 4
    assert [Path(item["file"]).parent.name for item in result.failed] == ["train2"]
    error = failure(result)
    assert error is not None
    assert error.exit_code == 5


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"data": ()}, "--data"), ({"stage": "third"}, "--stage"), ({"rank": 0}, "--rank"),
     ({"batch_size": 3, "accumulate": 2}, "--batch-size 3"), ({"lr": -1.0}, "--lr"),
     ({"size": "big"}, "--size"), ({"relay_share": 2.0}, "--relay-share"),
     ({"aesthetic_inputs": "all"}, "--aesthetic-inputs"), ({"ema_decay": 1.5}, "--ema-decay")],
)  # fmt: skip
def test_flags_out_of_range(base, changes, said):
    with pytest.raises(BadUsage, match=said):
        replace(base, **changes).validate()


def test_names_follow_from_options_and_options_are_kept(base):
    result = train_appearance(replace(base, run="", steps=1), SILENT)
    assert result.folder.name.startswith("kinematic-")
    again = train_appearance(replace(base, run="", steps=2, keep=1), SILENT)
    assert again.folder == result.folder
    assert read_json(result.folder / "options.json")["stage"] == "kinematic"
    other = train_appearance(replace(base, run="", steps=1, seed=1), SILENT)
    assert other.folder != result.folder
