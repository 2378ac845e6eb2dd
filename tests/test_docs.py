"""The examples in the README, the documentation and the docstrings work."""

from __future__ import annotations

import doctest
import hashlib
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import csamatch

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


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_documentation(path):
    text = path.read_text(encoding="utf-8")
    result = doctest.testfile(str(path), module_relative=False)
    assert result.failed == 0
    assert result.attempted == len(re.findall(r"^>>> ", text, re.MULTILINE))


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
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
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
