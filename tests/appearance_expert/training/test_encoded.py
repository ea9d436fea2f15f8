import numpy as np
import pytest
import torch

from pipelines.appearance_expert.training.clips import DataSource, gather_clips
from pipelines.appearance_expert.training.encoded import EncodedClips, EncodedSegment, segments_in
from pipelines.appearance_expert.training.encoding import encode_clip, encode_grey, encoded_file
from pipelines.appearance_expert.training.latent_layout import given_mask
from pipelines.appearance_expert.training.recipe import Recipe
from pipelines.support.progress import SILENT


@pytest.fixture(scope="module")
def segments(clip_workspace, tiny_encoders, tmp_path_factory):
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("encoded")
    recipe = Recipe(32, 48, 5, 30.0, (1,), 2)
    save_file({"prompt_embeds": torch.ones(1, 7, 32)}, folder / "text.safetensors")
    encode_grey(recipe, tiny_encoders, folder)
    clips, _ = gather_clips([DataSource(clip_workspace)], SILENT)
    found = []
    for clip in clips:
        if clip.name in ("train0", "train1"):
            encode_clip(clip, recipe, tiny_encoders, folder)
            text = folder / "text.safetensors"
            found += segments_in(encoded_file(folder, clip), text, int(clip.name == "train1"))
    return found


def test_a_batch_follows_from_its_key(segments):
    data = EncodedClips(segments, 5, relay=(1,))
    one, again, other = data.draw(4, (0, 1)), data.draw(4, (0, 1)), data.draw(4, (0, 2))
    assert len(data) == 3
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)
    shapes = {name: tuple(value.shape) for name, value in one.items()}
    assert shapes == {
        "clean": (4, 16, 3, 6, 4), "y": (4, 20, 3, 6, 4), "pose": (4, 16, 2, 6, 4),
        "motion": (4, 5, 16), "image": (4, 16 + 1, 4), "text": (4, 7, 32),
    }  # fmt: skip


def test_reference_and_its_clip_picture_belong_together_and_vary(segments):
    data = EncodedClips(segments, 5)
    batch = data.draw(40, (3,))
    assert torch.equal(batch["clean"][:, :, 0], batch["y"][:, 4:, 0])
    references = {tuple(r.flatten().tolist()) for r in batch["clean"][:, :, 0]}
    assert len(references) == 4  # two clips of two
    fixed = data.fixed(0)
    assert torch.equal(fixed["clean"], data.fixed(0)["clean"])


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.5, 60, 140), (1.0, 200, 200)])
def test_frames_are_given_as_often_as_asked(segments, share, low, high):
    data = EncodedClips(segments, 5, relay=(1,), relay_share=share)
    masks = data.draw(200, (4,))["y"][:, :4, 1:]
    given = [torch.equal(mask.float(), given_mask(5, 1, 6, 4)) for mask in masks]
    nothing = [not mask.any() for mask in masks]
    assert low <= sum(given) <= high
    assert sum(given) + sum(nothing) == 200


def test_sources_are_mixed_by_weight():
    segments = [EncodedSegment(None, n, None, source=int(n >= 30)) for n in range(40)]
    data = EncodedClips(segments, 5, shares={0: 2.0, 1: 5.0})
    chances = data._chances
    assert np.isclose(chances[:30].sum(), 2 / 7)
    assert np.isclose(chances[30:].sum(), 5 / 7)
    assert np.allclose(EncodedClips(segments, 5)._chances, 1 / 40)
