"""Released files, as a test builds them in the published layout: names, sizes, and what they do.

The published forward is written here once more, plainly, from the published layout.
"""

import math
import os

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from made_megadance import HEADS, LEVELS, MEAN, STD, WIDTH, fsq_state, gpt_state, published_mask
from scipy.spatial.transform import Rotation

from pipelines.body.rotations import read_as_euler
from pipelines.motion.motion import Motion
from pipelines.motion_expert.megadance.released import (
    as_our_columns,
    motion_of_released,
    read_released,
    released_generator,
    released_tokenizer,
    seen_as_released,
)
from pipelines.support.errors import UnsuitableInput

LAYERS = 2


# The published forward -----------------------------------------------------------------------


def plain_mamba(state, name, x):
    u, z = F.linear(x, state[name + "in_proj.weight"]).chunk(2, -1)
    padded = F.pad(u, (0, 0, 3, 0))
    kernel = state[name + "conv1d.weight"][:, 0]
    u = sum(padded[:, k : k + x.shape[1]] * kernel[:, k] for k in range(4))
    u = F.silu(u + state[name + "conv1d.bias"])
    dt, b, c = F.linear(u, state[name + "x_proj.weight"]).split([32, 16, 16], -1)
    dt = F.softplus(F.linear(dt, state[name + "dt_proj.weight"], state[name + "dt_proj.bias"]))
    a = -torch.exp(state[name + "A_log"])
    h, out = torch.zeros(len(x), 1024, 16), []
    for t in range(x.shape[1]):
        step = dt[:, t, :, None]
        h = torch.exp(step * a) * h + step * u[:, t, :, None] * b[:, t, None]
        out.append((h * c[:, t, None]).sum(-1) + state[name + "D"] * u[:, t])
    return F.linear(torch.stack(out, 1) * F.silu(z), state[name + "out_proj.weight"])


def thirds(state, name, first, x):
    normed = []
    for n, part in zip((1, 2, 3), x.chunk(3, 1), strict=True):
        gain, shift = (state[f"{name}{first}{n}.{kind}"] for kind in ("weight", "bias"))
        normed.append(F.layer_norm(part, (WIDTH,), gain, shift))
    return torch.cat(normed, 1)


