"""A workspace is known wherever it lies, and so is what in it is a dance."""

import pytest

from pipelines.workspace.layout import Workspace
from pipelines.workspace.own_files import is_kept_dance, is_workspace, workspace_of
from pipelines.workspace.run_record import recorded_run


@pytest.fixture
def workspace(tmp_path):
    root = tmp_path / "anywhere"
    with recorded_run([Workspace(root).run_record("song-1")], "generate", "song-1", {}):
        pass
    return root


def test_a_workspace_is_known_by_its_records(workspace, tmp_path):
    assert is_workspace(workspace) and not is_workspace(tmp_path)
    assert workspace_of(workspace / "generations" / "song-1" / "motion.npz") == workspace
    assert workspace_of(tmp_path / "dance.npz") is None


@pytest.mark.parametrize("text", ["{}", "[1]", "not JSON"])
def test_other_peoples_runs_are_no_workspace(tmp_path, text):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "one.json").write_text(text)
    assert not is_workspace(tmp_path)


def test_of_a_folder_only_the_dance_is_one(workspace):
    folder = workspace / "generations" / "song-1"
    assert is_kept_dance(folder / "motion.npz", workspace)
    for name in ("motion.bvh", "keypoints.npz"):
        assert not is_kept_dance(folder / name, workspace)
    assert not is_kept_dance(workspace / "features" / "motion.npz", workspace)
