"""From features to dances with a small untrained network."""

import resource
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.mace.checkpoint import Checkpoint
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.options import SamplingConfig
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.support.errors import BadUsage, OutOfResources, UnsuitableInput

CPU = torch.device("cpu")
NETWORK = MotionExpertConfig(
    width=16, heads=2, feedforward=16, dance_blocks=1, music_blocks=1, state=2,
    genres=("Jazz", "Salsa"), aligned_music=True, attention_reach=9,
)  # fmt: skip
LOW = np.concatenate([np.zeros(4), -np.ones(147)]).astype(np.float32)
SCALE = np.concatenate([np.full(4, 2.0), np.ones(147)]).astype(np.float32)
QUICK = SamplingConfig(sampling_steps=3, seed=7)


def expert(network=NETWORK, schema="ours"):
    torch.manual_seed(0)
    model = MotionExpert(network)
    checkpoint = Checkpoint(
        network, model.state_dict(), Normalizer(LOW, SCALE),
        Standardizer(np.zeros(35, np.float32), np.ones(35, np.float32)), schema, {"name": "test"},
    )  # fmt: skip
    return Choreographer(checkpoint, CPU)


def song(frames=40, seed=0):
    return np.random.default_rng(seed).normal(0, 1, (frames, 35)).astype(np.float32)


def as_bytes(dances):
    return [(m.poses.tobytes(), m.trans.tobytes(), c.tobytes()) for m, c in dances]


def test_a_dance_of_the_songs_length():
    ((motion, contacts),) = expert().dance(song(), "ours", replace(QUICK, genre="salsa"))
    motion.validate()
    assert (motion.frames, motion.fps, motion.genre) == (40, 30.0, "salsa")
    assert contacts.shape == (40, 4)
    assert contacts.min() >= 0
    assert contacts.max() <= 1
    assert np.abs(motion.trans).max() <= 1  # as wide as the normaliser saw


def test_the_same_seed_gives_the_same_bytes():
    first = as_bytes(expert().dance(song(), "ours", QUICK))
    assert as_bytes(expert().dance(song(), "ours", QUICK)) == first
    assert as_bytes(expert().dance(song(), "ours", replace(QUICK, seed=8))) != first


@pytest.mark.parametrize(
    "change", [{"beta": 0.4}, {"genre": "Jazz"}, {"sampling_steps": 4}, {"eta": 0.0}], ids=str
)
def test_every_setting_changes_the_dance(change):
    who = expert()
    # An untrained network hardly heeds what steers it.
    with torch.no_grad():
        for name, weight in who.model.named_parameters():
            if "beta_embedding" in name or "genre" in name or "film" in name:
                weight.mul_(5)
    same, other = (
        who.dance(song(), "ours", QUICK),
        who.dance(song(), "ours", replace(QUICK, **change)),
    )
    assert as_bytes(same) != as_bytes(other)


def test_the_song_changes_the_dance():
    first, second = (expert().dance(song(seed=s), "ours", QUICK) for s in (0, 1))
    assert as_bytes(first) != as_bytes(second)


def test_candidates_differ():
    dances = expert().dance(song(), "ours", replace(QUICK, candidates=3))
    assert len(set(as_bytes(dances))) == 3


@pytest.mark.parametrize("preconditioned", [False, True])
def test_one_frame(preconditioned):
    who = expert(replace(NETWORK, preconditioned=preconditioned))
    ((motion, _),) = who.dance(song(1), "ours", QUICK)
    assert motion.validate().frames == 1


def test_another_schema_is_refused_by_name():
    with pytest.raises(UnsuitableInput, match=r"theirs.*ours"):
        expert().dance(song(), "theirs", QUICK)


def test_an_unknown_genre_is_refused_with_the_known_ones():
    with pytest.raises(BadUsage) as caught:
        expert().dance(song(), "ours", replace(QUICK, genre="Polka"))
    assert "Jazz, Salsa" in caught.value.hint


@pytest.mark.parametrize(("guidance", "evaluations"), [("gft", 3), ("cfg", 6)])
def test_gft_needs_one_pass_per_step_and_cfg_two(guidance, evaluations, monkeypatch):
    who, calls, ticks = expert(replace(NETWORK, guidance=guidance)), [], []
    denoise = who.model.denoise
    monkeypatch.setattr(who.model, "denoise", lambda *a: calls.append(a[1]) or denoise(*a))
    who.dance(song(), "ours", QUICK, lambda: ticks.append(1))
    assert [int(step) for step in calls] == sorted(map(int, calls), reverse=True)
    assert (len(calls), len(ticks)) == (evaluations, 3)


COUNTING = replace(NETWORK, beat_clock=True)


def beaten(frames=40, first=3, period=12):
    features = song(frames)
    features[:, 34] = np.arange(frames) % period == first
    return features


def test_a_beat_weight_asks_twice_and_is_the_networks_own_unless_said():
    """1 is the guidance-free pass, at any beta; above it, both are at beta 1."""
    ours = replace(COUNTING, beat_weight=3.0)
    said = as_bytes(expert(COUNTING).dance(beaten(), "ours", replace(QUICK, beat_weight=3.0)))
    assert as_bytes(expert(ours).dance(beaten(), "ours", QUICK)) == said
    assert as_bytes(expert(ours).dance(beaten(), "ours", replace(QUICK, beta=0.5))) == said
    plain = as_bytes(expert(COUNTING).dance(beaten(), "ours", QUICK))
    assert plain != said
    assert as_bytes(expert(ours).dance(beaten(), "ours", replace(QUICK, beat_weight=1))) == plain


