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
