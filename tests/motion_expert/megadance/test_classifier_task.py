"""The training of the genre classifier: what it is drawn from, what it keeps, that it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.datasets.paired import save_pair
from pipelines.datasets.sequences import PairedSequence
from pipelines.metrics.genre.folder import load_network, read_header
from pipelines.metrics.genre.recogniser import Recogniser
from pipelines.motion.motion import Motion
from pipelines.motion_expert.megadance.classifier_task import classifier_task, genres_of
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import Silent
from pipelines.train_motion import train_motion
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CPU = torch.device("cpu")


class Heard(Silent):
    def __init__(self):
        self.lines = []

    def say(self, message):
        self.lines.append(message)


def dance(genre, seed=0, frames=90):
    """Each genre raises its own arm, each take its own way."""
    random = np.random.default_rng(seed)
    t = np.arange(frames)[:, None, None] / 30
    poses = random.normal(0, 0.1, (1, 24, 3)) * np.sin(random.uniform(3, 6) * t)
    poses[:, 0, 0] += np.pi / 2
    poses[:, {"house": 16, "krump": 17}.get(genre, 1), 2] += 1.0
    motion = Motion(poses.astype(np.float32), np.zeros((frames, 3), np.float32), 30.0, genre=genre)
    return PairedSequence(motion, np.zeros((frames, 35), np.float32), f"t{seed}", f"t{seed}")


TRAIN = [dance("house", 1), dance("krump", 2), dance("House", 3), dance("krump", 4)]
HELD = [dance("house", 5), dance("krump", 6)]


def task(folder, train=TRAIN, held=HELD, **changes):
    heard = Heard()
    material = Material(list(train), list(held), folder, CPU, 4, heard)
    config = TrainMotionConfig(preset="tiny", window=30, stride=10, **changes)
    return classifier_task(config, material), heard.lines


OPTIONS = EngineOptions(
    steps=40, batch_size=8, lr=5e-3, ema_decay=0.5, validate_every=20, checkpoint_every=20,
    workers=0,
)  # fmt: skip


def trained(folder, steps=40):
    made, _ = task(folder, optimizer="adamw")
    engine = Engine(made, replace(OPTIONS, steps=steps), folder, Launch(CPU), Silent())
    return engine.run()


def test_a_batch_follows_from_its_key(tmp_path):
    made, lines = task(tmp_path)
    assert lines == ["28 training windows of 2 genres; 2 groups of takes held out"]
    one, same, other = (made.draw(5, key) for key in ((0, 1, 0), (0, 1, 0), (0, 2, 0)))
    assert one["frames_BWC"].shape == (5, 30, 147) and one["frames_BWC"].dtype == torch.float32
    assert set(one["genre_B"].tolist()) <= {0, 1}
    assert torch.equal(one["frames_BWC"], same["frames_BWC"])
    assert not torch.equal(one["frames_BWC"], other["frames_BWC"])


def test_it_heeds_no_first_weights(tmp_path):
    with pytest.raises(BadUsage, match="--init means nothing to --stage classifier"):
        task(tmp_path, init="shipped")


def test_there_are_twenty_outputs_as_published_or_one_for_each_genre(tmp_path):
    assert task(tmp_path)[0].network.shape.outputs == 20
    many = [dance(f"g{n}", n) for n in range(23)]
    shape = task(tmp_path, many, ())[0].network.shape
    assert (shape.genres, shape.outputs) == (23, 23)


def test_the_loss_of_nothing_learned_is_that_of_chance(tmp_path):
    made, _ = task(tmp_path)
    with torch.no_grad():
        for p in made.network.out.parameters():
            p.zero_()
    loss, parts = made.loss(made.network, made.draw(8, (0, 0, 0)), torch.Generator())
    assert loss.item() == pytest.approx(np.log(20))
    assert 0 <= parts["accuracy"] <= 1


def test_it_learns_to_tell_raised_arms_apart_and_what_it_keeps_can_judge(tmp_path):
    outcome = trained(tmp_path)
    header = read_header(outcome.checkpoint)
    assert header.genres == ("house", "krump") and header.window == 30
    assert header.metadata["step"] == 40
    recogniser = Recogniser.load(outcome.checkpoint, CPU)
    for number, sequence in enumerate(HELD):
        logits = recogniser.logits(sequence.motion)
        assert (recogniser.recognised(logits) == number).all()


def test_stopped_and_gone_on_with_is_the_same_to_the_bit(tmp_path):
    straight = trained(tmp_path / "a").checkpoint
    trained(tmp_path / "b", steps=20)
    resumed = trained(tmp_path / "b").checkpoint
    one, other = (load_network(f, read_header(f)).state_dict() for f in (straight, resumed))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_that_is_gone_on_with_keeps_its_genres_and_scale(tmp_path):
    trained(tmp_path, steps=20)
    before = read_header(tmp_path / "latest")
    made, lines = task(tmp_path, [*TRAIN, dance("waack", 9)])
    assert lines[0] == "1 dances are of genres that this run does not know"
    assert set(made.draw(40, (0, 0, 0))["genre_B"].tolist()) == {0, 1}
    made.save(tmp_path / "again", {}, {})
    after = read_header(tmp_path / "again")
    assert (after.genres, after.scale) == (before.genres, before.scale)


def test_dances_without_a_name_are_left_out_and_said(tmp_path):
    _, lines = task(tmp_path, [*TRAIN, dance(None, 7)])
    assert lines[0] == "1 dances name no genre and are left out"
    assert lines[1].startswith("28 training windows of 2 genres")


def test_nothing_held_out_nothing_judged(tmp_path):
    assert task(tmp_path, held=())[0].held_out is None
    assert task(tmp_path, held=[dance("waack", 3)])[0].held_out is None


def test_held_out_figures(tmp_path):
    made, _ = task(tmp_path)
    made.network.eval()
    found = made.held_out(made.network, 0, None)
    assert set(found) == {"loss", "accuracy", "f1"}
    assert found == made.held_out(made.network, 0, None)


@pytest.mark.parametrize(
    ("train", "says"),
    [([dance("house"), dance("House", 1)], "one genre, house"), ([dance(None)], "no genre")],
)
def test_one_genre_is_nothing_to_tell_apart(train, says):
    with pytest.raises(UnsuitableInput, match=f"the data name {says}: there is nothing to tell"):
        genres_of([s for s in train if s.genre])


def test_one_genre_that_is_long_enough_is_refused(tmp_path):
    with pytest.raises(UnsuitableInput, match="a window of 30 frames are of one genre, house"):
        task(tmp_path, [dance("house"), dance("krump", 1, frames=20)])


def test_the_command_leaves_a_folder_that_can_judge(tmp_path):
    for number, sequence in enumerate([*TRAIN, *HELD]):
        (tmp_path / "pairs").mkdir(exist_ok=True)
        save_pair(sequence, "none", "compose", tmp_path / "pairs" / f"{number}.npz")
    config = TrainMotionConfig(
        data=(tmp_path / "pairs",), expert="megadance", stage="classifier", preset="tiny",
        window=30, stride=15, steps=2, batch_size=4, validate_every=2, checkpoint_every=2,
        hold_out=("t5", "t6"), threads=1, workers=0, device="cpu", workspace=tmp_path / "w",
    )  # fmt: skip
    result = train_motion(config, Silent())
    header = read_header(result.checkpoint)
    assert header.genres == ("house", "krump") and header.metadata["held_out"] == ["t5", "t6"]
    assert load_network(result.checkpoint, header).shape.genres == 2