def test_the_beat_weight_goes_on_from_the_answer_to_a_later_song(monkeypatch):
    """x_late + weight (x - x_late), where x_late hears the same, half a beat later."""
    who, heard, calls = expert(COUNTING), [], []
    hear = who.model.hear
    monkeypatch.setattr(who.model, "hear", lambda *a: heard.append(a[0]) or hear(*a))
    answers = iter([torch.tensor(0.5), torch.tensor(0.2)])
    monkeypatch.setattr(who.model, "denoise", lambda *a: calls.append(a) or next(answers))
    config = SamplingConfig(beta=0.75, beat_weight=4.0)
    guided = who._denoiser(beaten(), torch.tensor([0]), config)
    answer = guided(torch.zeros(1, 40, 151), 10)
    assert answer[[0, 3, 13, 150]].numpy() == pytest.approx(np.full(4, 0.2 + 4 * 0.3))
    assert answer[4:13].numpy() == pytest.approx(np.full(9, 0.5))  # place and facing: as they are
    assert [float(beta) for _, _, _, beta in calls] == [1.0, 1.0]
    now, later = (music[0] for music in heard)
    torch.testing.assert_close(later[6:, :35], now[:-6, :35])
    torch.testing.assert_close(later[:6, :35], now[6:12, :35])
    # Half a beat turns the fastest hand by half a circle, the slowest by an eighth.
    torch.testing.assert_close(later[:, [35, 38]], -now[:, [35, 38]])
    torch.testing.assert_close(
        later[:, 37] * now[:, 37] + later[:, 40] * now[:, 40], torch.full((40,), 0.5**0.5)
    )


def test_without_beats_or_without_a_clock_nothing_comes_later(monkeypatch):
    weighty = replace(QUICK, beat_weight=3.0)
    silent = song()
    silent[:, 34] = 0
    for network, music in ((COUNTING, silent), (NETWORK, beaten())):
        who = expert(network)
        assert as_bytes(who.dance(music, "ours", weighty)) == as_bytes(
            expert(network).dance(music, "ours", QUICK)
        )


def test_cfg_goes_from_the_free_answer_through_the_musical_one(monkeypatch):
    """x_u + (x_c - x_u) / beta (docs/reference/motion-expert.md#losses)."""
    who = expert(replace(NETWORK, guidance="cfg"))
    answers = iter([torch.tensor(0.5), torch.tensor(0.2)])
    monkeypatch.setattr(who.model, "denoise", lambda *_: next(answers))
    heard = (song(5), torch.tensor([0]), SamplingConfig(beta=0.75))
    guided = who._denoiser(*heard)(torch.zeros(1, 5, 151), 10)
    assert guided.numpy() == pytest.approx(np.full(151, 0.2 + 0.3 / 0.75))


def test_music_is_encoded_once(monkeypatch):
    who, calls = expert(), []
    encode = who.model.encode_music
    monkeypatch.setattr(who.model, "encode_music", lambda *a: calls.append(1) or encode(*a))
    who.dance(song(), "ours", replace(QUICK, candidates=2))
    assert len(calls) == 1


def test_too_long_is_told_and_other_errors_are_not_hidden(monkeypatch):
    who = expert()

    def fails(message):
        def denoise(*_):
            raise RuntimeError(message)

        return denoise

    monkeypatch.setattr(who.model, "denoise", fails("DefaultCPUAllocator: can't allocate memory"))
    with pytest.raises(OutOfResources) as caught:
        who.dance(song(), "ours", QUICK)
    assert "--duration" in caught.value.hint
    monkeypatch.setattr(who.model, "denoise", fails("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        who.dance(song(), "ours", QUICK)


def test_weights_that_give_no_motion_are_named():
    who = expert()
    with torch.no_grad():
        who.model.motion_out.bias.fill_(float("nan"))
    with pytest.raises(UnsuitableInput, match="damaged"):
        who.dance(song(), "ours", QUICK)


def test_memory_grows_with_the_song_not_with_its_square():
    """Ten minutes; one full 18000 x 18000 attention matrix alone would be 1.3 GB."""
    who = expert()
    who.dance(song(300), "ours", replace(QUICK, sampling_steps=1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ((motion, _),) = who.dance(song(18_000), "ours", replace(QUICK, sampling_steps=1))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert motion.frames == 18_000
    assert grown < 400_000  # kB


@pytest.mark.parametrize(
    ("change", "flag"),
    [({"beta": 0.0}, "--beta"), ({"beta": 1.1}, "--beta"), ({"beta": float("nan")}, "--beta"),
     ({"sampling_steps": 0}, "--sampling-steps"), ({"sampling_steps": 1001}, "--sampling-steps"),
     ({"candidates": 0}, "--candidates"),
     ({"candidates": 65}, "--candidates")],
    ids=str,
)  # fmt: skip
def test_out_of_range(change, flag):
    with pytest.raises(BadUsage, match=flag):
        replace(SamplingConfig(), **change).validate()
