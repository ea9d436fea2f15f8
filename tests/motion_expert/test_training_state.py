import pytest
import torch

from pipelines.errors import UnsuitableInput
from pipelines.motion_expert.adan import Adan
from pipelines.motion_expert.ema import Ema
from pipelines.motion_expert.training_log import TrainingLog, read_log
from pipelines.motion_expert.training_state import Checkpoints, load_state, save_state


def trained(optimizer_class=Adan, steps=3):
    torch.manual_seed(steps)
    model = torch.nn.Linear(3, 2)
    optimizer = optimizer_class(model.parameters(), lr=0.1)
    ema = Ema(model, 0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        model(torch.randn(4, 3)).square().sum().backward()
        optimizer.step()
        ema.update(model)
    return model, ema, optimizer


def fill(folder, step):
    save_state(folder, *trained(), {"step": step, "best": None})


@pytest.mark.parametrize("optimizer_class", [Adan, torch.optim.AdamW])
def test_state_round_trip_goes_on_identically(tmp_path, optimizer_class):
    model, ema, optimizer = trained(optimizer_class)
    save_state(tmp_path, model, ema, optimizer, {"step": 3})
    other, other_ema, other_optimizer = trained(optimizer_class, steps=1)
    facts = load_state(tmp_path, other, other_ema, other_optimizer)
    assert facts["step"] == 3
    assert other_ema.updates == 3
    batch = torch.randn(4, 3)
    for one, o in ((model, optimizer), (other, other_optimizer)):
        o.zero_grad()
        one(batch).square().sum().backward()
        o.step()
    assert torch.equal(model.weight, other.weight)
    assert torch.equal(ema.model.weight, other_ema.model.weight)


def test_a_state_of_another_network_is_refused(tmp_path):
    save_state(tmp_path, *trained(), {"step": 3})
    model = torch.nn.Linear(5, 2)
    with pytest.raises(UnsuitableInput, match="does not fit"):
        load_state(tmp_path, model, Ema(model, 0.9), Adan(model.parameters()))


def test_a_checkpoint_cut_short_is_not_seen(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    checkpoints.write(5, lambda folder: fill(folder, 5), best=True)

    def fail(folder):
        (folder / "training.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checkpoints.write(10, fail, best=True)
    (tmp_path / ".step-00000015.part").mkdir()
    assert [path.name for path in checkpoints.all()] == ["step-00000005"]
    assert (tmp_path / "best").resolve().name == "step-00000005"


def test_rotation_keeps_the_newest_and_the_best(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    for step in range(1, 6):
        checkpoints.write(step, lambda folder, step=step: fill(folder, step), best=step == 2)
    assert [path.name for path in checkpoints.all()] == [
        "step-00000002", "step-00000004", "step-00000005",
    ]  # fmt: skip
    assert checkpoints.latest() == tmp_path / "step-00000005"


def test_log_drops_later_steps_and_a_torn_last_line(tmp_path):
    log = TrainingLog(tmp_path, 0)
    for step in (10, 20, 30):
        log.write(step, "train", {"loss": 1.0 / step})
    log.close()
    with (tmp_path / "log.jsonl").open("a") as stream:
        stream.write('{"step": 40, "ki')
    TrainingLog(tmp_path, 20).close()
    assert [line["step"] for line in read_log(tmp_path)] == [10, 20]
