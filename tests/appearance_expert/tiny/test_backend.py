"""The back end "tiny": found, called as Wan-Animate is, marked as an experiment."""

from pathlib import Path

import numpy as np
import pytest
from listener import Listener

pytest.importorskip("diffusers")

from pipelines.appearance_expert.experts import choose
from pipelines.appearance_expert.interface import Order
from pipelines.appearance_expert.tiny.row import find_tiny
from pipelines.support.progress import Silent

MERGE = Path(__file__).parents[3] / "examples" / "tiny_appearance" / "merge.py"


def loaded(order, listener, **options):
    return choose("tiny", options, order).load(order, listener)


def test_the_weights_that_ship_draw_a_dancer_in_the_pictures_colours(portrait, swaying):
    weights = find_tiny(None)
    assert sum(file.stat().st_size for file in weights.folder.rglob("*")) < 40e6
    assert not any("_name_or_path" in f.read_text() for f in weights.folder.rglob("*.json"))
    backend = loaded(Order(device="cpu"), Silent(), wan_sampling_steps=4)
    frames = list(backend.frames(portrait, swaying(9), seed=0))
    corner, body = frames[4][:16, -12:].mean((0, 1)), frames[4][24:50, 18:30].mean((0, 1))
    assert corner == pytest.approx([180, 200, 220], abs=40)
    assert body[0] - body[2] > corner[0] - corner[2] + 20  # the coat is red, the wall blue


def test_it_makes_every_frame_and_says_what_it_is(tiny_wan, portrait, swaying):
    listener = Listener()
    dance = swaying(45)
    backend = loaded(Order(str(tiny_wan), "cpu"), listener, wan_sampling_steps=1)
    frames = list(backend.frames(portrait, dance, seed=3))
    assert len(frames) == 45
    assert all(frame.shape == (64, 48, 3) and frame.dtype == np.uint8 for frame in frames)
    report = backend.report()
    assert report["backend"] == "tiny" and report["draft"]
    assert report["fps"] == 16.0 and len(report["segments"]) == 2
    assert any("experiment" in warning for warning in listener.warned)


def test_merging_gives_a_whole_model_in_half_precision(tiny_wan, python, tmp_path):
    import torch
    from safetensors.torch import load_file, save_file

    file = "transformer/diffusion_pytorch_model.safetensors"
    before = load_file(tiny_wan / file)
    names = [f"pose_patch_embedding.{part}" for part in ("weight", "bias")]
    save_file({name: before[name] + 1 for name in names}, tmp_path / "adapter.safetensors")
    lora = {"blocks.0.attn1.to_q.lora_A.weight": torch.ones(2, 24),
            "blocks.0.attn1.to_q.lora_B.weight": torch.ones(24, 2)}  # fmt: skip
    save_file(lora, tmp_path / "lora.safetensors")
    learned = ("--adapter", "adapter.safetensors", "--lora", "lora.safetensors")
    done = python(MERGE, "--model", tiny_wan, "--out", "merged", *learned, heavy=True).wait()
    assert done.returncode == 0, done.stderr
    after = load_file(tmp_path / "merged" / file)
    assert after.keys() == before.keys()
    assert all(t.dtype == torch.float16 for t in after.values() if t.is_floating_point())
    for name in before:
        change = {"pose_patch_embedding": 1.0, "blocks.0.attn1.to_q.weight": 2.0}
        expected = before[name] + next((v for k, v in change.items() if name.startswith(k)), 0.0)
        assert torch.allclose(after[name].float(), expected.float(), atol=5e-3), name
