"""`generate --appearance wan` from the shell, on the tiny model: sound, kill and resume."""

from __future__ import annotations

import json
import os
import signal
import time
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.generate import GenerateConfig, generate, plan
from pipelines.generation.run_name import run_name
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.files import sha256_file
from pipelines.support.progress import Silent

DANCER = Path(__file__).parents[3] / "examples" / "dancer.png"
SECONDS = 3.0


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A song and a dance that take two segments."""
    from pipelines.motion.motion import Motion
    from pipelines.motion.npz import save_npz

    folder = tmp_path_factory.mktemp("inputs")
    tone = np.sin(np.arange(round(SECONDS * 22050)) * 0.1) * 9000
    with wave.open(str(folder / "song.wav"), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(22050)
        stream.writeframes(tone.astype("<i2").tobytes())
    poses = np.zeros((round(SECONDS * 30), 24, 3))
    poses[:, 0, 0] = np.pi / 2
    poses[:, 16, 2] = -1 + 0.4 * np.sin(np.arange(len(poses)) / 5)
    save_npz(Motion(poses, np.tile([0, 0, 0.9], (len(poses), 1)), 30.0), folder / "dance.npz")
    return folder


@pytest.fixture
def config(inputs, tiny_wan, tmp_path):
    return GenerateConfig(
        song=inputs / "song.wav", picture=DANCER, output=tmp_path / "out.mp4",
        workspace=tmp_path / "workspace", motion=inputs / "dance.npz", size="64x96",
        appearance="wan", model=str(tiny_wan), options={"wan_sampling_steps": 2}, device="cpu",
    )  # fmt: skip


COMMON = {"appearance", "duration", "output"}


def changed(config, **changes):
    """Own options among the changes go to the others."""
    common = {name: value for name, value in changes.items() if name in COMMON}
    own = {name: value for name, value in changes.items() if name not in COMMON}
    return replace(config, **common, options={**config.options, **own})


def test_a_kill_costs_one_segment_and_sound_and_picture_end_together(
    config, started, macedance, tmp_path
):
    from pipelines.media.audio import probe_audio
    from pipelines.media.video import probe_video

    command = [
        "generate", str(config.song), str(DANCER),
        "-o", "out.mp4", "--motion", str(config.motion), "--size", "64x96", "--appearance", "wan",
        "--model", str(config.model), "--wan-sampling-steps", "1", "--device", "cpu", "--json",
    ]  # fmt: skip
    process = started(*command)
    while not list(tmp_path.glob("workspace/generations/*/segments/*-0000.zip")):
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out.mp4").exists()

    done = macedance(*command)
    assert done.returncode == 0, done.stderr
    assert "≈" in done.stderr
    report = json.loads(done.stdout)["appearance"]
    assert [entry["index"] for entry in report["segments"]] == [0, 1]
    assert report["segments"][0]["resumed"]
    assert "resumed" not in report["segments"][1]
    assert all(0 <= entry["delta_e"] < 10 for entry in report["segments"])
    video, sound = probe_video(tmp_path / "out.mp4"), probe_audio(tmp_path / "out.mp4")
    assert video.frames == round(SECONDS * 30)
    assert abs(video.seconds - sound.seconds) <= 1 / 30


def test_the_plan_tells_memory_and_time(config):
    facts = plan(config, Silent())
    assert (facts["appearance"], facts["profile"]) == ("wan", "cpu")
    assert facts["memory"].startswith("≈")
    assert facts["time"].startswith("2 segments")


def test_every_setting_is_another_run_and_the_puppet_heeds_none(config, dancers, tmp_path):
    from safetensors.numpy import save_file

    for name in ("a", "b"):
        save_file({name: np.zeros(3)}, tmp_path / f"{name}.safetensors")
    a, b = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    clip = dancers("one", 1.0)
    changes = [
        {}, {"wan_sampling_steps": 4}, {"prompt": "跳舞"}, {"face": "none"},
        {"projector": "rendered"},
        {"adapter": a}, {"adapter": b}, {"lora": (str(a),)}, {"lora": (f"{a}:0.5",)},
        {"lora": (str(b),)}, {"wan_sampling_steps": 20, "forecast": True}, {"profile": "cpu"},
        {"face": str(clip)},
    ]  # fmt: skip
    names = [run_name(changed(config, **change)) for change in changes]
    assert len(set(names)) == len(names)
    (tmp_path / "moved.safetensors").write_bytes(a.read_bytes())
    moved = changed(config, lora=(f"{tmp_path / 'moved.safetensors'}:0.5",))
    assert run_name(moved) == names[8]


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"appearance": "puppet"}, BadUsage, "--wan-sampling-steps means nothing"),
        (
            {"appearance": "puppet", "wan_sampling_steps": None, "lora": ("x",)},
            BadUsage,
            "--lora means",
        ),
        ({"appearance": "wan2", "projector": "rendered"}, BadUsage, "--projector means nothing"),
        ({"wan_sampling_steps": 0}, BadUsage, "--wan-sampling-steps"),
        ({"face": "smile"}, BadUsage, "--face smile"),
        ({"prompt": " "}, BadUsage, "--prompt"),
        ({"profile": "8gb"}, BadUsage, "--profile 8gb"),
        ({"projector": "other"}, BadUsage, "--projector other"),
        ({"adapter": Path("no.safetensors")}, MissingAsset, "no.safetensors"),
        ({"lora": ("no.safetensors:2",)}, MissingAsset, "no.safetensors"),
        ({"gguf": Path("no.gguf")}, MissingAsset, "no.gguf"),
        ({"wan_sampling_steps": 4, "forecast": True}, BadUsage, "--forecast"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_before_anything_is_done(config, change, error, says):
    with pytest.raises(error, match=says):
        changed(config, **change).validate()


def test_a_detector_may_find_the_skeletons_as_the_paper_does(config):
    """Overlays and the detour through a drawn body, with what the record says of them."""
    from safetensors.numpy import load_file, save_file

    state = load_file(Path(config.model) / "transformer" / "diffusion_pytorch_model.safetensors")
    adapter = config.workspace.parent / "adapter.safetensors"
    save_file({name: value for name, value in state.items() if "pose_patch" in name}, adapter)
    asked = changed(
        config, projector="rendered", adapter=adapter, duration=2.0, wan_sampling_steps=1
    )
    report = generate(asked, Silent())
    folder = Path(report["folder"])
    record = json.loads((folder / "run.json").read_text())
    assert sha256_file(adapter) in json.dumps(record["inputs"])
    assert report["appearance"]["overlay"]["adapter"]["sha256"] == sha256_file(adapter)
    assert report["stage_seconds"]["projector"] > 0


def test_weights_of_another_family(config, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
    with pytest.raises(UnsuitableInput, match="holds a FluxPipeline"):
        plan(replace(config, model=str(tmp_path / "other")), Silent())
