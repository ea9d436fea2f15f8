from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipelines.appearance_expert.training.clips import DataSource, TrainingClip, gather_clips
from pipelines.appearance_expert.training.encoding import (
    encode_clip,
    encode_grey,
    encoded_bytes,
    encoded_file,
    is_whole,
    segment_starts,
)
from pipelines.appearance_expert.training.frames import draw_skeleton, find_dancer
from pipelines.appearance_expert.training.recipe import Recipe, encoders_digest
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.media.indexed_video import frames_at
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT

RECIPE = Recipe(32, 48, 5, 30.0, (1,), 3)


@pytest.fixture
def clips(clip_workspace):
    found, _ = gather_clips([DataSource(clip_workspace)], SILENT)
    return {clip.name: clip for clip in found}


def test_segments_are_spread_and_do_not_overlap():
    assert segment_starts(4, 5) == []
    assert segment_starts(9, 5) == [2]
    assert segment_starts(150, 77) == [36]
    assert segment_starts(300, 77) == [0, 112, 223]
    for frames in range(5, 400, 7):
        starts = segment_starts(frames, 17)
        assert all(later - earlier >= 17 for earlier, later in pairwise(starts))
        assert not starts or starts[-1] + 17 <= frames


def test_a_clips_file_holds_what_the_encoders_say(clips, tiny_encoders, tmp_path):
    clip = clips["train0"]
    assert encode_clip(clip, RECIPE, tiny_encoders, tmp_path) == 2
    stored = load_file(encoded_file(tmp_path, clip))
    shapes = {name: tuple(tensor.shape) for name, tensor in stored.items()}
    assert shapes["0.video"] == shapes["1.pose"] == shapes["0.given1"] == (16, 2, 6, 4)
    assert shapes["references"] == (3, 16, 1, 6, 4)
    assert shapes["0.motion"] == (5, 16)
    dancer = find_dancer(clip)
    from pipelines.appearance_expert.training.frames import window_for

    window = window_for(48, 64, (32, 48), dancer.centre())
    frames = dict(frames_at(clip.video, set(range(12))))
    for segment, start in enumerate((0, 7)):
        numbers = range(start, start + 5)
        video = np.stack([window.cut(frames[n]) for n in numbers])
        pose = np.stack([draw_skeleton(dancer, n, window) for n in numbers])
        for name, latents in (
            ("video", tiny_encoders.video(video)),
            ("pose", tiny_encoders.video(pose)),
            ("given1", tiny_encoders.given(video[:1], 5)),
        ):
            assert torch.equal(stored[f"{segment}.{name}"], latents.bfloat16()), name
    first = window.cut(frames[0])
    assert torch.equal(stored["references"][0], tiny_encoders.video(first[None]).bfloat16())
    assert torch.equal(stored["images"][0], tiny_encoders.picture(first).bfloat16())
    assert not torch.equal(stored["references"][0], stored["references"][1])
    latents = sum(
        t.numel() for n, t in stored.items() if n[:2] in ("0.", "1.") and "motion" not in n
    )
    assert 2 * encoded_bytes(RECIPE) == 2 * latents


def test_encoding_again_gives_the_same_bytes(clips, tiny_encoders, tmp_path):
    encode_clip(clips["train1"], RECIPE, tiny_encoders, tmp_path / "a")
    encode_clip(clips["train1"], RECIPE, tiny_encoders, tmp_path / "b")
    one, other = (encoded_file(tmp_path / n, clips["train1"]).read_bytes() for n in "ab")
    assert one == other


def test_clips_shorter_than_a_segment_are_refused(clips, tiny_encoders, tmp_path):
    with pytest.raises(UnsuitableInput, match="4 frames at 30 a second, a segment takes 5"):
        encode_clip(clips["short"], RECIPE, tiny_encoders, tmp_path)
    assert not list(tmp_path.iterdir())


def test_skeletons_and_faces_may_come_as_videos(clips, tiny_encoders, tmp_path):
    video = clips["train1"].video
    clip = TrainingClip("csv", video, "digest", 0, pose=video, face=video)
    assert encode_clip(clip, RECIPE, tiny_encoders, tmp_path) == 1
    stored = load_file(encoded_file(tmp_path, clip))
    assert torch.equal(stored["0.video"], stored["0.pose"])
    picture = tmp_path / "picture.png"
    from pipelines.media.image import save_png

    save_png(picture, np.full((160, 120, 3), 200, np.uint8))
    encode_clip(replace(clip, reference=picture), RECIPE, tiny_encoders, tmp_path)
    assert len(load_file(encoded_file(tmp_path, clip))["references"]) == 1


def test_grey_is_what_a_first_segment_is_given(tiny_encoders, tmp_path):
    encode_grey(RECIPE, tiny_encoders, tmp_path)
    grey = tmp_path / "grey.safetensors"
    assert is_whole(grey)
    assert load_file(grey)["grey"].shape == (16, 2, 6, 4)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(grey.read_bytes()[:-10])
    assert not is_whole(cut)
    assert not is_whole(tmp_path / "none.safetensors")


def test_the_encoders_digest_tells_their_content(tiny_wan, tmp_path):
    """Weights of the same sizes but other values would pass for the same by their files' sizes."""
    import shutil

    from safetensors.torch import save_file

    digest = encoders_digest(find_wan(str(tiny_wan)))
    model = tmp_path / "model"
    shutil.copytree(tiny_wan, model)
    assert encoders_digest(find_wan(str(model))) == digest
    file = model / "transformer" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    tensors["proj_out.bias"] += 1  # does not encode anything
    save_file(tensors, file)
    assert encoders_digest(find_wan(str(model))) == digest
    name = next(name for name in tensors if name.startswith("motion_encoder."))
    tensors[name] = tensors[name] + 1
    save_file(tensors, file)
    assert encoders_digest(find_wan(str(model))) != digest


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"width": 40}, "--size"), ({"frames": 76}, "--frames"), ({"fps": 0.5}, "--fps"),
     ({"relay": (2,)}, "--relay"), ({"references": 0}, "--references")],
)  # fmt: skip
def test_recipes_that_the_model_cannot_follow(changes, said):
    with pytest.raises(BadUsage, match=said):
        replace(RECIPE, **changes).validate()
    assert replace(RECIPE, fps=24.0).name() != RECIPE.name()
