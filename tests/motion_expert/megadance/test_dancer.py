"""From a request to dances: frames, seeds, candidates, genres over time, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.megadance import dancer as dancer_module
from pipelines.motion_expert.megadance.dancer import MegaDancer
from pipelines.motion_expert.megadance.generator.sampling import continued
from pipelines.motion_expert.megadance.options import MegaDanceOptions
from pipelines.music import layout
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import BadUsage, UnsuitableInput

CPU = torch.device("cpu")


def song(frames=60):
    values = np.random.default_rng(0).normal(size=(frames, 35)).astype(np.float32)
    return MusicFeatures(values)


@pytest.fixture
def dancer(model):
    return MegaDancer(model, MegaDanceOptions(), CPU)


@pytest.mark.parametrize("frames", [1, 5, 8, 60])
def test_a_dance_is_as_long_as_its_song(dancer, frames):
    (danced,) = dancer.dance(DanceRequest(song(frames)))
    assert danced.motion.frames == frames
    assert np.isfinite(danced.motion.poses).all()


def test_the_seed_decides_and_candidates_differ(dancer):
    one, other = dancer.dance(DanceRequest(song(), candidates=2, seed=3))
    again, _ = dancer.dance(DanceRequest(song(), candidates=2, seed=3))
    np.testing.assert_array_equal(one.motion.poses, again.motion.poses)
    assert not np.array_equal(one.motion.poses, other.motion.poses)


def test_the_likeliest_dance_needs_no_seed_but_for_its_beginning(model):
    dancer = MegaDancer(replace(model, start_tokens=model.start_tokens[:1],
                                start_genre=model.start_genre[:1]),
                        MegaDanceOptions(temperature=0), CPU)  # fmt: skip
    one, other = (dancer.dance(DanceRequest(song(), seed=s))[0] for s in (1, 2))
    np.testing.assert_array_equal(one.motion.poses, other.motion.poses)


def test_a_dance_begins_as_training_dances_of_its_genre_do(dancer, model):
    random = torch.Generator().manual_seed(0)
    for genre, known in ((0, range(3)), (1, (3, 4)), (-1, (5,))):
        begun = dancer._first(genre, 20, random)
        expected = {tuple(model.start_tokens[n].flatten().tolist()) for n in known}
        assert {tuple(one.flatten().tolist()) for one in begun} == expected


def test_genres_change_with_the_song(dancer):
    request = DanceRequest(song(64), styles=((0.5, "House"), (1.5, "krump")))
    assert dancer.genres_of_tokens(request, 64) == [-1, -1, 0, 0, 0, 0, 1, 1]
    (danced,) = dancer.dance(request)
    assert danced.motion.genre is None
    (house,) = dancer.dance(DanceRequest(song(16), styles=((0.0, "house"),)))
    assert house.motion.genre == "house"


def test_the_roots_way_is_what_its_velocity_leads_to(dancer, tokens):
    sample = tokens(1, 4)[0]
    motion = dancer.motion(sample, 30, None)
    velocity, _ = dancer._tokenizer.decode(sample[None], 30)
    way = velocity[0].double().cumsum(0).numpy()
    np.testing.assert_allclose(motion.trans[1:], way[:-1], atol=1e-5)
    assert not motion.trans[0].any()


def test_what_it_cannot_dance_to(dancer, model):
    with pytest.raises(BadUsage, match="--genre polka"):
        dancer.dance(DanceRequest(song(), styles=((0.0, "polka"),)))
    with pytest.raises(UnsuitableInput, match="music features are other"):
        dancer.dance(DanceRequest(replace(song(), schema="other")))
    with pytest.raises(UnsuitableInput, match="no music"):
        dancer.dance(DanceRequest(song(0)))
    model.tokenizer.up.decoder.out.bias.data[:] = float("nan")
    with pytest.raises(UnsuitableInput, match="no finite motion"):
        dancer.dance(DanceRequest(song()))


def test_it_may_be_bent_onto_the_beat_but_not_where_styles_change(dancer):
    values = song(120).values.copy()
    values[:, layout.beats] = (np.arange(120) % 15 == 0)[:, None]
    music = MusicFeatures(values)
    (danced,) = dancer.dance(DanceRequest(music))
    assert danced.motion.frames == 120 and set(danced.measured) == {"speed_on_beat"}
    (danced,) = dancer.dance(DanceRequest(music, styles=((0.0, "house"), (2.0, "krump"))))
    assert danced.measured == {"speed_on_beat": None}


def test_with_a_beat_weight_the_song_is_also_heard_half_a_beat_later(
    model, generators, monkeypatch
):
    values = song(160).values.copy()
    values[:, layout.beats] = (np.arange(160) % 16 == 0)[:, None]
    gated = replace(model, generator=generators(beat_gate=True, beat_weight=2.0))
    heard = []

    def noted(network, first, music, *others):
        heard.append((music, others[-1], others[1].beat_weight))
        return continued(network, first, music, *others)

    monkeypatch.setattr(dancer_module, "continued", noted)
    for weight in (None, 3.0):
        MegaDancer(gated, MegaDanceOptions(beat_weight=weight), CPU).dance(
            DanceRequest(MusicFeatures(values))
        )
    (music, later, own), (_, _, asked) = heard
    assert (own, asked) == (2.0, 3.0)
    assert music.shape[1] == later.shape[1] == 41
    torch.testing.assert_close(later[1:, :33], music[:-1, :33])  # half a beat is a token here
    torch.testing.assert_close(later[:, [35, 38]], -music[:, [35, 38]])


def test_without_beats_nothing_comes_later(model, monkeypatch):
    heard = []

    def noted(*given):
        heard.append(given[-1])
        return continued(*given)

    monkeypatch.setattr(dancer_module, "continued", noted)
    values = song().values.copy()
    values[:, layout.beats] = 0
    MegaDancer(model, MegaDanceOptions(beat_weight=3.0), CPU).dance(
        DanceRequest(MusicFeatures(values))
    )
    assert heard == [None]
