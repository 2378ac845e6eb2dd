"""Runs the examples of a page of Markdown in order, as a reader would who follows it.

What a fence holds follows from its language: ``python`` is run, and checked where it is a session
(``>>>``); so is a session of a shell (``console``, ``$``), whose output must be as shown; commands
of csamatch (``sh`` or none) must not fail. All of a page share a folder and a namespace.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import csamatch

FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
COMMAND = re.compile(r"(csamatch (?!bench )|md5sum )")

# Installing, building and measuring: `.ci/run` does that, in these words or with other numbers.
BUILDING = re.compile(
    r"(\.venv/bin/|\.ci/|tests/fuzz/|pip |python3 -m venv |cmake |cc |csamatch bench )"
)

# What other tests take from the pages and try; and drawings.
ELSEWHERE = {
    ("api.md", "sh"): "tests/test_signing.py",
    ("c-api.md", "c"): "tests/test_downstream.py",
    ("c-api.md", "cmake"): "tests/test_downstream.py",
    ("writing-a-reader.md", "toml"): "tests/test_plugins.py",
}
DRAWINGS = {"design.md": 1}


def synthetic_sources(folder: Path) -> None:
    """Write the files that commands in the documentation take for granted."""
    digests = [f"9e107d9d372bb6826bd81d3542a41{i:03x}" for i in range(6)]
    (folder / "uploads").mkdir()
    (folder / "uploads" / "one.txt").write_text("one")
    records = [{"MediaID": i, "Category": 1, "MD5": each} for i, each in enumerate(digests)]
    context = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/x/$metadata#Media"
    (folder / "baseline.json").write_text(json.dumps({"@odata.context": context, "value": records}))
    (folder / "domains.txt").write_text("bad.example\nworse.test\n")
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.writestr("list.txt", "\n".join(digests) + "\n")
    rows = "".join(f"{i};{each};A\n" for i, each in enumerate(digests))
    (folder / "export.csv").write_text("Number;Hash;Severity\n" + rows)
    for name, some in (
        ("old", digests[:5]),
        ("list", digests[:5]),
        ("new", digests[1:]),
        ("withdrawn", digests[:1]),
    ):
        (folder / f"{name}.txt").write_text("\n".join(some) + "\n")
        csamatch.build(folder / f"{name}.txt", folder / f"{name}.csml")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a command; csamatch in it is the one under test."""
    itself = f'csamatch() {{ "{sys.executable}" -m csamatch "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", itself + command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        timeout=60,
        check=False,
    )


def run_commands(code: str, where: str) -> None:
    """Run commands whose output is not shown."""
    for command in code.splitlines():
        result = shell(command)
        assert result.returncode in (0, 1), f"{where}: {command}\n{result.stdout}"
        assert "Traceback" not in result.stdout, f"{where}: {command}\n{result.stdout}"


def run_console(code: str, where: str) -> int:
    """Run a session of a shell, and compare what it says with what is shown."""
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", code, re.MULTILINE)
    assert "".join(f"$ {command}\n{output}" for command, output in steps) == code, where
    for command, expected in steps:
        found = shell(command).stdout
        assert doctest.OutputChecker().check_output(expected, found, doctest.ELLIPSIS), (
            f"{where}: $ {command}\nexpected:\n{expected}\nfound:\n{found}"
        )
    return len(steps)


def run_python(code: str, scope: dict, where: str) -> int:
    """Run Python, and compare what it answers where that is shown."""
    if not code.startswith(">>> "):
        assert ">>> " not in code, f"{where}: a session begins with its first prompt"
        exec(compile(code, where, "exec"), scope)  # it is our own documentation
        return 0
    test = doctest.DocTestParser().get_doctest(code, scope, where, where, 0)
    test.globs = scope
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=said.append, clear_globs=False)
    assert result.failed == 0, "".join(said)
    return result.attempted


def run_page(path: Path) -> None:
    """Run the examples of a page in the current folder."""
    text = path.read_text(encoding="utf-8")
    scope: dict = {"__name__": "example"}
    prompts = drawings = 0
    for fence in FENCE.finditer(text):
        language, code = fence.groups()
        where = f"{path.name}, line {text.count(chr(10), 0, fence.start()) + 2}"
        commands = [line for line in code.splitlines() if line and not line.startswith("#")]
        if language not in ("", "sh"):
            commands = []
        if language == "python":
            prompts += run_python(code, scope, where)
        elif language == "console":
            prompts += run_console(code, where)
        elif commands and all(COMMAND.match(line) for line in commands):
            run_commands(code, where)
        elif commands and all(BUILDING.match(line) for line in commands):
            pass
        elif not language.startswith("{") and (path.name, language) not in ELSEWHERE:
            drawings += 1
            assert drawings <= DRAWINGS.get(path.name, 0), f"{where}: nothing runs this"
    assert prompts == len(re.findall(r"^(?:>>>|\$) ", text, re.MULTILINE)), "outside of a fence"
