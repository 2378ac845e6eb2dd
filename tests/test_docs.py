"""The examples in the README, the documentation and the docstrings work."""

from __future__ import annotations

import doctest
import hashlib
import importlib
import pkgutil
import re
import shutil
from pathlib import Path

import pytest

import csamatch
import csamatch.audit
import csamatch.metrics
import examples

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def modules():
    names = [m.name for m in pkgutil.walk_packages(csamatch.__path__, "csamatch.")]
    return [name for name in names if name != "csamatch.__main__"]


@pytest.mark.parametrize("name", modules())
def test_docstrings(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_docstrings_were_run():
    """Every example in the package is one that doctest found."""
    found = sum(doctest.testmod(importlib.import_module(m)).attempted for m in modules())
    texts = [p.read_text(encoding="utf-8") for p in Path(csamatch.__file__).parent.rglob("*.py")]
    assert found == sum(len(re.findall(r"^ *>>> ", text, re.MULTILINE)) for text in texts)
    assert found > 5


PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda p: str(p.relative_to(ROOT))
)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_documentation(path, tmp_path, monkeypatch):
    """All examples of a page, in order; see `examples` for what that means."""
    for tool in ("bash", "md5sum"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool} to run the pages' commands with")
    monkeypatch.chdir(tmp_path)
    if "```console\n" not in path.read_text(encoding="utf-8"):  # such a page makes its own
        examples.synthetic_sources(tmp_path)
    examples.run_page(path)


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ("```python\n>>> 1 + 1\n3\n```\n", "Expected:\n    3"),
        ("```python\nassert 1 == 2\n```\n", ""),
        ("```console\n$ echo one\ntwo\n```\n", "expected:\ntwo"),
        ("```sh\ncsamatch verify nothing.csml\n```\n", "nothing.csml"),
        ("```\nmake install\n```\n", "nothing runs this"),
        ("```toml\na = 1\n```\n", "nothing runs this"),
        ("    >>> 1 + 1\n\n>>> 2\n", "outside of a fence"),
    ],
)
def test_examples_can_fail(page, wrong, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(page)
    with pytest.raises(AssertionError) as caught:
        examples.run_page(path)
    assert wrong in str(caught.value)


def test_readme_examples(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "baseline.txt").write_text(hashlib.md5(b"known").hexdigest())
    (tmp_path / "domains.txt").write_text("bad.example\n")
    csamatch.build("baseline.txt", "baseline.csml", info={"name": "Baseline"})
    csamatch.build("domains.txt", "domains.csml")
    scope: dict = {}
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        exec(example, scope)  # it is our own README
    assert scope["accept_upload"]([b"kno", b"wn"])["refused"] is True
    assert scope["accept_upload"]([b"kno", b"wn"])["list"] == "Baseline"
    assert scope["accept_upload"]([b"other"]) == {"refused": False}
    links = ["http://good.example/", "http://www.BAD.example/x"]
    assert scope["blocked_links"](links) == links[1:]


def test_links_between_documents():
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_changelog_names_the_version():
    assert f"## {csamatch.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_public_names_are_documented():
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in csamatch.__all__:
        assert name in text, name
        if not isinstance(getattr(csamatch, name), type(csamatch)):
            assert (getattr(csamatch, name).__doc__ or "").strip(), name


def test_every_public_name_is_in_the_reference():
    pages = [p.read_text(encoding="utf-8") for p in (ROOT / "docs" / "reference").glob("*.rst")]
    directive = re.compile(r"^\.\. (current|auto)\w+:: (\S+)$", re.MULTILINE)
    names, module = [], ""
    for page in pages:
        for what, name in directive.findall(page):
            if what == "current":
                module = name
            else:
                names.append(name if name.startswith("csamatch.") else f"{module}.{name}")
    assert len(set(names)) == len(names)
    for public in (csamatch, csamatch.audit, csamatch.metrics):
        wanted = {f"{public.__name__}.{name}" for name in public.__all__}
        assert wanted <= set(names)
