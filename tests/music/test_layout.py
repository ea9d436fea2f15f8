"""The 35 columns of the music features, by name."""

from __future__ import annotations

from pipelines.music import layout


def test_columns_cover_all_35_once_in_the_published_order() -> None:
    names = [layout.envelope, layout.mfcc, layout.chroma, layout.peaks, layout.beats]
    covered = [column for name in names for column in range(layout.WIDTH)[name]]
    assert covered == list(range(35))
    # FACT's layout: envelope 0, MFCC 1 to 20, chroma 21 to 32, peaks 33, beats 34.
    assert [column.start for column in names] == [0, 1, 21, 33, 34]
