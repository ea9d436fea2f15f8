import pytest

from pipelines.support.errors import BadUsage
from pipelines.training.processes import Processes
from pipelines.training.same_run import check_same_run, remember_run


def test_a_run_goes_on_with_its_own_options_only(tmp_path):
    folder = tmp_path / "r"
    check_same_run(folder, {"batch_size": 4}, resume=False)  # nothing there yet
    remember_run(folder, {"batch_size": 4}, Processes())
    check_same_run(folder, {"batch_size": 4}, resume=False)
    with pytest.raises(BadUsage, match="run r was begun with --batch-size 4, not 8") as caught:
        check_same_run(folder, {"batch_size": 8}, resume=False)
    assert "--resume" in caught.value.hint
    check_same_run(folder, {"batch_size": 8}, resume=True)


def test_of_several_processes_the_leading_one_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(Processes, "wait", lambda self: None)
    remember_run(tmp_path, {"seed": 1}, Processes(rank=1, count=2))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        ({"lr": 0.1}, {"lr": 0.2}, "--lr 0.1, not 0.2"),
        ({}, {"lr": 0.2}, "--lr None, not 0.2"),
        ({"music": ["paired"]}, {"music": ["compose"]}, "--music"),
        ({"a": 1, "b_c": 2}, {"a": 1, "b_c": 3}, "--b-c 2, not 3"),
    ],
)
def test_the_first_changed_option_is_named(tmp_path, before, now, says):
    remember_run(tmp_path, before, Processes())
    with pytest.raises(BadUsage, match=says):
        check_same_run(tmp_path, now, resume=False)


def test_options_that_are_gone_do_not_count(tmp_path):
    """A run that was begun by an earlier version goes on."""
    remember_run(tmp_path, {"lr": 0.1, "former": True}, Processes())
    check_same_run(tmp_path, {"lr": 0.1}, resume=False)


def test_what_was_told_once_need_not_be_told_again(tmp_path):
    remember_run(tmp_path, {"lr": 0.1}, Processes())
    check_same_run(tmp_path, {"lr": 0.2}, resume=True)
    remember_run(tmp_path, {"lr": 0.2}, Processes())
    check_same_run(tmp_path, {"lr": 0.2}, resume=False)