def plain_block(state, name, x):
    def linear(part, y):
        return F.linear(y, state[f"{name}.{part}.weight"], state[f"{name}.{part}.bias"])

    y = thirds(state, f"{name}.ln1.", "ln", x)
    q, k, v = (
        linear(f"attn.{n}", y).unflatten(-1, (HEADS, -1)).transpose(1, 2)
        for n in ("query", "key", "value")
    )
    length = x.shape[1] // 3
    blocked = published_mask()[:length, :length].repeat(3, 3)
    scores = (q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)).masked_fill(blocked, -torch.inf)
    x = x + linear("attn.proj", (scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
    hidden = F.gelu(linear("mlp.0", thirds(state, f"{name}.ln2.", "ln", x)))
    return x + linear("mlp.2", hidden)


def plain_generator(state, music, up, down, genre):
    state = {n.removeprefix("gpt.dance_decoder."): v for n, v in state.items()}

    def linear(name, y):
        return F.linear(y, state[f"{name}.weight"], state[f"{name}.bias"])

    streams = []
    for half, tokens in (("up", up), ("down", down)):
        rows = [state[f"pose_{half}_emb.{n}.weight"][tokens[..., n]] for n in range(5)]
        streams.append(sum(rows))
    x = torch.cat([*streams, linear("music_MLP.1", linear("music_MLP.0", music))], 1)
    for layer in range(LAYERS):
        here = f"decoder_layers.{layer}."
        mixed = [
            plain_mamba(state, f"{here}global_mamba.mamba{n}.", part)
            for n, part in zip((1, 2, 3), x.chunk(3, 1), strict=True)
        ]
        x = thirds(state, f"{here}global_mamba.", "norm", x + torch.cat(mixed, 1))
        x = plain_block(state, f"{here}global_swab", x)
        x = plain_block(state, f"{here}genre_swab.{genre}", x)
    logits = linear("MLP_Output.1", linear("MLP_Output.0", x))
    return logits.chunk(3, 1)[:2]


def plain_levels(state, half, x):
    """Published encoder and rounding: (1, T, K) normalised -> (1, t, 5) levels from 0."""

    def conv(name, y, **how):
        return F.conv1d(y, state[f"{name}.weight"], state[f"{name}.bias"], **how)

    top = f"Pose_{half}_Encoder.encoders.0.level_blocks.0.model"
    y = x.transpose(1, 2)
    for n in range(3):
        y = conv(f"{top}.{n}.0", y, stride=2, padding=1)
        for block, dilation in ((0, 1), (1, 2)):
            inside = f"{top}.{n}.1.model.{block}.model."
            wide = conv(inside + "1", F.relu(y), padding=dilation, dilation=dilation)
            y = y + conv(inside + "3", F.relu(wide))
    y = conv(f"{top}.3", y, padding=1).transpose(1, 2)
    name = f"Pose_{half}_Quantizer.bottleneck.project_in"
    z = F.linear(y, state[f"{name}.weight"], state[f"{name}.bias"])
    count = torch.tensor(LEVELS)
    return torch.round(torch.tanh(z) * (count - 1) * 1.001 / 2).long() + count // 2


def plain_decoded(state, half, levels):
    name = f"Pose_{half}_Quantizer.bottleneck.project_out"
    middle = torch.tensor(LEVELS) // 2
    y = F.linear((levels - middle) / middle, state[f"{name}.weight"], state[f"{name}.bias"])
    top = f"Pose_{half}_Decoder.decoders.0"

    def conv(name, y, **how):
        return F.conv1d(y, state[f"{name}.weight"], state[f"{name}.bias"], **how)

    y = conv(f"{top}.level_blocks.0.model.0", y.transpose(1, 2), padding=1)
    for n in (1, 2, 3):
        for block, dilation in ((0, 2), (1, 1)):
            inside = f"{top}.level_blocks.0.model.{n}.0.model.{block}.model."
            wide = conv(inside + "1", F.relu(y), padding=dilation, dilation=dilation)
            y = y + conv(inside + "3", F.relu(wide))
        up = f"{top}.level_blocks.0.model.{n}.1"
        y = F.conv_transpose1d(y, state[f"{up}.weight"], state[f"{up}.bias"], stride=2, padding=1)
    return conv(f"{top}.out", y, padding=1).transpose(1, 2)


# ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fsq():
    return fsq_state()


@pytest.fixture(scope="module")
def gpt():
    return gpt_state(LAYERS)


@pytest.fixture(scope="module")
def generator(gpt):
    return released_generator(gpt, LAYERS)


def test_the_generator_gives_what_the_published_forward_gives(gpt, generator):
    random = torch.Generator().manual_seed(5)
    levels = torch.stack(
        [torch.randint(level, (1, 25, 2), generator=random) for level in LEVELS], -1
    )
    theirs = torch.randn(1, 25, 35, generator=random)
    for genre in (0, 3):
        with torch.no_grad():
            up, down = plain_generator(gpt, theirs, levels[:, :, 0], levels[:, :, 1], genre)
            ours = generator(levels, as_our_columns(theirs), torch.tensor([genre]))
        torch.testing.assert_close(ours[:, :, 0], up, atol=2e-4, rtol=2e-4)
        torch.testing.assert_close(ours[:, :, 1], down, atol=2e-4, rtol=2e-4)
    assert generator.config.genres[3] == "Korean"
    assert generator.config.late_music and generator.config.layout == "sequential"


def test_the_tokenizer_gives_the_published_levels_and_dances(fsq):
    tokenizer = released_tokenizer(fsq, MEAN, STD)
    random = torch.Generator().manual_seed(3)
    for half, name, columns in ((tokenizer.up, "UP", 90), (tokenizer.down, "DOWN", 57)):
        x = torch.randn(1, 40, columns, generator=random)
        with torch.no_grad():
            _, levels, _ = half.quantise(x)
            assert torch.equal(levels, plain_levels(fsq, name, x))
            assert len(levels.unique()) > 3
            torch.testing.assert_close(
                half.decode(levels), plain_decoded(fsq, name, levels), atol=1e-4, rtol=1e-4
            )
    scales = tokenizer.scaling
    assert torch.equal(scales.down_mean[:4], torch.tensor([0.001, 0.001, 0.001, 0.3]))
    assert torch.equal(scales.up_std, torch.full((90,), 0.5))


def test_a_dance_seen_as_released_comes_back_where_the_mistake_is_taken_back():
    random = np.random.default_rng(0)
    poses = random.uniform(-0.8, 0.8, (16, 24, 3)).astype(np.float32)
    poses[:, 0] = Rotation.from_euler("xz", [[np.pi / 2, 0.5]] * 16).as_rotvec()
    motion = Motion(poses, random.normal(size=(16, 3)).astype(np.float32), 30.0)
    seen = seen_as_released(motion)
    assert seen.shape == (16, 151) and not seen[:, :4].any()
    back = motion_of_released(seen[:, 4:7], seen[:, 7:])
    np.testing.assert_allclose(back.rotations(), motion.rotations(), atol=1e-5)
    np.testing.assert_allclose(back.trans, motion.trans, atol=1e-6)
    left = motion_of_released(seen[:, 4:7], seen[:, 7:], "as released")
    expected = read_as_euler(poses[:, 1:])
    np.testing.assert_allclose(left.rotations()[:, 1:], expected, atol=1e-5)
    assert np.abs(left.rotations() - motion.rotations()).max() > 0.1


def test_columns_of_music_are_brought_into_our_order():
    theirs = torch.arange(35.0)
    ours = as_our_columns(theirs).tolist()
    assert ours == [32, *range(20), *range(20, 32), 34, 33]


def test_arrays_of_the_body_model_never_pass(tmp_path):
    gated = {"smpl.v_template": torch.ones(6890, 3), "fsq.smpl.shapedirs": torch.ones(3),
             "smpl_poses": torch.ones(2)}  # fmt: skip
    torch.save({"model": gated}, tmp_path / "model.pth")
    assert set(read_released(tmp_path / "model.pth")) == {"smpl_poses"}


class _Runs:
    def __reduce__(self):
        return os.mkdir, ("ran",)


def test_a_file_with_code_in_it_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"model": _Runs()}, tmp_path / "model.pth")
    with pytest.raises(UnsuitableInput, match="not readable as tensors"):
        read_released(tmp_path / "model.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x80\x02junk", b"PK\x03\x04"])
