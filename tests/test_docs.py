"""What the documentation says is what the code does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from onevisit.cli import cli
from onevisit.names import ROOMS
from onevisit.truth.simulate import simulate_mission
from tests.docs.writers import writer

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", ["architecture.md", "formats.md", "thresholds.md", "flags.md"])
def test_pages_made_from_the_code_are_fresh(name: str) -> None:
    """`make docs` renews them."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == writer("tables").PAGES[name]()


def test_the_python_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block is taken from the page and run beside a demo mission; it has three to six lines."""
    block = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[0]
    assert 3 <= len([line for line in block.splitlines() if line]) <= 6
    simulate_mission(tmp_path / "demo", seed=7)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})


def test_commands_of_the_readme_exist() -> None:
    """Every verb and every make target that the page names."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^    onevisit (\w+)", text, re.M)) <= set(cli.commands)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make (\w+)", text)):
        assert re.search(rf"^{target}:", makefile, re.M), target


def _page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_both_readmes_lead_to_each_other() -> None:
    """In the first lines of each."""
    assert "[中文](README.zh.md)" in "".join(_page("README.md").splitlines()[:3])
    assert "[English](README.md)" in "".join(_page("README.zh.md").splitlines()[:3])


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("commands", r"^    ((?:onevisit|make) .*?) *(?:#.*)?$"),
        ("make targets", r"(make [a-z-]+)"),
        ("links", r"\]\((?!README)([^)]+)\)"),
        ("first columns", r"^\| (`.*?`) \|"),
        ("sections", r"^(##) "),
        ("Python", r"^```python\n(.*?)```"),
    ],
)
def test_both_readmes_say_the_same(what: str, pattern: str) -> None:
    """The same commands, links and rows in the same order, and the same code."""
    flags = re.M | (re.S if what == "Python" else 0)
    english, chinese = (re.findall(pattern, _page(name), flags) for name in ("README.md", "README.zh.md"))
    assert english and chinese == english


def test_the_chinese_readme_uses_the_terms_of_the_nomenclature() -> None:
    """Where the English page has a term of it, the Chinese page has its word."""
    chinese = _page("README.zh.md")
    terms = {row[0]: row[3].split("（")[0] for row in _terms()}
    for term in ("hotspot", "lead", "manifest", "ortho", "plume", "road segment", "site", "species", "enhancement"):
        assert terms[term] in chinese, term


def test_links_of_the_documentation_lead_somewhere() -> None:
    """Every relative link of the pages at the top and of docs/ names a file of the repository."""
    for page in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))):
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_no_file_names_a_machine_or_a_registry() -> None:
    """Nobody else has our paths; addresses of registries do not belong into a repository."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    pattern = re.compile(r"(?<![\w.])/(?:work|farm|root)/[A-Za-z.]|--(?:extra-)?index-url|files\.pythonhosted")
    for name in files:
        path = ROOT / name
        if name != "tests/test_docs.py" and path.suffix in {".py", ".md", ".toml", ".txt", ""} and path.is_file():
            assert not pattern.search(path.read_text(encoding="utf-8", errors="ignore")), name


def _terms() -> list[list[str]]:
    """Rows of all tables of the nomenclature: term, names in code, meaning, Chinese."""
    text = (ROOT / "docs" / "nomenclature.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "]
    return [row for row in rows if row[0] != "term"]


def test_each_noun_stands_once_with_its_chinese() -> None:
    """No term and no Chinese word twice; every row says what it means in both languages."""
    rows = _terms()
    assert len(rows) > 50 and {len(row) for row in rows} == {4}
    for column in (0, 3):
        words = [row[column] for row in rows]
        assert [word for word in words if words.count(word) > 1 or not word] == []
    assert all(row[2] for row in rows)
    assert all(re.search(r"[一-鿿]|^GCP$", row[3]) for row in rows)


def test_names_of_the_nomenclature_are_in_the_code() -> None:
    """Each name in backticks is a name in the rooms (what stands in <> is any species)."""
    code = "\n".join(path.read_text(encoding="utf-8") for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    for row in _terms():
        for name in re.findall(r"`([^`]+)`", row[1]):
            plain = re.sub(r"<\w+>", "", name)
            assert re.search(rf"(?<![A-Za-z0-9]){re.escape(plain)}(?![A-Za-z0-9])", code), f"{row[0]}: {name}"


def test_one_name_is_one_thing() -> None:
    """No two public classes of the rooms have one name; the simulator and the score are a world of their own."""
    homes: dict[str, set[str]] = {}
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        if "truth" not in path.parts:
            for name in re.findall(r"^class ([A-Z]\w*)", path.read_text(encoding="utf-8"), re.M):
                homes.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_modules_that_pages_name_are_there() -> None:
    """Paths and dotted names of the program, in the pages about it."""
    rooms = "|".join((*ROOMS, "benchmarks"))
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for name in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")):
            if re.fullmatch(rf"(?:{rooms})/[\w./]+\.(?:py|csv)", name):
                assert (ROOT / name).is_file(), f"{page.name}: {name}"
            elif re.fullmatch(r"monitors\.\w+\.(?:precision|recall)", name):
                continue  # a measure of docs/skill.md
            elif re.fullmatch(rf"(?:{rooms})(?:\.\w+)+", name):
                assert _is_there(name.split(".")), f"{page.name}: {name}"


def _is_there(parts: list[str]) -> bool:
    """A package, a module, or a name that a module holds."""
    for count in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:count])
        if path.with_suffix(".py").is_file():
            text = path.with_suffix(".py").read_text(encoding="utf-8")
            return all(re.search(rf"\b{part}\b", text) for part in parts[count:])
        if path.is_dir():
            return count == len(parts)
    return False
