"""How commands behave on a terminal, in a pipe, and when they are interrupted."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import numpy as np
import pytest

import csamatch
from stopwatch import StopWatch

SHOWS = pytest.mark.shows_values
"""For what gives back what it is given, as it should."""
LISTED = [hashlib.md5(bytes([i])).hexdigest() for i in range(10)]
CSAMATCH = (sys.executable, "-m", "csamatch")
LINES = int(float(os.environ.get("CSAMATCH_TEST_INTERRUPTED_LINES", "3e5")))
"""How many digests the commands that are interrupted work on."""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "digests.txt").write_text("\n".join(LISTED))
    csamatch.build(tmp_path / "digests.txt", tmp_path / "h.csml", info={"name": "baseline"})
    return tmp_path


class Terminal:
    """A command on a pseudo-terminal of its own, which is its controlling one."""

    def __init__(self, *args: object, cwd: Path, **env: str) -> None:
        self.main, side = pty.openpty()
        clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR"}}

        def take_terminal() -> None:
            # Whoever runs the tests in the background has Ctrl-C ignored.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [*CSAMATCH, *map(str, args)],
            cwd=cwd,
            env={**clean, "TERM": "xterm", **env},
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
            preexec_fn=take_terminal,  # noqa: PLW1509
        )
        os.close(side)
        self.shown = b""

    def read(self, seconds: float) -> bool:
        """Read for that long at most; say whether there may be more."""
        if select.select([self.main], [], [], seconds)[0]:
            with contextlib.suppress(OSError):
                data = os.read(self.main, 65536)
                self.shown += data
                return bool(data)
            return False
        return True

    def read_to_the_end(self) -> str:
        end = time.monotonic() + 60
        while self.read(1) and time.monotonic() < end:
            pass
        self.process.wait(60)
        os.close(self.main)
        return self.shown.decode().replace("\r\n", "\n")

    def press_ctrl_c(self) -> float:
        """Interrupt; return the seconds until the command is gone."""
        watch = StopWatch(self.process.pid)
        with contextlib.suppress(OSError):  # it is gone already
            os.write(self.main, b"\x03")
        took = watch.wait(lambda: self.read(0.01))
        self.process.kill()
        self.read_to_the_end()
        return took


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """What commands have to do with for a while: lists of many digests, and a delta."""
    folder = tmp_path_factory.mktemp("large")
    rows = np.random.default_rng(1).integers(0, 256, (LINES, 16), np.uint8)
    text = b"\n".join(row.tobytes().hex().encode() for row in rows)
    (folder / "large.txt").write_bytes(text)
    (folder / "half.txt").write_bytes(text[: len(text) // 66 * 33])
    csamatch.build(folder / "large.txt", folder / "large.csml")
    csamatch.build(folder / "half.txt", folder / "half.csml")
    csamatch.write_delta(folder / "half.csml", folder / "large.csml", folder / "d.csmd")
    return folder


COMMANDS = {
    "build": ["build", "large.txt", "-o", "out"],
    "update": ["update", "large.csml", "--remove", "half.txt", "-o", "out", "--allow-shrink"],
    "apply": ["apply", "half.csml", "d.csmd", "-o", "out"],
    "delta": ["delta", "half.csml", "large.csml", "-o", "out"],
    "export": ["export", "large.txt", "--format", "csv", "-o", "out"],
    "match": ["match", "large.csml", "large.txt", "--threads", "2"],
    "match, waiting for a line": ["match", "half.csml"],
    "verify": ["verify", "large.csml"],
    "bench": ["bench", "engine", "peers", "--keys", "3e5", "--peers", "set"],
    "demo": ["demo"],
}


@pytest.mark.parametrize(
    ("command", "after"),
    [*((name, 0.2) for name in COMMANDS), ("build", 0.0), ("build", 0.5), ("match", 0.6)],
)
def test_ctrl_c(large, tmp_path, command, after):
    """It ends in time, with status 130, and the file to write is the old one or the new one."""
    out, temporary = large / "out", tmp_path / "temporary"
    temporary.mkdir()
    out.write_bytes(b"old")
    before = sorted(large.iterdir())
    terminal = Terminal(*COMMANDS[command], "-v", cwd=large, TMPDIR=str(temporary))
    while b"csamatch: version" not in terminal.shown and terminal.read(1):
        pass
    end = time.monotonic() + after
    while (left := end - time.monotonic()) > 0 and terminal.read(min(left, 0.05)):
        pass
    took = terminal.press_ctrl_c()
    assert took < 1
    # The terminal shows what was pressed, and so whether the command was at its end before.
    if b"csamatch: took" in terminal.shown.partition(b"^C")[0]:
        assert terminal.process.returncode in (0, 1, 130, -signal.SIGINT)
    else:
        assert terminal.process.returncode == 130, terminal.shown
    assert b"Traceback" not in terminal.shown
    assert b"internal error" not in terminal.shown
    assert sorted(large.iterdir()) == before
    assert list(temporary.iterdir()) == []
    if out.read_bytes() != b"old" and command not in {"delta", "export"}:
        csamatch.verify(out)


LONG_CALL = """
import hashlib, pathlib, sys, tempfile
import csamatch
from csamatch import atomic, cli

