"""What `doctor` prints: a row a check, wrapped, and its exit code."""

from __future__ import annotations

import json

from macedance_cli.doctor import _row
from pipelines.doctor import Check


def test_rows_are_wrapped_under_their_text(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    row = _row(Check("disk", "missing", "word " * 12, "free some space, or choose another place"))
    first, *others = row.splitlines()
    assert first.startswith("MISSING  disk              word")
    assert all(line.startswith(" " * 27) for line in others)
    assert max(map(len, row.splitlines())) <= 60
    assert "-> free some" in row


def test_a_remedy_only_where_something_is_wrong():
    assert "->" not in _row(Check("disk", "ok", "fine", "nothing to do"))


def test_json_says_whether_all_is_there(macedance):
    done = macedance("doctor", "--json")
    told = json.loads(done.stdout)
    assert told["ready"] is (done.returncode == 0)
    assert {"name", "state", "detail", "remedy"} <= set(told["checks"][0])
    assert {check["name"] for check in told["checks"]} >= {"python", "ffmpeg", "disk"}
