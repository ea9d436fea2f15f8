import pytest

from pipelines.support.files import write_json
from pipelines.training.checkpoints import FACTS, Checkpoints


def fill(folder, step, best=None):
    (folder / "weights.bin").write_bytes(bytes(step))
    write_json(folder / FACTS, {"step": step, "best": best})


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


def test_a_folder_without_checkpoints(tmp_path):
    checkpoints = Checkpoints(tmp_path / "none", keep=2)
    assert checkpoints.all() == [] and checkpoints.latest() is None


def test_pointers_are_links_inside_the_folder(tmp_path):
    """A run can be moved or copied to another machine as a whole."""
    checkpoints = Checkpoints(tmp_path / "a", keep=3)
    (tmp_path / "a").mkdir()
    for step, best in ((1, True), (2, False)):
        checkpoints.write(step, lambda folder, step=step: fill(folder, step), best=best)
    (tmp_path / "a").rename(tmp_path / "b")
    assert (tmp_path / "b" / "latest").resolve() == tmp_path / "b" / "step-00000002"
    assert (tmp_path / "b" / "best").resolve() == tmp_path / "b" / "step-00000001"


def test_the_same_step_written_again_replaces_it(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    for content in (b"first", b"second"):

        def write(folder, content=content):
            fill(folder, 5)
            (folder / "weights.bin").write_bytes(content)

        path = checkpoints.write(5, write, best=False)
    assert (path / "weights.bin").read_bytes() == b"second"
    assert checkpoints.all() == [path]


def test_what_an_earlier_kill_left_does_not_get_into_a_checkpoint(tmp_path):
    left = tmp_path / ".step-00000005.part"
    left.mkdir()
    (left / "stale.bin").write_bytes(b"stale")
    path = Checkpoints(tmp_path, keep=2).write(5, lambda folder: fill(folder, 5), best=False)
    assert sorted(file.name for file in path.iterdir()) == [FACTS, "weights.bin"]
    assert not left.exists()


def test_folders_inside_a_checkpoint_are_kept(tmp_path):
    def write(folder):
        (folder / "optimizer").mkdir()
        (folder / "optimizer" / "state.bin").write_bytes(b"state")
        fill(folder, 1)

    path = Checkpoints(tmp_path, keep=1).write(1, write, best=True)
    assert (path / "optimizer" / "state.bin").read_bytes() == b"state"


def test_checkpoints_without_facts_are_neither_counted_nor_deleted(tmp_path):
    (tmp_path / "step-00000001").mkdir()
    checkpoints = Checkpoints(tmp_path, keep=1)
    for step in (2, 3):
        checkpoints.write(step, lambda folder, step=step: fill(folder, step), best=False)
    assert [path.name for path in checkpoints.all()] == ["step-00000003"]
    assert (tmp_path / "step-00000001").is_dir()


@pytest.mark.parametrize("keep", [1, 2, 4])
def test_as_many_are_kept_as_asked(tmp_path, keep):
    checkpoints = Checkpoints(tmp_path, keep=keep)
    for step in range(1, 7):
        checkpoints.write(step, lambda folder, step=step: fill(folder, step), best=False)
    steps = [int(path.name[5:]) for path in checkpoints.all()]
    assert steps == list(range(7 - keep, 7))


def test_a_kill_before_the_pointers_were_moved_is_made_good(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path, keep=1)
    checkpoints.write(5, lambda folder: fill(folder, 5, 0.9), best=True)

    def killed(name, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoints, "_point", killed)
        checkpoints.write(10, lambda folder: fill(folder, 10, 0.8), best=True)
    assert (tmp_path / "latest").resolve().name == "step-00000005"
    (tmp_path / ".latest.part").symlink_to("step-00000010")
    (tmp_path / ".step-00000015.part").mkdir()
    checkpoints.mend()
    assert (tmp_path / "latest").resolve().name == "step-00000010"
    assert (tmp_path / "best").resolve().name == "step-00000010"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best", "latest", "step-00000010"]


def test_the_best_is_the_first_that_reached_its_score(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=9)
    for step, best in ((1, 0.9), (2, 0.8), (3, 0.8)):
        checkpoints.write(step, lambda folder, s=step, b=best: fill(folder, s, b), best=step < 3)
    checkpoints.mend()
    assert (tmp_path / "best").resolve().name == "step-00000002"
    assert (tmp_path / "latest").resolve().name == "step-00000003"


def test_a_run_without_scores_or_checkpoints_is_mended_too(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    checkpoints.mend()
    checkpoints.write(1, lambda folder: fill(folder, 1), best=False)
    checkpoints.mend()
    assert not (tmp_path / "best").exists()


def test_an_old_checkpoint_goes_at_once_or_not_at_all(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path, keep=1)
    checkpoints.write(1, lambda folder: fill(folder, 1), best=False)

    def killed(folder, ignore_errors=False):
        if not ignore_errors:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pipelines.training.checkpoints.shutil.rmtree", killed)
        checkpoints.write(2, lambda folder: fill(folder, 2), best=False)
    assert [path.name for path in tmp_path.glob("step-*")] == ["step-00000002"]
    checkpoints.mend()
    assert not list(tmp_path.glob(".*"))
