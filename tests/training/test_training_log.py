import io

import numpy as np
import pytest
from PIL import Image

from pipelines.training.training_log import TrainingLog, read_log


def test_log_drops_later_steps_and_a_torn_last_line(tmp_path):
    log = TrainingLog(tmp_path, 0)
    for step in (10, 20, 30):
        log.write(step, "train", {"loss": 1.0 / step})
    log.close()
    with (tmp_path / "log.jsonl").open("a") as stream:
        stream.write('{"step": 40, "ki')
    TrainingLog(tmp_path, 20).close()
    assert [line["step"] for line in read_log(tmp_path)] == [10, 20]


def test_lines_say_step_kind_time_and_the_numbers(tmp_path):
    log = TrainingLog(tmp_path, 0)
    log.write(3, "train", {"loss": 0.5, "rate": 1e-4})
    (line,) = read_log(tmp_path)  # written at once, so that a kill loses nothing
    log.close()
    assert list(line) == ["step", "kind", "time", "loss", "rate"]
    assert (line["step"], line["kind"], line["loss"]) == (3, "train", 0.5)


def test_a_line_that_a_kill_cut_short_is_dropped_and_the_next_one_whole(tmp_path):
    log = TrainingLog(tmp_path, 0)
    log.write(1, "train", {"loss": 1.0})
    log.close()
    whole = (tmp_path / "log.jsonl").read_text()
    for torn in (whole + '{"step": 2, "kind": "tr', whole.rstrip("\n")):
        (tmp_path / "log.jsonl").write_text(torn)
        assert [line["step"] for line in read_log(tmp_path)] == [1]
    resumed = TrainingLog(tmp_path, 1)
    resumed.write(2, "train", {"loss": 0.9})
    resumed.close()
    assert [line["step"] for line in read_log(tmp_path)] == [1, 2]


@pytest.mark.parametrize(("step", "kept"), [(0, []), (2, [1, 2, 2]), (9, [1, 2, 2, 3])])
def test_a_resumed_run_forgets_what_it_will_do_again(tmp_path, step, kept):
    log = TrainingLog(tmp_path, 0)
    for number, kind in ((1, "train"), (2, "train"), (2, "validation"), (3, "train")):
        log.write(number, kind, {"loss": 1.0})
    log.close()
    TrainingLog(tmp_path, step).close()
    assert [line["step"] for line in read_log(tmp_path)] == kept


def test_tensorboard_holds_the_same_numbers_and_plays_the_dance(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = TrainingLog(tmp_path, 0)
    for step in (1, 2):
        log.write(step, "train", {"loss": 1.0 / step})
    frames = np.random.default_rng(0).integers(0, 255, (3, 8, 6, 3)).astype(np.uint8)
    log.show(2, "dance", frames, 10.0)
    log.close()
    board = EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    assert [(one.step, one.value) for one in board.Scalars("train/loss")] == [(1, 1.0), (2, 0.5)]
    (shown,) = board.Images("dance")
    gif = Image.open(io.BytesIO(shown.encoded_image_string))
    assert (gif.format, gif.n_frames, gif.size) == ("GIF", 3, (6, 8))
    assert gif.info["duration"] == 100


def test_without_tensorboard_the_lines_are_written_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.training.training_log._tensorboard", lambda *_: None)
    log = TrainingLog(tmp_path, 0)
    log.write(1, "train", {"loss": 1.0})
    log.show(1, "dance", np.zeros((1, 2, 2, 3), np.uint8), 10.0)
    log.close()
    assert len(read_log(tmp_path)) == 1 and not (tmp_path / "tensorboard").exists()
