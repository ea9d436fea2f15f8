"""The paper's rows: in columns that there are, in the units that tables show."""

from pipelines.evaluation.catalogue import METRICS, columns
from pipelines.evaluation.protocols.table import PROTOCOLS
from pipelines.evaluation.published import PUBLISHED


def test_rows_fit_the_columns():
    assert set(PUBLISHED) <= set(PROTOCOLS)
    for protocol, rows in PUBLISHED.items():
        for row in rows.values():
            assert set(row) <= set(columns(protocol)) <= set(METRICS)


def test_numbers_that_the_paper_is_known_by():
    assert PUBLISHED["motion-appearance"]["MACE-Dance"]["bas"] == 0.523
    assert PUBLISHED["motion-3d"]["MACE Motion Expert"]["fid_k"] == 17.83
    assert PUBLISHED["motion-3d"]["Lodge"]["fsr"] == 0.028
    assert PUBLISHED["animation"]["MACE Appearance Expert"]["fvd"] == 274.94


def test_shares_are_shares_and_the_truth_has_no_distance_to_itself():
    for rows in PUBLISHED.values():
        for name, row in rows.items():
            assert all(0 < row[key] < 1 for key in ("bas", "fsr", "ssim") if key in row)
            assert all(40 < row[key] < 100 for key in ("iq", "aq", "sc", "bc") if key in row)
            assert (name == "Ground truth") <= ("fid_k" not in row)
