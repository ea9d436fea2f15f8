"""MEGADance's Table 2: MEGADance on AIST++, beside recordings.

    python examples/tables/megadance_table2.py --data aist/ --split val+test --out table2

The same as Table 1 on another data set; the paper tests on 40 takes, validation and test.
"""

from __future__ import annotations

from collections.abc import Sequence

import megadance_table1

METRICS = ("fid_k", "fid_g", "div_g", "div_s", "bas")
PUBLISHED = """Published (FID_k, FID_g, DIV_g, DIV_s, BAS): ground truth 0, 0, 9.04, 7.52, 0.232;
Bailando++ 30.21, 15.48, 5.35, 5.13, 0.228; EDGE 42.16, 22.12, 3.96, 4.61, 0.233; Lodge 35.72,
17.92, 5.72, 5.91, 0.247; MEGADance 25.89, 12.62, 5.84, 6.23, 0.238."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it all and print the table."""
    megadance_table1.main(arguments, __doc__, "megadance_table2", METRICS, PUBLISHED)


if __name__ == "__main__":
    main()
