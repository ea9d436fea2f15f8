"""Which layout is chosen for which card, and that every layout makes the same video."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.wan.backend import Wan
from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.loading import LoadedWan, load_wan, place
from pipelines.appearance_expert.wan.profiles import (
    NAMES,
    PROFILES,
    Working,
    after,
    choose_profile,
    free_host_memory,
)
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.errors import BadUsage, OutOfResources
from pipelines.support.progress import Silent

GB = 1_000_000_000
REAL = {"transformer": 34_550_000_000, "image_encoder": 1_260_000_000, "vae": 510_000_000}
AT_480P = Working(5 * GB, 9 * GB, 1_500_000_000, 1_500_000_000)
AT_720P = Working(11 * GB, 21 * GB, 1_500_000_000, 3_500_000_000)
CONFIG = WanConfig(wan_sampling_steps=2, segment_frames=17, overlap=1)


@pytest.mark.parametrize(
    ("gpu", "working", "chosen"),
    [(None, AT_720P, "cpu"), (79, AT_720P, "80gb"), (47, AT_480P, "80gb"), (46, AT_480P, "48gb"),
     (47, AT_720P, "24gb"), (23, AT_720P, "24gb"), (15, AT_480P, "24gb")],
)  # fmt: skip
def test_the_fastest_layout_that_fits(gpu, working, chosen):
    free = None if gpu is None else gpu * GB
    assert choose_profile("auto", REAL, working, free, 100 * GB).name == chosen


def test_little_host_memory_takes_the_layout_that_does_not_lock_it():
    assert choose_profile("auto", REAL, AT_480P, 23 * GB, 60 * GB).name == "24gb"
    assert choose_profile("auto", REAL, AT_480P, 23 * GB, 40 * GB).name == "16gb"


def test_too_small_a_card_or_host_is_told_in_numbers():
    with pytest.raises(OutOfResources, match=r"10 GB of free GPU memory, 8 GB are"):
        choose_profile("auto", REAL, AT_480P, 8 * GB, 100 * GB)
    with pytest.raises(OutOfResources, match="36 GB of free host memory, 16 GB are") as caught:
        choose_profile("auto", REAL, AT_480P, 23 * GB, 16 * GB)
    assert "--gguf" in caught.value.hint


def test_who_names_a_profile_gets_it():
    assert choose_profile("80gb", REAL, AT_720P, 8 * GB).name == "80gb"
    assert choose_profile("cpu", REAL, AT_720P, 80 * GB).name == "cpu"
    with pytest.raises(BadUsage, match="--profile 24gb needs a graphics card"):
        choose_profile("24gb", REAL, AT_720P, None)
    with pytest.raises(BadUsage, match="choose from auto, 80gb"):
        choose_profile("12gb", REAL, AT_720P, None)


def test_the_way_out_of_every_profile():
    assert [after(name) for name in ("80gb", "48gb", "24gb")] == [
        f"take --profile {name}, or a smaller --size" for name in ("48gb", "24gb", "16gb")
    ]
    assert "--gguf" in after("16gb")
    assert set(NAMES) == {"auto", *PROFILES}


def test_this_machine_tells_its_memory():
    assert free_host_memory() is None or free_host_memory() > 10**7


def videos(tiny_wan, portrait, swaying, profile):
    """Two segments by the tiny model, laid out as a profile says but computed on the CPU."""
    import torch

    weights = find_wan(str(tiny_wan))
    loaded = load_wan(weights, "cpu", CONFIG.prompt, CONFIG.overlay, None, Silent())
    place(loaded.pipeline, profile, torch.float32, device="cpu")
    backend = Wan(weights, LoadedWan(loaded.pipeline, loaded.prompt_embeds, profile.name, "x"),
                  CONFIG)  # fmt: skip
    return np.array(list(backend.frames(portrait, swaying(20), 0))), loaded.pipeline


@pytest.fixture(scope="module")
def whole(tiny_wan, portrait, swaying):
    return videos(tiny_wan, portrait, swaying, PROFILES["cpu"])[0]


def test_layers_that_come_and_go_change_nothing(tiny_wan, portrait, swaying, whole):
    groups = replace(PROFILES["24gb"], float8=False, tiled=False)
    frames, pipeline = videos(tiny_wan, portrait, swaying, groups)
    assert np.array_equal(frames, whole)
    assert "group_offloading" in pipeline.transformer.blocks[0].attn1.to_q._diffusers_hook.hooks


@pytest.mark.parametrize("name", ["24gb", "16gb"])
def test_eight_bit_matrices(tiny_wan, portrait, swaying, whole, name):
    import torch

    frames, pipeline = videos(tiny_wan, portrait, swaying, PROFILES[name])
    kept = {name: p.dtype for name, p in pipeline.transformer.named_parameters()}
    assert kept["blocks.0.attn1.to_q.weight"] == torch.float8_e4m3fn
    for name, dtype in kept.items():
        if any(part in name for part in ("norm", "patch_embedding", "motion_", "scale_shift",
                                         "condition_embedder")):  # fmt: skip
            assert dtype == torch.float32, name
    assert pipeline.vae.use_tiling
    assert np.abs(frames.astype(int) - whole).mean() < 12  # of a network of random weights


def test_running_out_of_memory_names_the_next_profile(tiny_wan, portrait, swaying, monkeypatch):
    import torch

    weights = find_wan(str(tiny_wan))
    loaded = load_wan(weights, "cpu", CONFIG.prompt, CONFIG.overlay, None, Silent())

    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(loaded.pipeline.transformer, "forward", full)
    placed = replace(loaded, placement="48gb")
    with pytest.raises(OutOfResources, match="48x64 frames with --profile 48gb") as caught:
        next(Wan(weights, placed, CONFIG).frames(portrait, swaying(3), 0))
    assert caught.value.hint.startswith("take --profile 24gb")
