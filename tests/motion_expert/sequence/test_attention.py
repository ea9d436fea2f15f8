"""Cross-attention over the whole song and within a band."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.motion_expert.sequence.attention import MusicAttention


def with_band_mask(layer, x_BLM, music_BSM):
    """What the layer should compute, with one mask over the full square."""

    def split(t):
        return t.unflatten(-1, (layer.heads, -1)).transpose(1, 2)

    key, value = layer.key_value(music_BSM).chunk(2, dim=-1)
    frames = torch.arange(x_BLM.shape[1])
    mask = (frames[:, None] - frames[None]).abs() <= layer.reach if layer.reach else None
    mixed = F.scaled_dot_product_attention(
        split(layer.query(x_BLM)), split(key), split(value), attn_mask=mask
    )
    return layer.out(mixed.transpose(1, 2).flatten(2))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    batch=st.integers(1, 2), length=st.integers(1, 50), heads=st.sampled_from([1, 2, 4]),
    reach=st.integers(0, 12), seed=st.integers(0, 100),
)  # fmt: skip
def test_a_band_is_full_attention_with_a_mask(batch, length, heads, reach, seed):
    torch.manual_seed(seed)
    layer = MusicAttention(8, heads, reach).double()
    x, music = torch.randn(2, batch, length, 8, dtype=torch.float64, requires_grad=True)
    found, expected = layer(x, music), with_band_mask(layer, x, music)
    assert torch.allclose(found, expected, atol=1e-12)
    weights = torch.randn_like(found)
    for a, b in zip(
        torch.autograd.grad((found * weights).sum(), (x, music)),
        torch.autograd.grad((expected * weights).sum(), (x, music)),
        strict=True,
    ):
        assert torch.allclose(a, b, atol=1e-12)


def test_music_beyond_the_reach_is_not_heard():
    torch.manual_seed(0)
    layer = MusicAttention(8, 2, reach=4)
    x, music = torch.randn(2, 1, 30, 8)
    changed = music.clone()
    changed[:, 20] += 3
    with torch.no_grad():
        moved = (layer(x, changed) - layer(x, music)).abs().amax(-1)[0]
    assert (moved[:16] == 0).all()
    assert (moved[16:25] > 0).all()
    assert (moved[25:] == 0).all()


@pytest.mark.parametrize("length", [5, 6, 9, 10, 11])
def test_short_songs_have_the_band_too(length):
    torch.manual_seed(0)
    layer = MusicAttention(8, 2, reach=4)
    x, music = torch.randn(2, 1, length, 8)
    changed = music.clone()
    changed[:, -1] += 3
    with torch.no_grad():
        moved = (layer(x, changed) - layer(x, music)).abs().amax(-1)[0]
    assert [bool(m > 0) for m in moved] == [frame >= length - 5 for frame in range(length)]


def test_no_reach_hears_the_whole_song_whatever_its_length():
    layer = MusicAttention(8, 2)
    assert layer(torch.randn(2, 7, 8), torch.randn(2, 90, 8)).shape == (2, 7, 8)


def test_dropout_only_while_training():
    torch.manual_seed(0)
    layer = MusicAttention(8, 2, reach=3, dropout=0.5)
    x, music = torch.randn(2, 1, 20, 8)
    assert not torch.equal(layer(x, music), layer(x, music))
    layer.eval()
    assert torch.equal(layer(x, music), layer(x, music))
