from __future__ import annotations

import pytest

from pipelines.motion_expert.library.genres import STYLES, Style, find_genre, style_of
from pipelines.support.errors import BadUsage

KNOWN = ("la hip-hop", "house", "break", "lock")


@pytest.mark.parametrize(
    ("asked", "name"),
    [("House", "house"), ("LA_hip_hop", "la hip-hop"), ("la-hip-hop", "la hip-hop"),
     ("hiphop", "la hip-hop"), ("breakdance", "break"), ("locking", "lock")],
)  # fmt: skip
def test_styles_go_by_several_names(asked: str, name: str) -> None:
    assert find_genre(asked, KNOWN) == name


@pytest.mark.parametrize("asked", ["tango", "popping", ""])
def test_what_the_library_lacks_is_refused_with_what_it_has(asked: str) -> None:
    with pytest.raises(BadUsage) as caught:
        find_genre(asked, KNOWN)
    assert "break, house, la hip-hop, lock" in str(caught.value.hint)


def test_a_style_of_ones_own_dances_when_asked_for() -> None:
    assert style_of("polka") == Style()
    assert style_of("polka").liking is None
    assert STYLES["house"].liking is not None
