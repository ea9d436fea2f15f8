"""The expert as `generate` calls it, with a small untrained network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from listener import Listener

from pipelines.metrics.feet import foot_skating_ratio
from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.mace.checkpoint import Checkpoint
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.dancer import MaceDancer
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.options import MaceOptions
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.music import layout
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures
from pipelines.support.errors import BadUsage

NETWORK = MotionExpertConfig(
    width=16, heads=2, feedforward=16, dance_blocks=1, music_blocks=1, state=2,
    genres=("Jazz", "Salsa"), aligned_music=True, attention_reach=9,
)  # fmt: skip


def dancer(**options):
    torch.manual_seed(0)
    low = np.concatenate([np.zeros(4), -np.ones(147)]).astype(np.float32)
    scale = np.concatenate([np.full(4, 2.0), np.ones(147)]).astype(np.float32)
    checkpoint = Checkpoint(
        NETWORK, MotionExpert(NETWORK).state_dict(), Normalizer(low, scale),
        Standardizer(np.zeros(35, np.float32), np.ones(35, np.float32)), FEATURE_SCHEMA, {},
    )  # fmt: skip
    given = MaceOptions(**{"sampling_steps": 2, **options})
    return MaceDancer(Choreographer(checkpoint, torch.device("cpu")), given)


@pytest.fixture(scope="module")
def music():
    values = np.random.default_rng(0).normal(0, 1, (90, 35)).astype(np.float32)
    values[:, layout.beats] = (np.arange(90) % 15 == 0)[:, None]
    return MusicFeatures(values)


def test_dances_of_the_songs_frames_with_how_they_came_about(music):
    listener = Listener()
    request = DanceRequest(music, ((0.0, "salsa"),), seed=3, candidates=2)
    dances = dancer().dance(request, listener)
    told = [("choreographing", 2, "steps"), ("settling the feet", 2, "dances")]
    assert listener.stages == told
    assert len(dances) == 2
    for dance in dances:
        dance.motion.validate()
        assert (dance.motion.frames, dance.motion.fps, dance.motion.genre) == (90, 30.0, "salsa")
        assert dance.facts == {"beta": 0.75, "steps": 2, "genre": "salsa"}
        assert set(dance.measured) == {"speed_on_beat"}
    assert not np.array_equal(dances[0].motion.poses, dances[1].motion.poses)


def test_the_same_request_gives_the_same_bytes(music):
    once, again, other = (
        dancer().dance(DanceRequest(music, seed=seed))[0].motion.poses.tobytes()
        for seed in (1, 1, 2)
    )
    assert once == again != other


def test_without_bending_the_dance_is_left_in_its_own_time(music):
    (dance,) = dancer(tempo_change=0.0).dance(DanceRequest(music))
    assert dance.measured == {"speed_on_beat": None}


def test_two_styles_in_a_song_are_refused(music):
    with pytest.raises(BadUsage, match="in one style"):
        dancer().dance(DanceRequest(music, ((0.0, "salsa"), (1.0, "jazz"))))


def test_a_style_that_it_does_not_know(music):
    with pytest.raises(BadUsage, match="--genre Polka"):
        dancer().dance(DanceRequest(music, ((0.0, "Polka"),)))


def test_feet_that_glide_are_planted(music, stepping):
    class Gliding(Choreographer):
        """A network that steps on the spot while its root glides by 0.3 m/s."""

        def __init__(self):
            pass

        def dance(self, features, schema, config, on_step):
            motion = stepping(120, len(features) / 30)
            trans = motion.trans + np.linspace(0, 0.3, motion.frames)[:, None] * [3, 0, 0]
            return [(replace(motion, trans=trans.astype(np.float32)), np.zeros((motion.frames, 4)))]

    glides = Gliding().dance(music.values, "", None, None)[0][0]
    assert foot_skating_ratio(glides.joints(), 30.0).ratio > 0.2
    (danced,) = MaceDancer(Gliding(), MaceOptions(tempo_change=0)).dance(DanceRequest(music))
    assert foot_skating_ratio(danced.motion.joints(), 30.0).ratio < 0.05
