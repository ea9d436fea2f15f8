"""The transformer as training calls it, against the transformer as it is."""

import pytest
import torch

from pipelines.appearance_expert.training.network import (
    Nothing,
    ReadyExpressions,
    placed,
    predict,
    put_motion_encoder_aside,
    recompute_activations,
    silence_controls,
)


@pytest.fixture
def batch():
    """Two items of a segment of five frames, for the tiny transformer."""
    generator = torch.Generator().manual_seed(0)

    def noise(*shape):
        return torch.randn(2, *shape, generator=generator)

    return {
        "clean": noise(16, 3, 4, 6), "y": noise(20, 3, 4, 6), "pose": noise(16, 2, 4, 6),
        "motion": noise(5, 16), "image": noise(5, 4), "text": noise(7, 32),
    }  # fmt: skip


@pytest.fixture
def noisy():
    return torch.randn(2, 16, 3, 4, 6, generator=torch.Generator().manual_seed(1))


TIME = torch.tensor([300.0, 900.0])


def test_expressions_pass_and_nothing_adds_nothing():
    vectors = torch.randn(3, 8, 1, 1)
    assert torch.equal(ReadyExpressions()(vectors), vectors.flatten(1))
    x = torch.randn(2, 3)
    assert torch.equal(x + Nothing()(x, "whatever"), x)


@torch.no_grad()
def test_ready_made_expressions_give_what_the_faces_give(tiny_transformer, batch, noisy):
    """The whole network on pixels, against the network without its motion encoder on vectors."""
    faces = torch.rand(2, 3, 5, 16, 16, generator=torch.Generator().manual_seed(2)) * 2 - 1
    expected = tiny_transformer(
        hidden_states=torch.cat([noisy, batch["y"]], dim=1), timestep=TIME,
        encoder_hidden_states=batch["text"], encoder_hidden_states_image=batch["image"],
        pose_hidden_states=batch["pose"], face_pixel_values=faces, return_dict=False,
    )[0]  # fmt: skip
    encoder = put_motion_encoder_aside(tiny_transformer)
    stacked = faces.transpose(1, 2).flatten(0, 1)
    batch["motion"] = encoder(stacked).view(2, 5, -1)
    assert torch.allclose(predict(tiny_transformer, noisy, TIME, batch), expected, atol=1e-5)


@torch.no_grad()
def test_every_input_matters_until_controls_are_silenced(tiny_transformer, batch, noisy):
    put_motion_encoder_aside(tiny_transformer)

    def changed(name):
        generator = torch.Generator().manual_seed(9)
        other = batch | {name: torch.randn(batch[name].shape, generator=generator)}
        one, two = (predict(tiny_transformer, noisy, TIME, b) for b in (batch, other))
        return not torch.allclose(one, two, atol=1e-6)

    names = ("y", "pose", "motion", "image", "text")
    assert [name for name in names if changed(name)] == list(names)
    silence_controls(tiny_transformer)
    assert [name for name in names if changed(name)] == ["y", "image", "text"]


def test_recomputing_keeps_the_output_and_the_gradients(tiny_transformer, batch, noisy):
    put_motion_encoder_aside(tiny_transformer)
    results = []
    for recompute in (False, True):
        if recompute:
            recompute_activations(tiny_transformer)
            tiny_transformer.train()
        tiny_transformer.zero_grad()
        out = predict(tiny_transformer, noisy, TIME, batch)
        out.square().mean().backward()
        results.append((out.detach(), tiny_transformer.proj_out.weight.grad.clone()))
    assert torch.allclose(results[0][0], results[1][0], atol=1e-6)
    assert torch.allclose(results[0][1], results[1][1], atol=1e-6)


def test_a_batch_is_placed_in_the_networks_format_but_for_what_is_compared(batch):
    here = placed(batch, torch.device("cpu"), torch.bfloat16)
    assert here.keys() == batch.keys()
    assert here["clean"].dtype == torch.float32 and torch.equal(here["clean"], batch["clean"])
    assert all(here[name].dtype == torch.bfloat16 for name in here if name != "clean")
