"""What importing csamatch imports: little, and no optional dependency before it is used."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import csamatch

# What extras bring for work on the package, which itself never imports it, and the package itself.
TOOLS = {
    *("argparse-manpage", "build", "cffi", "cmake", "csamatch", "cython", "fsspec", "hypothesis"),
    *("furo", "idna", "mypy", "myst-parser", "ninja", "pyright", "pytest", "pytest-benchmark"),
    *("ruff", "scikit-build-core", "sphinx", "unicodedata2", "zizmor"),
}

POISON = """
import sys

class Poison:
    def find_spec(self, name, path=None, target=None):
        if name in POISONED or name.partition(".")[0] in POISONED:
            raise RuntimeError(f"{name} was imported")

sys.meta_path.insert(0, Poison())
"""

EVERYTHING = """
import contextlib, hashlib, io, os, sys
import csamatch
from csamatch import cli

os.chdir(FOLDER)
digests = [hashlib.md5(bytes([i])).hexdigest() for i in range(9)]
open("digests.txt", "w").write("\\n".join(digests))
open("urls.txt", "w").write("bad.example\\nhttps://host.example/page\\n")
for name in csamatch.__all__:
    getattr(csamatch, name)
csamatch.build("digests.txt", "h.csml", info={"name": "h"})
csamatch.build("urls.txt", "u.csml")
csamatch.inspect("urls.txt")
hashes, urls = csamatch.open("h.csml"), csamatch.open("u.csml")
assert hashes.match(digests).count == 9
assert urls.match(["http://x.bad.example/"]).count == 1
assert urls.match_text(["see www.bad.example/x"], refang=True).count == 1
csamatch.explain_url("hxxp://bad[.]example/")
live = csamatch.LiveList("h.csml")
assert live.match(digests).count == 9
live.check()
seen = []
matcher = csamatch.Matcher([live, urls], guard=csamatch.FloodGuard(9, print), on_batch=seen.append)
assert matcher.match_digests(digests).count == 9 and seen
csamatch.update("h.csml", "h2.csml", remove=["digests.txt"], allow_shrink=True)
csamatch.diff("h.csml", "h2.csml")
csamatch.write_delta("h.csml", "h2.csml", "d.csmd")
csamatch.apply_delta("h.csml", "d.csmd", "h3.csml")
csamatch.publish("h.csml", "lists")
csamatch.export("digests.txt", "out.csv", format="csv")
csamatch.purge("h3.csml")
collector = csamatch.metrics.PrometheusCollector([live])
collector(seen[0])
for command in (["--help"], ["build", "--help"], ["bench", "--help"], ["match", "--help"]):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            cli.main(command)
        except SystemExit as left:
            assert left.code == 0
    assert "usage: csamatch" in said.getvalue()
assert cli.main(["match", "h.csml", "digests.txt"]) == 1
assert cli.main(["info", "u.csml"]) == 0
print("everything")
"""


def python(code: str, **names: object) -> subprocess.CompletedProcess[str]:
    head = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    return subprocess.run(
        [sys.executable, "-c", head + code], capture_output=True, text=True, check=False
    )


def poisoned() -> list[str]:
    """Return the packages that the extras bring, by the names that they are imported by."""
    named = set()
    for requirement in metadata.requires("csamatch") or []:
        if "extra ==" in requirement:
            named.add(re.match(r"[A-Za-z0-9._-]+", requirement).group().lower())
    return sorted(name.partition(".")[0].replace("-", "_") for name in named - TOOLS)


def test_everything_works_without_any_optional_dependency(tmp_path):
    result = python(POISON + EVERYTHING, POISONED=poisoned(), FOLDER=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("everything\n")


def test_the_poison_kills():
    code = """
import importlib
for name in POISONED:
    try:
        importlib.import_module(name)
    except RuntimeError:
        print(name)
"""
    result = python(POISON + code, POISONED=poisoned())
    assert result.stdout.split() == poisoned(), result.stderr
    assert {"backports", "duckdb", "matplotlib", "prometheus_client", "shtab"} <= {*poisoned()}


def imported(code: str) -> set[str]:
    """Return the modules outside the standard library that are there after running code."""
    tell = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    result = python(f"import sys\n{code}\n{tell}")
    assert result.returncode == 0, result.stderr
    return {
        name
        for name in json.loads(result.stdout)
        if name.partition(".")[0] not in sys.stdlib_module_names and "cython" not in name
    }


def test_importing_csamatch_imports_little():
    assert imported("import csamatch") - imported("") == {
        "csamatch",
        "csamatch._core",
        "csamatch.errors",
    }


def test_matching_imports_no_more_than_it_needs():
    with_numpy = imported("import numpy, numpy.typing")
    got = imported("import csamatch\ncsamatch.open, csamatch.HashList, csamatch.UrlList")
    modules = (
        *(
            "_core",
            "addresses",
            "assemble",
            "atomic",
            "canaries",
            "columns",
            "digests",
            "encrypted",
        ),
        *("entries", "errors", "hashlist", "info", "links", "listfile", "listkey", "listread"),
        "listwrite",
        *(
            "lists",
            "matches",
            "memory",
            "opening",
            "pieces",
            "regular",
            "rules",
            "secrets",
            "signing",
            "textmatches",
        ),
        *("urllist",),
    )
    assert got - with_numpy == {"csamatch", *(f"csamatch.{name}" for name in modules)}


def test_every_public_name_has_its_home():
    """What type checkers read, what `__all__` says and what is imported are the same."""
    tree = ast.parse(Path(csamatch.__file__).read_text(encoding="utf-8"))
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
    ]
    typed = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        for name in node.names:
            typed[name.asname or name.name] = (node.module.removeprefix("csamatch."), name.name)
    modules = {name: home for name, home in typed.items() if home[0] == "csamatch"}
    assert {home[1] for home in modules.values()} | {"errors"} == set(csamatch._MODULES)
    homes = {name: home for name, (home, _) in typed.items() if name not in modules}
    assert homes == csamatch._HOMES
    assert {*homes, "kernels"} == set(csamatch.__all__)
    assert len(set(csamatch.__all__)) == len(csamatch.__all__)
    for name in csamatch.__all__:
        value = getattr(csamatch, name)
        assert value is not None and not isinstance(value, type(csamatch)), name
    for name in modules:
        assert isinstance(getattr(csamatch, name), type(csamatch))
    assert {*csamatch.__all__, *modules} <= set(dir(csamatch))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        csamatch.nonsense  # noqa: B018


def test_no_module_hides_a_function():
    """A module of the name would take the function's place when it is imported."""
    folder = Path(csamatch.__file__).parent
    assert not [name for name in csamatch.__all__ if (folder / f"{name}.py").exists()]
