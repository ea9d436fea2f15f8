"""A dance from music by parts that were never trained: exact length, schema, styles, seeds."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion_expert.infinitedance.cadence import CadenceConfig
from pipelines.motion_expert.infinitedance.choreollama import ChoreoConfig, ChoreoLlama
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.dancer import InfiniteDancer
from pipelines.motion_expert.infinitedance.retrieval import Retrieval, RetrievalConfig
from pipelines.motion_expert.infinitedance.sampling import Sampling
from pipelines.motion_expert.interface import DanceRequest
from pipelines.music import layout
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures
from pipelines.support.errors import BadUsage, UnsuitableInput


@pytest.fixture(scope="module")
def dancer(tokenizer, references):
    torch.manual_seed(0)
    cadence = CadenceConfig(35, 2, style_width=4, reference=264, width=16, heads=2)
    config = ChoreoConfig(
        cadence, layers=1, heads=2, key_heads=2, feed=32, codes=32, code_width=8
    )  # fmt: skip
    books = torch.stack([layer.codes_KC for layer in tokenizer.quantiser.layers])
    return InfiniteDancer(
        ChoreoLlama(config, books).eval(), tokenizer, references, ("Jazz", "Pop"), FEATURE_SCHEMA,
        Sampling(1.0, 0, 1.0), Span(4), Span(2), tempo_change=0.0,
    )  # fmt: skip


def request(frames=100, **changes):
    values = np.random.default_rng(0).normal(size=(frames, 35)).astype(np.float32)
    return DanceRequest(MusicFeatures(values), **changes)


@pytest.mark.parametrize("frames", [100, 72, 31])
def test_exactly_the_frames_that_were_asked_for(dancer, frames):
    (danced,) = dancer.dance(request(frames))
    assert (danced.motion.frames, danced.motion.fps) == (frames, 30.0)
    danced.motion.validate()
    assert danced.facts["windows"] == {100: 4, 72: 2, 31: 1}[frames]


def test_a_dance_with_reserve_is_brought_onto_the_beat(dancer):
    values = np.random.default_rng(0).normal(size=(240, 35)).astype(np.float32)
    values[:, layout.beats] = 0
    values[::15, layout.beats] = 1
    given = DanceRequest(MusicFeatures(values))
    (bent,) = replace(dancer, tempo_change=0.3).dance(given)
    (plain,) = dancer.dance(given)
    assert bent.motion.frames == plain.motion.frames == 240
    assert bent.facts["windows"] > plain.facts["windows"]
    assert plain.measured == {"speed_on_beat": None}
    speed = bent.measured["speed_on_beat"]
    assert speed is None or 0.7 <= speed <= 1.3


def test_the_same_request_gives_the_same_bytes(dancer):
    one, same, other = (dancer.dance(request(seed=s, candidates=2)) for s in (1, 1, 2))
    assert len(one) == 2
    np.testing.assert_array_equal(one[1].motion.poses, same[1].motion.poses)
    assert not np.array_equal(one[0].motion.poses, one[1].motion.poses)
    assert not np.array_equal(one[0].motion.poses, other[0].motion.poses)


def test_styles(dancer):
    (danced,) = dancer.dance(request(48, styles=((0.0, "jazz"),)))
    assert danced.motion.genre == "jazz"
    with pytest.raises(BadUsage, match="--genre polka"):
        dancer.dance(request(48, styles=((0.0, "polka"),)))
    with pytest.raises(BadUsage, match="one style"):
        dancer.dance(request(48, styles=((0.0, "jazz"), (1.0, "pop"))))


def test_without_a_style_that_of_the_dance_found_first(dancer):
    (danced,) = dancer.dance(request(48))
    assert danced.facts["genre"] is None
    assert danced.motion.genre == danced.facts["style"]
    assert danced.facts["style"] in ("Jazz", "Pop")
    (asked,) = dancer.dance(request(48, styles=((0.0, danced.facts["style"]),)))
    np.testing.assert_array_equal(asked.motion.poses, danced.motion.poses)


def test_without_a_style_none_that_is_danced_only_when_asked_for(dancer):
    found = dancer.dance(request(48))[0].facts["style"]
    other = {"Jazz": "Pop", "Pop": "Jazz"}[found]
    (danced,) = replace(dancer, only_asked=(found,)).dance(request(48))
    assert danced.facts["style"] == other
    (asked,) = replace(dancer, only_asked=(found,)).dance(request(48, styles=((0.0, found),)))
    assert asked.facts["style"] == found


def test_other_features_are_refused(dancer):
    with pytest.raises(UnsuitableInput, match="the Motion Expert needs other"):
        replace(dancer, schema="other").dance(request(48))


def test_damaged_weights(dancer, tokenizer):
    from copy import deepcopy

    broken = deepcopy(tokenizer)
    broken.mean_D[7] = float("nan")
    with pytest.raises(UnsuitableInput, match="no finite motion"):
        replace(dancer, tokenizer=broken).dance(request(48))


def test_another_recipe_is_heard_at_its_own_rate(dancer, tokenizer):
    """The network hears it alone; beats and length stay those of the 35 features."""
    torch.manual_seed(0)
    cadence = CadenceConfig(
        4, 2, style_width=4, reference=264, width=16, heads=2, music_hz=25.0
    )  # fmt: skip
    config = replace(dancer.generator.config, cadence=cadence)
    retrieval = Retrieval(RetrievalConfig(4, 264, 48, width=16, layers=1, heads=2)).eval()
    other = replace(
        dancer, generator=ChoreoLlama(config, dancer.generator.codes_QKC).eval(),
        references=replace(dancer.references, retrieval=retrieval), schema="toy4-25fps",
        tempo_change=0.2,
    )  # fmt: skip
    given = request(100)
    values = np.random.default_rng(1).normal(size=(83, 4)).astype(np.float32)
    heard = replace(given, heard=MusicFeatures(values, 25.0, "toy4-25fps"))
    (one,), (again,) = other.dance(heard), other.dance(heard)
    assert one.motion.frames == 100
    np.testing.assert_array_equal(one.motion.poses, again.motion.poses)
    changed = replace(heard, heard=MusicFeatures(-3 * values, 25.0, "toy4-25fps"))
    assert not np.array_equal(other.dance(changed)[0].motion.poses, one.motion.poses)
    with pytest.raises(UnsuitableInput, match="needs toy4-25fps"):
        other.dance(given)
