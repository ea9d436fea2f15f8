"""One row per metric, from which the tables' columns follow."""

import numpy as np
import pytest

from pipelines.evaluation.catalogue import COLUMNS, METRICS, PROTOCOLS, VBENCH, VBENCH_NAMES
from pipelines.support.named import named


def test_columns_stand_in_the_order_of_the_papers_tables():
    assert COLUMNS["motion-3d"][:5] == ("fid_k", "fid_g", "div_k", "div_g", "bas")
    assert COLUMNS["motion-appearance"] == (*VBENCH, "fid_k", "fid_g", "div_k", "div_g", "bas")
    assert COLUMNS["animation"][0] == "fvd"
    assert set(VBENCH) == set(VBENCH_NAMES)


def test_every_metric_stands_in_a_table_and_labels_are_told_apart():
    assert {key for columns in COLUMNS.values() for key in columns} == set(METRICS)
    assert all(set(metric.protocols) <= set(PROTOCOLS) for metric in METRICS.values())
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)


@pytest.mark.parametrize("key", [key for key, metric in METRICS.items() if metric.of_dance])
def test_metrics_of_dances_take_joints_and_a_rate(key, dance):
    value = named(METRICS[key].of_dance)(dance().joints(), 30.0)
    assert "motion-3d" in METRICS[key].protocols
    assert np.isfinite(value)
