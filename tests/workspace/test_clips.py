import json

from pipelines.support.progress import SILENT
from pipelines.workspace.clips import finish_clip, finished_clip, write_clip_table
from pipelines.workspace.layout import Workspace


def make(workspace: Workspace, name: str, **facts):
    folder = workspace.clip(name)
    folder.mkdir(parents=True)
    for file in ("video.mp4", "keypoints.npz"):
        (folder / file).write_bytes(name.encode())
    known = {
        "id": name, "maker": "render", "source": {"file": "a.npz", "start": 1.5}, "seconds": 5.0,
        "fps": 30.0, "width": 64, "height": 96, "frames": 150, "genre": None, "has_sound": False,
        "scores": {},
    }  # fmt: skip
    finish_clip(folder, known | facts, ["video.mp4", "keypoints.npz"])
    return folder


def rows(workspace: Workspace):
    return [json.loads(line) for line in workspace.clip_table.read_text().splitlines()]


def test_the_table_has_a_row_for_every_kept_clip(tmp_path):
    workspace = Workspace(tmp_path)
    assert write_clip_table(workspace, SILENT) == 0
    make(workspace, "b", genre="Jazz", split="train", scores={"motion": 0.5})
    make(workspace, "a")
    make(workspace, "c", kept=False)
    workspace.clip("half").mkdir()
    (workspace.clip("half") / "video.mp4").write_bytes(b"")
    damaged = make(workspace, "d")
    (damaged / "clip.json").write_text("{")
    assert write_clip_table(workspace, SILENT) == 2
    first, second = rows(workspace)
    assert first["file_name"] == "a/video.mp4"
    assert first["keypoints"] == "a/keypoints.npz"
    assert (first["pose"], first["source"], first["start"]) == (None, "a.npz", 1.5)
    assert (second["id"], second["genre"], second["split"]) == ("b", "Jazz", "train")
    assert second["score_motion"] == 0.5


def test_writing_it_again_changes_nothing_and_forgets_what_is_gone(tmp_path):
    workspace = Workspace(tmp_path)
    folder = make(workspace, "a")
    make(workspace, "b")
    write_clip_table(workspace, SILENT)
    before = workspace.clip_table.read_bytes()
    write_clip_table(workspace, SILENT)
    assert workspace.clip_table.read_bytes() == before
    (folder / "clip.json").unlink()
    assert write_clip_table(workspace, SILENT) == 1
    assert [row["id"] for row in rows(workspace)] == ["b"]


def test_a_changed_file_makes_a_clip_unfinished(tmp_path):
    workspace = Workspace(tmp_path)
    folder = make(workspace, "a")
    assert finished_clip(folder, SILENT)["frames"] == 150
    (folder / "video.mp4").write_bytes(b"other")
    assert finished_clip(folder, SILENT) is None
    assert finished_clip(workspace.clip("none"), SILENT) is None
