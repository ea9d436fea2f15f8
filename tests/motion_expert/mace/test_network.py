"""The Motion Expert's network: steering, null condition, ablations, and the preconditioning."""

from dataclasses import replace

import pytest
import torch

from pipelines.motion_expert.mace.network import (
    FiLM,
    MotionExpert,
    ScalarEmbedding,
    SelfAttention,
    parameter_count,
)
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.motion_expert.sequence.mamba import BiMamba

PLAIN = MotionExpertConfig(
    width=16, heads=2, feedforward=24, dropout=0.0, dance_blocks=2, music_blocks=1, state=3,
    genres=("Jazz", "Salsa"),
)  # fmt: skip
OURS = replace(PLAIN, aligned_music=True, attention_reach=9, preconditioned=True)
GATED = replace(OURS, beat_clock=True, beat_gate=True)


def built(config, seed=0):
    torch.manual_seed(seed)
    model = MotionExpert(config).eval()
    with torch.no_grad():
        # As after training: what starts at zero would hide what does not arrive.
        model.null_music.normal_()
        model.motion_out.weight.normal_(std=0.1)
    return model


def inputs(batch=2, frames=20, seed=1):
    make = torch.Generator().manual_seed(seed)
    return {
        "x_BTK": torch.randn(batch, frames, 151, generator=make),
        "step_B": torch.randint(0, 1000, (batch,), generator=make),
        "music_BTF": torch.randn(batch, frames, 35, generator=make),
        "beta_B": torch.rand(batch, generator=make),
        "genre_B": torch.zeros(batch, dtype=torch.long),
        "keep_B": torch.ones(batch, dtype=torch.bool),
    }


def answer(model, **changes):
    with torch.no_grad():
        return model(**{**inputs(), **changes})


@pytest.mark.parametrize("config", [PLAIN, OURS])
@pytest.mark.parametrize(("batch", "frames"), [(1, 1), (1, 20), (3, 7), (2, 40)])
def test_shapes(config, batch, frames):
    model = built(config)
    with torch.no_grad():
        out = model(**inputs(batch, frames))
    assert out.shape == (batch, frames, 151)
    assert torch.isfinite(out).all()


@pytest.mark.parametrize("config", [PLAIN, OURS])
@pytest.mark.parametrize("backbone", ["bimamba", "mamba", "transformer"])
@pytest.mark.parametrize("guidance", ["gft", "cfg"])
def test_every_weight_learns(config, backbone, guidance):
    model = built(replace(config, backbone=backbone, guidance=guidance)).train()
    # Two of three samples keep their condition, one of them has a genre.
    batch = inputs(3) | {
        "keep_B": torch.tensor([True, True, False]), "genre_B": torch.tensor([0, -1, 1]),
    }  # fmt: skip
    model(**batch).square().mean().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


@pytest.mark.parametrize("config", [PLAIN, OURS])
@pytest.mark.parametrize(
    "change",
    [
        {"step_B": torch.tensor([3, 997])},
        {"beta_B": torch.tensor([0.11, 0.98])},
        {"genre_B": torch.tensor([1, 1])},
        {"genre_B": torch.tensor([-1, -1])},
        {"music_BTF": torch.zeros(2, 20, 35)},
        {"keep_B": torch.tensor([False, False])},
    ],
    ids=["step", "beta", "genre", "no genre", "music", "dropped"],
)
def test_everything_given_steers(config, change):
    model = built(config)
    assert not torch.allclose(answer(model, **change), answer(model), atol=1e-6)


def test_a_cfg_network_has_no_beta():
    model = built(replace(PLAIN, guidance="cfg"))
    assert torch.equal(answer(model, beta_B=torch.tensor([0.1, 0.9])), answer(model))
    assert not any("beta" in name for name in model.state_dict())


@pytest.mark.parametrize("null", ["replace", "add"])
def test_a_dropped_sample_knows_neither_music_nor_genre(null):
    model = built(replace(PLAIN, null=null))
    nobody = torch.zeros(2, dtype=torch.bool)
    first = answer(model, keep_B=nobody)
    other = {"music_BTF": torch.randn(2, 20, 35), "genre_B": torch.tensor([1, -1])}
    assert torch.equal(answer(model, keep_B=nobody, **other), first)
    # Beside a sample that keeps its condition it is the same.
    mixed = answer(model, keep_B=torch.tensor([True, False]), **other)
    assert torch.allclose(mixed[1], first[1], atol=1e-6)


def test_the_null_vector_replaces_or_as_published_is_added():
    keep, tokens = torch.tensor([True, False]), torch.randn(2, 5, 16)
    model = built(PLAIN)
    replaced = model.condition(tokens, keep)
    assert torch.equal(replaced[0], tokens[0])
    assert torch.equal(replaced[1], model.null_music[0].expand(5, 16))
    model = built(replace(PLAIN, null="add"))
    added = model.condition(tokens, keep)
    assert torch.equal(added[0], tokens[0] + model.null_music[0])
    assert torch.equal(added[1], model.null_music[0].expand(5, 16))


