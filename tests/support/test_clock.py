"""Times as people write them."""

import pytest

from pipelines.support.clock import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45", 45.0), ("0:45", 45.0), ("1:02.5", 62.5), ("1:00:01", 3601.0), (" 2.5 ", 2.5),
     ("90:00", 5400.0), ("-1", -1.0), (".5", 0.5)],
)  # fmt: skip
def test_a_time_is_read(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "a", "1:", ":1", "1:60", "1:-2", "1:2:3:4", "1.5:00", "1:nan"]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):
        seconds_of(text)
