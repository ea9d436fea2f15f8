import pytest

from pipelines.support.files import write_json
from pipelines.training.checkpoints import FACTS, Checkpoints


def fill(folder, step):
    (folder / "weights.bin").write_bytes(bytes(step))
    write_json(folder / FACTS, {"step": step})


def test_a_checkpoint_cut_short_is_not_seen(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    checkpoints.write(5, lambda folder: fill(folder, 5), best=True)

    def fail(folder):
        (folder / "weights.bin").write_bytes(b"half")
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
