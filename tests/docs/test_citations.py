"""What the code cites is in the repository: every `docs/page.md#heading` leads somewhere."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
CITATION = re.compile(r"(?<![\w/.-])(docs/[\w./-]+\.md)(?:#([\w-]*\w))?")
LINK = re.compile(r"\]\(([^)\s:]+\.md)(?:#([\w-]+))?\)")
ELSEWHERE = re.compile(r"\b[Ss]pec(?:ification)?\b[ ,]*(?:[A-H]\b|packages|\()|\bDESIGN\b")
"""How documents that the repository does not hold used to be cited: "spec C.7"."""


@cache
def listed() -> tuple[Path, ...]:
    """Every text of ours that may cite a page, as git knows them or would."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = done.stdout.splitlines() if done.returncode == 0 else []
    paths = [ROOT / name for name in names] or sorted(ROOT.rglob("*"))
    kept = (".py", ".md", ".toml", ".yaml", ".txt")
    return tuple(
        path
        for path in paths
        if (path.suffix in kept or path.parent.name == ".ci" or path.name == "Makefile")
        and path.is_file()
        and ".venv" not in path.parts
    )


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return frozenset(slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE))


@cache
def citations() -> tuple[tuple[Path, Path, str], ...]:
    """(file, page, anchor) of every citation by path from the root, and of links in pages."""
    found = []
    for path in listed():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".md":
            for target, anchor in LINK.findall(text):
                found.append((path, (path.parent / target).resolve(), anchor))
            for anchor in re.findall(r"\]\(#([\w-]+)\)", text):
                found.append((path, path, anchor))
        if path != Path(__file__).resolve():
            text = text if path.suffix != ".md" else re.sub(LINK, "", text)
            found += [(path, ROOT / page, anchor) for page, anchor in CITATION.findall(text)]
    return tuple(found)


def test_there_are_citations() -> None:
    assert sum(path.suffix == ".py" for path, _, _ in citations()) > 50


def test_every_citation_leads_to_a_heading() -> None:
    lost = [
        f"{path.relative_to(ROOT)}: {page}#{anchor}"
        for path, page, anchor in citations()
        if not page.is_file() or (anchor and anchor not in anchors(page))
    ]
    assert lost == []


def test_no_document_is_cited_that_is_not_here() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in listed()
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if ELSEWHERE.search(line)
    ]
    assert found == []


PAGES = sorted(page.name for page in REFERENCE.glob("*.md") if page.name != "README.md")


@pytest.mark.parametrize("name", PAGES)
def test_every_heading_of_the_reference_is_cited(name: str) -> None:
    """By the code or by another page, but for its title: what is not serves nobody."""
    page = REFERENCE / name
    cited = {anchor for path, target, anchor in citations() if target == page and path != page}
    by_code = {path for path, target, _ in citations() if target == page and path.suffix == ".py"}
    assert by_code, "no code cites this page"
    title = slug(re.findall(r"^# (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)[0])
    assert anchors(page) - cited - {title} == set()


def test_the_index_lists_every_page() -> None:
    index = (REFERENCE / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((\w[\w-]*\.md)\)", index)) == set(PAGES)


def test_the_index_of_all_documents_lists_each_page_once() -> None:
    docs = ROOT / "docs"
    linked = re.findall(r"\]\((\w[\w/-]*\.md)\)", (docs / "README.md").read_text(encoding="utf-8"))
    assert len(linked) == len(set(linked))
    pages = {path.name for path in docs.glob("*.md")} - {"README.md"}
    for folder in ("how-to", "lab"):
        pages |= {f"{folder}/{path.name}" for path in docs.glob(f"{folder}/*.md")}
    assert set(linked) == pages | {"reference/README.md"}


def test_files_of_ours_that_pages_name_are_there() -> None:
    """But for `pipelines/a/b.py`, which stands for any."""
    folders = r"pipelines|macedance_cli|benchmarks|examples|docs|\.ci"
    named = re.compile(rf"(?<![\w/.])((?:{folders})/(?!a/b)[\w./-]*\w)")
    missing = [
        f"{page.relative_to(ROOT)}: {path}"
        for page in listed()
        if page.suffix == ".md" and "how-to" not in page.parts
        for path in named.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / path).exists()
    ]
    assert missing == []
