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