def chunks():
    yield b"half of it"
    print("writing", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"x", b"x", 10**9)  # a single call, of minutes, into C

def verify(path, **options):
    with tempfile.TemporaryDirectory() as folder:
        atomic.replace_file(path, chunks())

csamatch.verify = verify
sys.exit(cli.main(["verify", "out"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_in_one_long_call_into_c(tmp_path, number):
    """Python would tell the main thread when the call has returned."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (tmp_path / "out").write_bytes(b"old")
    process = subprocess.Popen(
        [sys.executable, "-c", LONG_CALL],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout.readline() == b"writing\n"
    assert (tmp_path / ".out.tmp").exists() and list(temporary.iterdir())
    watch = StopWatch(process.pid)
    process.send_signal(number)
    took = watch.wait(lambda: time.sleep(0.01))
    try:
        assert process.communicate(timeout=20) == (b"", b"")
    finally:
        process.kill()
    assert process.returncode == 128 + number
    assert took < 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "temporary"]
    assert list(temporary.iterdir()) == []
    assert (tmp_path / "out").read_bytes() == b"old"


INTERRUPTED_TEXT = """
import runpy
from csamatch import cli

def main():
    exec("raise KeyboardInterrupt")  # as it may come while a module makes its named tuples

cli.main = main
runpy.run_module("csamatch", run_name="__main__", alter_sys=True)
"""


def test_ctrl_c_while_text_is_run(tmp_path):
    (tmp_path / "interrupted.py").write_text(INTERRUPTED_TEXT)
    command = [sys.executable, "-m", "interrupted"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_ctrl_c_is_left_to_the_program_around(folder, monkeypatch):
    """A program that calls the command line keeps its own way with signals."""
    from csamatch import cli

    handler = signal.getsignal(signal.SIGINT)
    mine = lambda *_: None  # noqa: E731
    try:
        for kept in (signal.default_int_handler, signal.SIG_IGN, mine):
            for other in (signal.SIG_DFL, signal.SIG_IGN, mine):
                signal.signal(signal.SIGINT, kept)
                signal.signal(signal.SIGTERM, other)
                assert cli.main(["info", str(folder / "h.csml")]) == 0
                assert signal.getsignal(signal.SIGINT) is kept
                assert signal.getsignal(signal.SIGTERM) is other
                assert signal.set_wakeup_fd(-1) == -1
    finally:
        signal.signal(signal.SIGINT, handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_what_runs_in_the_background_is_not_interrupted(folder):
    """There, shells have Ctrl-C ignored."""
    process = subprocess.Popen(
        [*CSAMATCH, "match", "-q", "h.csml"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
    )
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(LISTED[0].encode(), timeout=30)
    assert process.returncode == 1
    assert out.count(b"\n") == 1


def test_what_runs_in_the_background_can_be_ended(large, tmp_path):
    process = subprocess.Popen(
        [*CSAMATCH, *COMMANDS["build"], "-v"],
        cwd=large,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
    )
    before = sorted(large.iterdir())
    assert process.stderr.readline().startswith(b"csamatch: version")
    process.terminate()
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 143 and b"Traceback" not in said
    assert sorted(large.iterdir()) == before


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("match h.csml many | head -n 1", 2),
        ("match h.csml many 2>&1 | head -n 1", 2),
        pytest.param("normalize many | head -n 1", 2, marks=SHOWS),
        ("--help | head -n 0", 0),
        ("match --help | head -n 0", 0),
        ("info h.csml | head -n 0", 2),
    ],
)
def test_a_closed_pipe_is_silent(folder, command, status):
    (folder / "many").write_text("\n".join(LISTED * 20_000))
    csamatch_, _, rest = command.partition(" |")
    script = f"{' '.join(CSAMATCH)} {csamatch_}"
    if rest.endswith(" 0"):  # what reads nothing must be gone before anything is written
        script = f"while [ ! -e gone ]; do sleep 0.01; done; {script}"
        rest = f" {{ {rest}; exec <&-; touch gone; }}"
    script = f"set -o pipefail; {{ {script}; }} |{rest}"
    result = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False)
    assert result.returncode == status
    assert result.stdout.count(b"\n") <= 1
    assert b"Traceback" not in result.stderr and b"Exception" not in result.stderr
    assert b"roken" not in result.stderr


full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is missing")


@pytest.mark.parametrize(
    "to", ["2>&-", pytest.param("2>/dev/full", marks=full_disk), "2> >(exec 2>&-; exit)"]
)
def test_complaints_that_nobody_can_hear_cost_no_results(folder, to):
    (folder / "mixed").write_text("\n".join(["xyz", *LISTED]))
    script = f"{' '.join(CSAMATCH)} match h.csml mixed {to}"
    result = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False)
    assert result.returncode == 2  # a line could not be read
    assert result.stdout.count(b"\n") == len(LISTED)
    script = f"{' '.join(CSAMATCH)} build digests.txt -o out.csml {to}"
    result = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False)
    assert result.returncode == 0
    assert len(csamatch.open(folder / "out.csml")) == len(LISTED)


@full_disk
def test_a_full_disk_is_an_error(folder):
    script = f"{' '.join(CSAMATCH)} match h.csml digests.txt >/dev/full"
    result = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False)
    assert result.returncode == 2
    assert result.stderr.decode().splitlines()[-1].endswith("No space left on device")
    assert b"Exception ignored" not in result.stderr


RED, YELLOW = "\x1b[1;31mcsamatch:\x1b[0m", "csamatch: \x1b[1;33mwarning:\x1b[0m"


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_on_a_terminal(folder, env, coloured):
    said = Terminal("info", "missing", cwd=folder, **env).read_to_the_end()
    assert said == f"{RED if coloured else 'csamatch:'} missing: No such file or directory\n"
    stale = {"issued": "2020-01-01", "max_age": "1d"}
    csamatch.build(folder / "digests.txt", folder / "stale.csml", info=stale)
    said = Terminal("match", "stale.csml", "digests.txt", cwd=folder, **env).read_to_the_end()
    assert said.startswith(YELLOW if coloured else "csamatch: warning:")
    said = Terminal("frobnicate", cwd=folder, **env).read_to_the_end()
    assert said.startswith(RED if coloured else "csamatch: argument"), said


@pytest.mark.parametrize(("force", "start"), [("", "csamatch:"), ("1", RED)])
def test_colours_in_a_pipe(folder, force, start):
    env = {**os.environ, "FORCE_COLOR": force, "NO_COLOR": ""}
    command = [*CSAMATCH, "info", "missing"]
    result = subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False)
    assert result.stderr.decode().startswith(start + " missing")
    assert result.stdout == b""


WITH_A_FILE = {
    "build": ["digests.txt", "-o", "x"],
    "update": ["h.csml", "-o", "x", "--add", "digests.txt"],
    "delta": ["h.csml", "h.csml", "-o", "x"],
    "apply": ["h.csml", "d.csmd", "-o", "x"],
    "export": ["digests.txt", "-o", "x"],
    "purge": ["purged.csml"],
    "verify": ["h.csml"],
    "diff": ["h.csml", "h.csml"],
}
"""Commands whose result is a file or a status: quiet ones say nothing at all."""


@pytest.fixture
def prepared(folder):
    csamatch.write_delta(folder / "h.csml", folder / "h.csml", folder / "d.csmd")
    csamatch.build(folder / "digests.txt", folder / "purged.csml")
    return folder


def piped(*args: str, cwd: Path) -> tuple[int, str, str]:
    command = [*CSAMATCH, *args]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", WITH_A_FILE)
def test_quiet(prepared, command):
    args = WITH_A_FILE[command]
    assert piped(command, *args, "-q", cwd=prepared) == (0, "", "")


@pytest.mark.parametrize(
    "command", ["match", pytest.param("normalize", marks=SHOWS), "info", "inspect"]
)
def test_quiet_commands_still_give_results(folder, command):
    (folder / "in").write_text(LISTED[0])
    args = {"match": ["h.csml", "in"], "info": ["h.csml"]}.get(command, ["in"])
    status, out, err = piped(command, *args, "--quiet", cwd=folder)
    assert (status, err) == (int(command == "match"), "")
    assert out.count("\n") >= 1


@pytest.mark.parametrize(
    "command",
    ["build", "match", "info", "verify", "diff", pytest.param("normalize", marks=SHOWS)],
)
def test_verbose(prepared, command):
    args = {**WITH_A_FILE, "match": ["h.csml", "digests.txt"], "info": ["h.csml"]}
    args["normalize"] = ["digests.txt"]
    _, out, _ = piped(command, *args[command], cwd=prepared)
    _, verbose, err = piped(command, *args[command], "-v", cwd=prepared)
    assert verbose == out, "results are the same"
    first, *_, last = err.splitlines()
    assert first.startswith(f"csamatch: version {csamatch.__version__}, Python 3.")
    assert first.endswith(f"kernel {csamatch.kernels()[0]}")
    assert last.startswith("csamatch: took ") and last.endswith(" MiB of memory at most")
    assert ("csamatch: opened baseline, 10 md5" in err) == (command == "match")
    assert not any(digest in err for digest in LISTED)


def test_verbose_tells_where_a_surprise_came_from(folder, monkeypatch, capsys):
    from csamatch import cli

    def surprise(*args, **options):
        raise RuntimeError("secret")

    monkeypatch.setattr(csamatch, "verify", surprise)
    assert cli.main(["verify", "x", "-v"]) == 2
    said = capsys.readouterr().err
    assert "internal error: RuntimeError; please report it" in said
    assert "test_manners.py:" in said and "in surprise" in said
    assert "secret" not in said


def test_quiet_and_verbose_exclude_each_other(folder):
    status, out, err = piped("info", "h.csml", "-q", "-v", cwd=folder)
    assert (status, out) == (2, "")
    assert err == "csamatch: --quiet and --verbose exclude each other\n"


def test_progress_without_standard_error(folder):
    script = f"{' '.join(CSAMATCH)} bench engine --keys 64 --queries 64 --rounds 1 2>&-"
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"csamatch" in done.stdout
