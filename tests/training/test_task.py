import torch

from pipelines.training.task import ByName, Task, Words


def test_a_state_is_written_by_its_own_names_unless_a_task_says_otherwise():
    state = {"master.a": torch.ones(2), "step.a": torch.tensor(3)}
    packed, facts = ByName().packed(state, ["a"])
    assert (packed, facts) == (state, {})
    assert ByName().unpacked(packed, facts, ["a"]) == state


def test_what_a_task_need_not_say():
    made = Task(
        torch.nn.Linear(1, 1), draw=None, loss=None, optimizer=None, save=None,
        words=Words("item", "items", "", ""),
    )  # fmt: skip
    assert (made.held_out, made.sample, made.settings, made.facts) == (None, None, {}, {})
    assert made.noise_device == torch.device("cpu")
    assert isinstance(made.state, ByName)
