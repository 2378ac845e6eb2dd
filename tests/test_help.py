"""What the command line says of itself: help, examples, the manual, what shells complete."""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from importlib import metadata, util
from pathlib import Path

import pytest

import csamatch
from csamatch import cli, cli_help
from csamatch.cli_completion import SHELLS, commands_of
from test_cli import LISTED, run

ROOT = Path(__file__).resolve().parent.parent


def complete_parser():
    parser = cli._parser()
    for each in commands_of(parser).values():
        each.complete()
    return parser


COMMANDS = commands_of(complete_parser())


def options_of(command: argparse.ArgumentParser) -> list[str]:
    return [text for action in command._actions for text in action.option_strings]


@pytest.fixture
def folder(tmp_path):
    """Whatever the examples work on."""
    context = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"
    media = [{"MediaID": i, "Category": 1, "MD5": each} for i, each in enumerate(LISTED)]
    (tmp_path / "baseline.json").write_text(json.dumps({"odata.metadata": context, "value": media}))
    (tmp_path / "t.csv").write_text("Hash,Note\n" + "".join(f"{d},x\n" for d in LISTED[:3]))
    (tmp_path / "iwol.txt").write_text("bad.example\n")
    (tmp_path / "urls.txt").write_text("hxxp://bad[.]example/\n")
    (tmp_path / "gone.txt").write_text("\n".join(LISTED[5:]))
    pytest.importorskip("cryptography")
    from signers import write_key

    write_key(tmp_path, "key.pem")
    (tmp_path / "hashes.txt").write_text("\n".join(LISTED))
    for name in ("uploads", "completions", "site-functions"):
        (tmp_path / name).mkdir()
    (tmp_path / "uploads" / "picture").write_bytes(bytes([3]))
    csamatch.build(tmp_path / "baseline.json", tmp_path / "baseline.csml")
    csamatch.build(tmp_path / "iwol.txt", tmp_path / "d.csml")
    for name in ("old.csml", "withdrawn.csml"):
        csamatch.build(tmp_path / "t.csv", tmp_path / name, columns={"md5": "Hash"})
    csamatch.write_delta(
        tmp_path / "old.csml", tmp_path / "baseline.csml", tmp_path / "change.csmd"
    )
    return tmp_path


EXPECTED = {"diff": (1, 0), "match": (1, 1, 0)}
"""What examples return, where that is not 0 all over; the last of each is not csamatch's own."""
SLOW = {"demo"}  # tests/test_demo.py runs it


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(name, marks=[pytest.mark.shows_values] if name == "export" else [])
        for name in COMMANDS
        if name not in SLOW
    ],
)
def test_examples_run(folder, command):
    examples = cli_help.EXAMPLES[command]
    shell = f'csamatch() {{ "{sys.executable}" -m csamatch "$@"; }}\n'
    for number, (_, line) in enumerate(examples):
        if line.startswith("md5sum") and shutil.which("md5sum") is None:
            continue
        assert f"csamatch {command}" in line
        script = shell + line
        done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False)
        expected = EXPECTED.get(command, (0,) * len(examples))[number]
        assert done.returncode == expected, (line, done.stderr)
        assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command):
    result = run(command, "--help")
    assert (result.returncode, result.err) == (0, "")
    assert result.out.startswith(f"usage: csamatch {command} ")
    assert all(option in result.out for option in ("-q, --quiet", "-v, --verbose"))
    assert result.out.count("\n  csamatch ") + result.out.count("| csamatch ") >= 1
    assert "\nexamples:\n" in result.out


def test_the_help_of_all():
    out = run("--help").out
    for name in COMMANDS:
        assert re.search(rf"^    {name}\b", out, re.MULTILINE), name
    assert "exit status:\n  0 " in out and "\n  130  interrupted" in out
    assert max(map(len, out.splitlines())) < 80
    assert set(cli_help.EXAMPLES) == set(COMMANDS)


def test_the_manual_names_everything():
    """Where it does not: python docs/manpage.py."""
    page = (ROOT / "docs" / "csamatch.1").read_text(encoding="utf-8").replace("\\-", "-")
    parts = re.split(r"^\.SS \\fBcsamatch (\S+)\\fR$", page, flags=re.MULTILINE)
    told = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert set(told) == set(COMMANDS)
    for name, command in COMMANDS.items():
        for option in options_of(command):
            assert option in told[name] or option in ("-h", "--help"), f"{name} {option}"
        for _, line in cli_help.EXAMPLES[name]:
            assert line in page, line
    assert "interrupted" in page


