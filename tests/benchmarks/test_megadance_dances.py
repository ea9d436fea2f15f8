"""The table of FIDs: each row beside the last one."""

from megadance_dances import table
from quality.fid_intervals import KINDS, Interval, RowIntervals


def row(value):
    own = {kind: Interval(value, value - 5, value + 5) for kind in KINDS}
    return RowIntervals(own, {kind: Interval(value - 90, value - 92, value - 88) for kind in KINDS})


def test_the_last_row_is_what_others_are_compared_with():
    lines = table({"without": row(80.0), "all": row(90.0)}).splitlines()
    assert lines[0] == (
        "| | fid_k | fid_l | fid_g | fid_k beside the last | fid_l beside the last "
        "| fid_g beside the last |"
    )
    assert lines[2].startswith("| without | 80 [75, 85] |") and "-10 [-12, -8]" in lines[2]
    assert lines[3] == "| all | 90 [85, 95] | 90 [85, 95] | 90 [85, 95] |  |  |  |"