def test_null_starts_at_zero():
    assert torch.equal(MotionExpert(PLAIN).null_music, torch.zeros(1, 1, 16))


def test_beta_enters_like_a_diffusion_step():
    """beta x 1000 through an embedding of its own, summed with that of the step."""
    model = built(PLAIN)
    model.beta_embedding.load_state_dict(model.step_embedding.state_dict())
    change = {"step_B": torch.tensor([250, 900]), "beta_B": torch.tensor([0.4, 0.75])}
    swapped = {"step_B": torch.tensor([400, 750]), "beta_B": torch.tensor([0.25, 0.9])}
    assert torch.allclose(answer(model, **change), answer(model, **swapped), atol=1e-5)


def test_sinusoids():
    embedding = ScalarEmbedding(8)
    embedding.mlp = torch.nn.Identity()
    frequencies = 10000.0 ** (-torch.arange(4) / 3)
    expected = torch.cat([(30 * frequencies).sin(), (30 * frequencies).cos()])
    assert torch.allclose(embedding(torch.tensor([30.0]))[0], expected, atol=1e-5)


def test_the_beat_gate_is_shut_at_first_and_then_opens():
    plain, gated = built(replace(GATED, beat_gate=False)), MotionExpert(GATED).eval()
    gated.load_state_dict(plain.state_dict(), strict=False)
    music = torch.randn(2, 20, 41, generator=torch.Generator().manual_seed(5))
    assert torch.equal(answer(gated, music_BTF=music), answer(plain, music_BTF=music))
    for block in gated.dance_blocks:
        torch.nn.init.normal_(block.gate.affine[-1].weight)
    assert not torch.allclose(answer(gated, music_BTF=music), answer(plain, music_BTF=music))


def test_a_dropped_sample_does_not_hear_the_beat():
    model, keep = built(GATED), torch.tensor([True, False])
    for block in model.dance_blocks:
        torch.nn.init.normal_(block.gate.affine[-1].weight)
    music = torch.randn(2, 20, 41, generator=torch.Generator().manual_seed(5))
    half_a_beat = torch.cat([music[..., :35], -music[..., 35:]], dim=-1)
    one = answer(model, music_BTF=music, keep_B=keep)
    other = answer(model, music_BTF=half_a_beat, keep_B=keep)
    assert not torch.allclose(one[0], other[0])
    assert torch.equal(one[1], other[1])


def test_film():
    film = FiLM(4)
    with torch.no_grad():
        film.affine[1].weight.zero_()
        film.affine[1].bias.copy_(torch.tensor([0, 1, 2, 3, 10, 20, 30, 40.0]))
    out = film(torch.ones(2, 5, 4), torch.randn(2, 4))
    assert torch.equal(out, torch.tensor([11, 22, 33, 44.0]).expand(2, 5, 4))


def test_backbones():
    kinds = {
        name: type(MotionExpert(replace(PLAIN, backbone=name)).dance_blocks[0].mixer)
        for name in ("bimamba", "mamba", "transformer")
    }
    assert kinds == {"bimamba": BiMamba, "mamba": BiMamba, "transformer": SelfAttention}
    uni = MotionExpert(replace(PLAIN, backbone="mamba"))
    assert uni.dance_blocks[0].mixer.backward_mamba is None


def test_self_attention_knows_where_a_frame_is():
    torch.manual_seed(0)
    layer = SelfAttention(PLAIN).eval()
    out = layer(torch.ones(1, 6, 16))
    assert not torch.allclose(out[:, 0], out[:, 5], atol=1e-4)


def test_no_positions_otherwise_so_songs_may_be_longer_than_windows():
    """A silent middle of any length: far frames see only what is near, when the reach is short."""
    model = built(replace(PLAIN, attention_reach=4))
    with torch.no_grad():
        short = model(**inputs(1, 30))
        longer = inputs(1, 30)
        for name in ("x_BTK", "music_BTF"):
            longer[name] = torch.cat([longer[name], torch.zeros(1, 300, longer[name].shape[2])], 1)
        long = model(**longer)
    assert long.shape == (1, 330, 151)
    assert torch.allclose(long[:, :5], short[:, :5], atol=0.05)


def test_counting_weights_allocates_none():
    assert parameter_count(PLAIN) == sum(p.numel() for p in MotionExpert(PLAIN).parameters())


@pytest.mark.parametrize("config", [PLAIN, OURS])
def test_double_precision_agrees(config):
    model = built(config)
    single = answer(model)
    doubles = {k: v.double() if v.is_floating_point() else v for k, v in inputs().items()}
    with torch.no_grad():
        double = model.double()(**doubles)
    assert float((single - double).abs().max()) < 1e-5 * max(1.0, float(double.abs().max()))
