"""The types of the API, as type checkers see them: those of tests/typing/, and of the stubs."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import csamatch

SAMPLES = Path(__file__).parent / "typing"


def needs(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"needs {module}, which comes with csamatch[dev]")


@pytest.fixture
def samples(tmp_path) -> Path:
    """A folder apart, without the settings of ours; there the installed package is found."""
    for path in SAMPLES.glob("*.py"):
        shutil.copy(path, tmp_path)
    return tmp_path


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", *command)
    # Where pyright takes no --pythonpath, it asks the Python that comes first on the path.
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": here}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_mypy(samples):
    needs("mypy")
    found = run("mypy", "--strict", "--output", "json", ".", cwd=samples)
    assert found.stderr == ""
    errors = [json.loads(line) for line in found.stdout.splitlines()]
    places = [(error["file"], error["line"], error["code"]) for error in errors]
    assert places == [("wrong.py", 7, "assert-type")], found.stdout


def test_pyright(samples):
    needs("pyright")
    settings = {"typeCheckingMode": "strict", "reportUnnecessaryTypeIgnoreComment": "error"}
    (samples / "pyrightconfig.json").write_text(json.dumps(settings))
    found = run("pyright", "--outputjson", "--pythonpath", sys.executable, cwd=samples)
    told = json.loads(found.stdout)
    assert told["summary"]["filesAnalyzed"] == len(list(samples.glob("*.py")))
    places = [
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1, each.get("rule"))
        for each in told["generalDiagnostics"]
    ]
    assert places == [("wrong.py", 7, "reportAssertTypeFailure")], found.stdout


@pytest.mark.shows_values  # names such as BatchSummary.invalid look like hosts
def test_public_names_have_complete_types(tmp_path):
    """Nothing that a user reaches is left to be inferred."""
    needs("pyright")
    command = ("pyright", "--verifytypes", "csamatch", "--ignoreexternal", "--outputjson")
    found = run(*command, cwd=tmp_path)
    symbols = json.loads(found.stdout)["typeCompleteness"]["symbols"]
    public = {f"csamatch.{name}" for name in csamatch.__all__}
    homes = {f"csamatch.{csamatch._HOMES.get(name, '_core')}.{name}" for name in csamatch.__all__}
    seen = {each["name"] for each in symbols}
    assert public <= seen
    poor = {each["name"] for each in symbols if not each["isTypeKnown"]}
    assert not poor & (public | homes)


def test_stubs_fit_the_extension(tmp_path):
    needs("mypy")
    allowed = str(SAMPLES / "stubtest.txt")
    command = ("mypy.stubtest", "--ignore-disjoint-bases", "--allowlist", allowed, "csamatch._core")
    found = run(*command, cwd=tmp_path)
    assert found.returncode == 0, found.stdout


def test_the_package_says_that_it_is_typed():
    assert (Path(csamatch.__file__).parent / "py.typed").is_file()
