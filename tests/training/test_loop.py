"""When the loop validates, saves and stops; the engines' own tests train real networks in it."""

import pytest
import torch

from pipelines.support.errors import Interrupted, UnsuitableInput
from pipelines.support.files import write_json
from pipelines.support.progress import SILENT
from pipelines.training.checkpoints import FACTS
from pipelines.training.loop import Loop, Pace
from pipelines.training.processes import Processes
from pipelines.training.training_log import read_log

CPU = torch.device("cpu")


class Counting:
    """An engine that learns to count."""

    def __init__(self, loop, losses=()):
        self.loop, self.losses, self.events = loop, dict(losses), []

    def make_slice(self, number):
        return {"n": torch.tensor(number)}

    def update(self, feed):
        loss = float(feed.next()["n"])
        self.events.append(f"update {self.loop.step + 1}")
        return {"loss": loss}

    def validate(self, log):
        self.events.append(f"validate {self.loop.step}")
        return self.loop.is_best(self.losses.get(self.loop.step))

    def snapshot(self):
        facts = {"step": self.loop.step, "best": self.loop.best}
        return lambda folder: write_json(folder / FACTS, facts)


def loop_in(folder, processes=None):
    return Loop(folder, 9, CPU, processes or Processes(), SILENT)


def saved(folder):
    return sorted(int(path.name.removeprefix("step-")) for path in folder.glob("step-*"))


def test_validates_and_saves_when_it_is_time_and_when_it_is_best(tmp_path):
    loop = loop_in(tmp_path)
    engine = Counting(loop, {2: 5.0, 4: 6.0, 6: 4.0})
    after = []
    outcome = loop.run(engine, Pace(7, 2, 5, 1, 0), lambda log: after.append(loop.step))
    assert after == [1, 2, 3, 4, 5, 6, 7]
    assert saved(tmp_path) == [2, 5, 6, 7]  # the best ones, every fifth, the last
    assert (tmp_path / "best").resolve().name == "step-00000006"
    assert (outcome.step, outcome.best_loss) == (7, 4.0)
    assert engine.events[2:4] == ["validate 2", "update 3"]
    assert engine.events[-1] == "validate 7"  # where a run ends without a checkpoint


def test_goes_on_with_the_slice_and_the_best_of_the_checkpoint(tmp_path):
    first = loop_in(tmp_path)
    first.run(Counting(first, {2: 5.0}), Pace(2, 2, 2, 3, 0))
    second = loop_in(tmp_path)
    second.take_up({"step": 2, "best": 5.0})
    outcome = second.run(Counting(second, {12: 5.5}), Pace(12, 12, 12, 3, 0))
    assert outcome.best_loss == 5.0
    assert (tmp_path / "best").resolve().name == "step-00000002"
    (line,) = (line for line in read_log(tmp_path) if line["kind"] == "train")
    assert (line["step"], line["loss"]) == (10, sum(range(6, 14)) / 8)


class Peer(Processes):
    """A process of two whose peer says of itself what the test gives."""

    peer = ()

    def sum(self, values, device):
        return [sum(values) + self.peer.pop(0)]

    def wait(self):
        pass


def test_what_another_process_says_holds_for_this_one(tmp_path, monkeypatch):
    """It saves, because its peer found the best loss, and stops, because its peer was asked to."""
    processes = Peer(rank=1, count=2)
    loop = loop_in(tmp_path, processes)
    engine = Counting(loop)
    engine.snapshot = lambda: engine.events.append(f"save {loop.step}")
    monkeypatch.setattr(Peer, "peer", [0, 1, 0, 0, 1])  # stopped, best; stopped, best; stopped
    with pytest.raises(Interrupted, match="after step 3"):
        loop.run(engine, Pace(9, 1, 100, 1, 0))
    assert [event for event in engine.events if event.startswith("save")] == ["save 1", "save 3"]


def test_a_broken_loss_anywhere_stops_the_run(tmp_path, monkeypatch):
    loop_in(tmp_path).check_finite(1.0, 2.0)
    for loss, norm, said in ((float("nan"), 1.0, "loss"), (1.0, float("inf"), "gradient")):
        with pytest.raises(UnsuitableInput, match=f"the {said} became NaN.*no checkpoint yet"):
            loop_in(tmp_path).check_finite(loss, norm)
    monkeypatch.setattr(Peer, "peer", [float("nan")])
    with pytest.raises(UnsuitableInput):
        loop_in(tmp_path, Peer(rank=0, count=2)).check_finite(1.0, 1.0)