def test_a_file_of_something_else_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "model.pth").write_bytes(content)
    with pytest.raises(UnsuitableInput, match="not readable as tensors") as refused:
        read_released(tmp_path / "model.pth")
    assert "\n" not in refused.value.what


@pytest.mark.parametrize("content", [{"model": 3}, [1, 2], {"model": {"a": "b"}}])
def test_a_file_without_tensors_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "model.pth")
    with pytest.raises(UnsuitableInput, match="holds no tensors by name"):
        read_released(tmp_path / "model.pth")


@pytest.mark.parametrize(
    "name",
    ["Pose_UP_Encoder.encoders.0.level_blocks.0.model.1.1.model.0.model.3.bias",
     "Pose_DOWN_Quantizer.bottleneck.project_in.weight"],
)  # fmt: skip
def test_a_missing_tensor_of_the_tokenizer_is_named(fsq, name):
    with pytest.raises(UnsuitableInput, match=f"lacks {name}"):
        released_tokenizer({n: v for n, v in fsq.items() if n != name}, MEAN, STD)


def test_another_width_is_named(fsq):
    odd = fsq | {"Pose_UP_Decoder.decoders.0.out.weight": torch.zeros(72, 512, 3)}
    with pytest.raises(UnsuitableInput, match=r"up\.decoder\.out\.weight is \(72, 512, 3\)"):
        released_tokenizer(odd, MEAN, STD)


def test_missing_scales_are_named(fsq):
    with pytest.raises(UnsuitableInput, match=r"std\.pt lacks the one number smpl_root_vel_std"):
        released_tokenizer(fsq, MEAN, {"smpl_poses_std": torch.tensor(0.5)})


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_scales_that_cannot_be_are_named(fsq, bad):
    with pytest.raises(UnsuitableInput, match=r"std\.pt: smpl_poses_std is not finite, or no dev"):
        released_tokenizer(fsq, MEAN, STD | {"smpl_poses_std": torch.tensor(bad)})


def test_missing_parts_of_the_generator_are_named(gpt):
    top = "gpt.dance_decoder.decoder_layers.1."
    for part in ("genre_swab.15.mlp.2.bias", "global_mamba.norm2.weight"):
        with pytest.raises(UnsuitableInput, match=f"lacks decoder_layers.1.{part}"):
            released_generator({n: v for n, v in gpt.items() if n != top + part}, LAYERS)
    with pytest.raises(UnsuitableInput, match=r"lacks decoder_layers\.2\.global_mamba\.mamba1"):
        released_generator(gpt)  # two of eight layers
    without = {n: v for n, v in gpt.items() if not n.startswith(top + "global_mamba.mamba2")}
    with pytest.raises(UnsuitableInput, match=r"lacks decoder_layers\.1\.global_mamba\.mamba2"):
        released_generator(without, LAYERS)
