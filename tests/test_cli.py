"""The command line, as a user meets it."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import subprocess
import sys

import pytest

import csamatch
from csamatch import cli

LISTED = [hashlib.md5(bytes([i])).hexdigest() for i in range(10)]


def run(*args: str, input: bytes | str = b"", cwd=None) -> subprocess.CompletedProcess:
    data = input.encode() if isinstance(input, str) else input
    result = subprocess.run(
        [sys.executable, "-m", "csamatch", *map(str, args)],
        input=data,
        capture_output=True,
        cwd=cwd,
        check=False,
    )
    result.out, result.err = result.stdout.decode(), result.stderr.decode()
    return result


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "digests.txt").write_text("\n".join(LISTED))
    (tmp_path / "domains.txt").write_text("bad.example\nhttps://host.example/page\n")
    csamatch.build(tmp_path / "digests.txt", tmp_path / "h.csml", info={"name": "baseline"})
    csamatch.build(tmp_path / "domains.txt", tmp_path / "u.csml", info={"name": "iwol"})
    return tmp_path


def rows(result) -> list[dict]:
    return [json.loads(line) for line in result.out.splitlines()]


def test_build(folder):
    result = run(
        *(
            "build",
            "digests.txt",
            "-o",
            "x.csml",
            "--name",
            "Baseline",
            "--list-source",
            "INTERPOL",
        ),
        *("--list-version", "7", "--issued", "2026-11-21", "--max-age", "30d", "--purpose", "p"),
        *("--handling", "h", "--contact", "c", "--agreement", "a", "--report", "report.json"),
        cwd=folder,
    )
    assert result.returncode == 0
    assert result.err == "csamatch: digests.txt: recognised as text\n"
    assert "source      digests.txt (text)\n" in result.out
    assert "accepted              10  md5 10" in result.out
    info = csamatch.open(folder / "x.csml", stale="serve").info
    assert (info.name, info.source, info.version) == ("Baseline", "INTERPOL", "7")
    assert (info.issued.isoformat(), info.max_age.days) == ("2026-11-21", 30)
    assert (info.purpose, info.handling) == ("p", "h")
    assert (info.contact, info.agreement) == ("c", "a")
    assert json.loads((folder / "report.json").read_text())["accepted"] == 10
    quiet = run("build", "digests.txt", "-o", "x.csml", "-q", cwd=folder)
    assert (quiet.returncode, quiet.out, quiet.err) == (0, "", "")


def test_build_names_what_it_left_out(folder):
    (folder / "dirty.txt").write_text(LISTED[0] + "\nxyz\n" + hashlib.md5().hexdigest())
    result = run("build", "dirty.txt", "-o", "x.csml", "--reader", "text", cwd=folder)
    assert result.returncode == 0
    assert "dirty.txt: line 2: not a digest" in result.out
    assert "dirty.txt: line 3: empty-file" in result.out
    admitted = run("build", "dirty.txt", "-o", "x.csml", "--admit", "empty-file", cwd=folder)
    assert "md5 2" in admitted.out


def test_build_from_standard_input(folder):
    result = run("build", "-", "-o", folder / "x.csml", input="\n".join(LISTED[:3]))
    assert result.returncode == 0
    assert len(csamatch.open(folder / "x.csml")) == 3


def test_build_with_categories(folder):
    context = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"
    records = [{"MediaID": i, "Category": i, "MD5": LISTED[i]} for i in range(4)]
    records.append({"MediaID": 4, "MD5": LISTED[4]})
    (folder / "v.json").write_text(json.dumps({"odata.metadata": context, "value": records}))
    for options, kept in (((), 3), (("--category", "0, 2"), 2), (("--category", "null"), 1)):
        assert run("build", "v.json", "-o", "v.csml", "-q", *options, cwd=folder).returncode == 0
        assert len(csamatch.open(folder / "v.csml")) == kept


def test_info_and_verify(folder):
    result = run("info", folder / "h.csml")
    assert result.returncode == 0
    assert "name      baseline" in result.out
    assert "counts    10 md5" in result.out
    values = json.loads(run("info", folder / "h.csml", "--json").out)
    assert values["counts"] == {"md5": 10}
    assert values["digest"] == csamatch.open(folder / "h.csml").info.digest
    said = {
        "contact": "the desk",
        "agreement": "MoU 7",
        "issued": "2020-01-01",
        "max_age": "1d",
    }
    csamatch.build(folder / "digests.txt", folder / "said.csml", info=said)
    out = run("info", folder / "said.csml").out
    for line in ("contact   the desk", "agreement MoU 7", "stale     yes", "max_age   1 day"):
        assert line in out
    assert "\nage       " in out
    values = json.loads(run("info", folder / "said.csml", "--json").out)
    assert (values["contact"], values["agreement"]) == ("the desk", "MoU 7")
    assert int(values["age"].split(" days")[0]) > 2000
    result = run("verify", folder / "h.csml")
    assert result.returncode == 0
    assert "sound" in result.out


@pytest.mark.shows_values
def test_match_digests(folder):
    lines = [LISTED[3].upper(), "0" * 31 + "7", "", "# c", f"{LISTED[5]}  photo.jpg"]
    result = run("match", folder / "h.csml", input="\n".join(lines))
    assert result.returncode == 1
    assert [(row["line"], row["rule"], row["list"]) for row in rows(result)] == [
        (1, "md5", "baseline"),
        (5, "md5", "baseline"),
    ]
    lst = csamatch.open(folder / "h.csml")
    assert [row["entry"] for row in rows(result)] == [
        lst.find(LISTED[i]).entry.number for i in (3, 5)
    ]
    assert "2 of 3 matched" in result.err
    assert rows(run("match", folder / "h.csml", "--echo", input=lines[0]))[0]["query"] == LISTED[3]


@pytest.mark.shows_values
def test_match_urls(folder):
    (folder / "in").write_text(
        "http://x.bad.example/\nhttps://host.example/other\nhost.example/page\n"
    )
    result = run("match", folder / "u.csml", folder / "in", "--threads", "2")
    assert result.returncode == 1
    assert [(row["line"], row["rule"]) for row in rows(result)] == [(1, "domain"), (3, "url")]
    echoed = rows(run("match", folder / "u.csml", folder / "in", "--echo"))
    assert [row["query"] for row in echoed] == ["http://x.bad.example/", "host.example/page"]


def test_match_with_suppression(folder):
    (folder / "alarms").write_text(LISTED[3])
    result = run("match", "h.csml", "digests.txt", "--suppress", "alarms", "-q", cwd=folder)
    assert (result.returncode, len(rows(result))) == (1, 9)
    assert result.err == "csamatch: 1 more did, but were suppressed\n"
    result = run("match", "h.csml", "alarms", "--suppress", "alarms", cwd=folder)
    assert (result.returncode, result.out) == (0, "")
    assert "0 of 1 matched" in result.err


@pytest.mark.shows_values
def test_readings_of_urls(folder):
    lines = "hxxp://bad[.]example/x\nhttp://straße.example/\n"
    (folder / "l.txt").write_text("strasse.example\nbad.example\n")
    csamatch.build(folder / "l.txt", folder / "l.csml")
    for options, hits in [
        ([], []),
        (["--refang"], [1]),
        (["--legacy-idna"], [2]),
        (["--refang", "--legacy-idna"], [1, 2]),
    ]:
        result = run("match", folder / "l.csml", *options, input=lines)
        assert result.returncode == bool(hits), result.err
        assert [row["line"] for row in rows(result)] == hits
    assert run("normalize", input=lines).out.splitlines() == [
        "bad%5B.%5Dexample/x",
        "xn--strae-oqa.example/",
    ]
    assert run("normalize", "--refang", "--legacy-idna", input=lines).out.splitlines() == [
        "bad.example/x",
        "strasse.example/",
    ]
    for option in ("--refang", "--legacy-idna"):
        result = run("match", folder / "h.csml", option, input=LISTED[0])
        assert (result.returncode, result.out) == (2, "")
        assert "lists of addresses" in result.err


def test_match_nothing(folder):
    result = run("match", folder / "h.csml", input="0" * 31 + "7\n")
    assert (result.returncode, result.out) == (0, "")


def test_a_line_that_cannot_be_looked_up_is_an_error_not_a_miss(folder):
    result = run("match", folder / "h.csml", input=f"xyz\n{LISTED[0]}\n{'0' * 31}\n")
    assert result.returncode == 2
    assert len(rows(result)) == 1, "the other lines are looked up all the same"
    assert "line 1: not a digest" in result.err
    assert "line 3: 31 hex digits; expected 32, 40 or 64" in result.err
    result = run("match", folder / "u.csml", input="mailto:x\nbad.example\n")
    assert result.returncode == 2
    assert len(rows(result)) == 1


def test_digests_that_the_list_cannot_hold_are_mentioned(folder):
    result = run("match", folder / "h.csml", input=hashlib.sha256(b"x").hexdigest())
    assert result.returncode == 0
    assert "1 are of an algorithm that the list does not hold" in result.err


@pytest.mark.shows_values
def test_normalize():
    result = run("normalize", input="HTTP://A.Example:80/x/../y\nmailto:\n\nb.example")
    assert result.out == "a.example/y\n\n\nb.example/\n"
    assert result.returncode == 2
    assert result.err == "csamatch: line 2: not an address that can be looked up\n"
    assert run("normalize", input="a.example").returncode == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "arguments are required"),
        (["frobnicate"], "invalid choice"),
        (["build", "x"], "required"),
        (["build", "digests.txt", "-o", "x.csml", "--reader", "none"], "invalid choice"),
        (["build", "digests.txt", "-o", "x.csml", "--issued", "someday"], "no ISO 8601"),
        (["build", "digests.txt", "-o", "x.csml", "--max-age", "long"], "none of 90m"),
        (["build", "digests.txt", "-o", "x.csml", "--admit", "all"], "invalid choice"),
        (["build", "missing.txt", "-o", "x.csml"], "missing.txt: No such file"),
        (
            ["build", "digests.txt", "-o", "no/such/folder/x.csml"],
            "/no/such/folder/x.csml: No such",
        ),
        (["build", "digests.txt", "domains.txt", "-o", "x.csml"], "cannot go into one list"),
        (["build", "empty", "-o", "x.csml"], "empty: the source is empty"),
        (["build", "h.csml", "-o", "x.csml"], "h.csml: looks like a csamatch list file; expected"),
        (["build", "digests.txt", "-o", "x.csml", "--where", "x"], "expected NAME=VALUE"),
        (["build", "digests.txt", "-o", "x.csml", "--where", "x=1"], "has no fields to filter by"),
        (["build", "digests.txt", "-o", "x.csml", "--option", "x=1"], "takes no option 'x'"),
        (["build", "digests.txt", "-o", "x.csml", "--max-rejected", "no"], "neither a share such"),
        (["build", "digests.txt", "-o", "x.csml", "--max-size", "1X"], "none of 1000000, 500M"),
        (["build", "digests.txt", "-o", "x.csml", "--max-ratio", "no"], "not a number from 1"),
        (["inspect"], "required"),
        (["inspect", "missing.txt"], "missing.txt: No such file"),
        (["inspect", "empty"], "empty: the source is empty"),
        (["info", "missing.csml"], "missing.csml: No such file"),
        (["info", "digests.txt"], "digests.txt: not a csamatch list file"),
        (["verify", "broken.csml"], "broken.csml: the content does not fit its checksum"),
        (["match", "broken.csml"], "broken.csml: the content does not fit its checksum"),
        (["match", "short.csml"], "short.csml: the file is shorter than its header says"),
        (["match", "empty"], "empty: the file is empty"),
        (["match", "h.csml", "missing"], "missing: No such file"),
        (["match", "h.csml", "--threads", "0"], "threads"),
        (["normalize", "missing"], "missing: No such file"),
    ],
)
def test_mistakes_are_one_clear_line(folder, args, said):
    data = bytearray((folder / "h.csml").read_bytes())
    (folder / "short.csml").write_bytes(data[:-1])
    data[-1] ^= 1
    (folder / "broken.csml").write_bytes(data)
    (folder / "empty").write_bytes(b"")
    result = run(*args, input=LISTED[0], cwd=folder)
    assert result.returncode == 2
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert said in result.err
    assert result.err.startswith("csamatch")
    assert "Traceback" not in result.err
    assert not (folder / "x.csml").exists()


def test_a_stale_list_warns_and_still_serves(folder):
    said = {"name": "old", "issued": "2020-01-01", "max_age": "1d"}
    csamatch.build(folder / "digests.txt", folder / "old.csml", info=said)
    result = run("match", folder / "old.csml", "-q", input=LISTED[0])
    assert result.returncode == 1
    assert result.err.startswith("csamatch: warning: list 'old' is stale")
    assert result.err.count("\n") == 1


@pytest.mark.any_kernel
def test_help_and_version():
    assert run("--version").out == f"csamatch {csamatch.__version__}\n"
    assert "build" in run("--help").out
    for command in ("build", "inspect", "info", "verify", "match", "normalize", "demo"):
        result = run(command, "--help")
        assert result.returncode == 0
        assert "usage:" in result.out


@pytest.mark.parametrize(
    "command",
    [
        "match h.csml <&-",
        "normalize <&-",
        "match h.csml digests.txt >&-",
        "info h.csml >&-",
    ],
)
def test_closed_streams_are_errors(folder, command):
    """Never status 1, which would mean that something matched."""
    shell = f"exec '{sys.executable}' -m csamatch {command}"
    result = subprocess.run(["sh", "-c", shell], cwd=folder, capture_output=True, check=False)
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr


def test_surprises_are_errors(folder, monkeypatch, capsys):
    def surprise(*args, **options):
        raise RuntimeError("secret")

    monkeypatch.setattr(cli.listread, "read", surprise)
    assert cli.main(["info", str(folder / "h.csml")]) == 2
    assert capsys.readouterr().err == "csamatch: internal error: RuntimeError; please report it\n"


def test_many_long_lines(folder):
    """Batches are bounded in bytes as well as in lines."""
    with (folder / "long").open("w") as file:
        file.writelines(f"http://bad.example/{'x' * 60_000}{i}\n" for i in range(500))
    result = run("match", folder / "u.csml", folder / "long")
    assert result.returncode == 1
    assert len(rows(result)) == 500


@pytest.mark.any_kernel
def test_progress_is_shown_on_a_terminal_only(folder):
    """A source that takes over a second shows a bar on a terminal, and none in a pipe."""
    with (folder / "big.txt").open("w") as file:
        for i in range(200_000):
            file.write(f"host{i}.example\n")
    command = [sys.executable, "-m", "csamatch", "build", "big.txt", "-o", "big.csml"]
    main, side = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=side)
    os.close(side)
    shown = b""
    while True:
        try:
            data = os.read(main, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(main)
    assert process.wait() == 0
    assert b"big.txt" in shown
    assert b"%" in shown
    piped = subprocess.run(command, cwd=folder, capture_output=True, check=True).stderr
    assert piped == b"csamatch: big.txt: recognised as domains\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            "build --bogus x -o y",
            "build: unrecognized arguments: --bogus (see csamatch build --help)",
        ),
        (
            "match h.csml digests.txt z",
            "match: unrecognized arguments: z (see csamatch match --help)",
        ),
        (
            "build x -o y --max-age 3x",
            "build: argument --max-age: '3x' is none of 90m, 12h, 30d, 4w",
        ),
        ("build x -o y --column z", "build: argument --column: expected WHAT=COLUMN"),
        ("export h.csml -o y", "a list is confidential, and written out only with --allow-export"),
        ("update h.csml -o y --remove digests.txt", "by more than 20%; --allow-shrink lets it"),
        (
            "match h.csml --minimum-serial 3",
            "--minimum-serial: there is none without --trusted-key",
        ),
        ("verify trusted_key", "csamatch: trusted_key: No such file or directory"),
    ],
)
def test_errors_name_options_as_they_are_written(folder, args, said):
    result = run(*args.split(), cwd=folder)
    assert result.returncode == 2 and not result.out
    assert said in result.err and result.err.count("\n") == 1