def test_the_manual_is_what_the_parser_says():
    if util.find_spec("argparse_manpage") is None:
        pytest.skip("needs argparse-manpage, which comes with csamatch[dev]")
    if sys.version_info[:2] != (3, 11):
        pytest.skip("other versions of argparse spell some things in other ways")
    script = [sys.executable, ROOT / "docs" / "manpage.py", "--check"]
    result = subprocess.run(script, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_the_manual_is_sound():
    if shutil.which("groff") is None:
        pytest.skip("groff is missing")
    command = ["groff", "-man", "-Tutf8", "-ww", "-z", str(ROOT / "docs" / "csamatch.1")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("", "")


def test_the_manual_is_installed():
    files = [str(path) for path in metadata.files("csamatch") or []]
    (page,) = [path for path in files if path.endswith("share/man/man1/csamatch.1")]
    assert metadata.distribution("csamatch").locate_file(page).is_file()


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """What shells complete by, and a csamatch in front on the path."""
    pytest.importorskip("shtab")
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        result = run("completion", shell)
        assert result.returncode == 0, result.err
        (folder / f"csamatch.{shell}").write_text(result.out)
    return folder


def completed(folder: Path, shell: str, *words: str) -> set[str]:
    """Return what a shell offers for the last of the words."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is missing")
    line = " ".join(("csamatch", *words))
    source = f"source {folder}/csamatch.{shell}"
    if shell == "bash":
        spelt = " ".join(f"'{word}'" for word in ("csamatch", *words))
        code = (
            f"{source}; COMP_WORDS=({spelt}); COMP_CWORD={len(words)}; COMP_LINE='{line}'; "
            'function=$(complete -p csamatch | sed "s/.*-F \\([^ ]*\\).*/\\1/"); '
            '"$function" csamatch "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; '
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
    else:
        code = f"{source}; complete -C '{line}'"
    env = {**os.environ, "HOME": str(folder)}
    done = subprocess.run([shell, "-c", code], capture_output=True, text=True, env=env, check=True)
    return {row.split("\t")[0].strip() for row in done.stdout.splitlines() if row.strip()}


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_what_shells_complete(scripts, shell):
    assert completed(scripts, shell, "") >= set(COMMANDS)
    assert completed(scripts, shell, "ver") == {"verify"}
    for name in ("match", "build", "update", "bench"):
        long = {option for option in options_of(COMMANDS[name]) if option.startswith("--")}
        assert completed(scripts, shell, name, "--") >= long
    offered = completed(scripts, shell, "build", "--reader", "")
    assert {"auto", "vics", "csv"} <= offered
    assert completed(scripts, shell, "completion", "") >= set(SHELLS)


def test_what_zsh_completes(scripts):
    """Typed, because its completion works in its line editor alone."""
    if shutil.which("zsh") is None:
        pytest.skip("zsh is missing")
    shutil.copy(scripts / "csamatch.zsh", scripts / "_csamatch")
    main, side = pty.openpty()
    env = {**os.environ, "HOME": str(scripts), "TERM": "dumb", "PS1": "> "}
    command = ["zsh", "-f", "-i"]
    process = subprocess.Popen(
        command, stdin=side, stdout=side, stderr=side, env=env, start_new_session=True
    )
    os.close(side)

    def typed(keys: str, until: str) -> str:
        os.write(main, keys.encode())
        shown, end = b"", time.monotonic() + 20
        while until.encode() not in shown and time.monotonic() < end:
            if select.select([main], [], [], 0.1)[0]:
                shown += os.read(main, 65536)
        assert until.encode() in shown, shown
        return shown.decode(errors="replace")

    try:
        typed(f"fpath=({scripts} $fpath); autoload -U compinit; compinit -D -u\n", "\r\n")
        typed("echo rea''dy\n", "ready")
        typed("csamatch ver\t", "csamatch verify ")
        typed("\x15csamatch match --leg\t", "--legacy-idna")
        typed("\x15csamatch build --reader vi\t", "vics")
    finally:
        process.kill()
        process.wait()
        os.close(main)


def test_completion_says_what_it_needs(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert cli.main(["completion", "bash"]) == 2
    assert "csamatch[completion]" in capsys.readouterr().err
