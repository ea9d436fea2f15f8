from types import SimpleNamespace

import pytest

from pipelines.media.ffmpeg import is_disk_full, raise_write_failure
from pipelines.support.errors import OutOfResources, UnsuitableInput

CUT_SHORT = b"file:picture.mp4: Invalid data found when processing input\n"


def test_a_full_disk_is_found_out_even_where_ffmpeg_blames_something_else(tmp_path, monkeypatch):
    target = tmp_path / "out.mp4"
    assert not is_disk_full(target, CUT_SHORT)
    assert is_disk_full(target, b"av_write_trailer(): No space left on device")
    with pytest.raises(UnsuitableInput):
        raise_write_failure(target, CUT_SHORT)
    monkeypatch.setattr(
        "pipelines.media.ffmpeg.shutil.disk_usage", lambda folder: SimpleNamespace(free=4096)
    )
    with pytest.raises(OutOfResources, match="disk is full"):
        raise_write_failure(target, CUT_SHORT)
