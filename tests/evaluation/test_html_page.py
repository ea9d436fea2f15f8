"""Pages of tables: whole, escaped, without anything from elsewhere."""

from __future__ import annotations

from pipelines.evaluation.html_page import html_table, safe, write_html


def test_a_page(tmp_path):
    table = html_table(["", "a<b"], ["<tr><td>1</td></tr>"])
    write_html(tmp_path / "p.html", "x & y", ["<h1>h</h1>", "", table])
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and text.endswith("</body></html>\n")
    assert "<title>x &amp; y</title>" in text and "<th>a&lt;b</th>" in text
    assert "<td>1</td>" in text and "\n\n" not in text.partition("<body>")[2]
    assert safe('<a href="x">') == "&lt;a href=&quot;x&quot;&gt;"
