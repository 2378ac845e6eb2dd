"""``csamatch bench`` measures what it says and checks what it measures. No time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import util

import numpy as np
import pytest

from csamatch import _core, cli, kernels
from csamatch.bench import markdown, peers, stores, structures
from csamatch.bench.sample import Sample
from csamatch.bench.turns import Contender, measure
from csamatch.errors import Error

TINY = ("--keys", "2000", "--queries", "3000", "--rounds", "2")
LIMITS = ["one line", "two lines"]
INPUTS = [
    "bare C call",
    "(n, 16) array",
    "numpy S32 array of hex",
    "numpy U32 array of hex",
    "list of bytes",
    "list of hex str",
    "bytes, one by one",
    "set of bytes",
    "set of hex str",
]


def bench(*args: object) -> int:
    return cli.main(["bench", *map(str, args)])


def names(rows: list[dict], section: str, hits: float | None) -> list[str]:
    return [row["name"] for row in rows if (row["section"], row["hits"]) == (section, hits)]


def silent(_: str) -> None:
    pass


@pytest.mark.shows_values  # hfind prints what it finds
def test_every_section(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CSAMATCH_SHARED", raising=False)
    path = tmp_path / "figures.json"
    assert bench(*TINY, "--json", path) == 0
    whole = json.loads(path.read_text())
    rows = whole["rows"]
    for hits in (0.001, 0.5):
        assert names(rows, "limit", hits) == LIMITS
        assert names(rows, "engine", hits) == list(kernels())
        assert sorted(names(rows, "peers", hits)) == sorted(
            peer.name for peer in peers.PEERS.values()
        )
        assert names(rows, "input", hits) == INPUTS
        assert names(rows, "threads", hits) == ["threads=1", "threads=2"]
    assert len(names(rows, "open", None)) == 3
    assert len(names(rows, "build", None)) == 2
    for row in rows:
        measured = "not installed" not in row["note"]
        assert len(row["times"]) == (2 if measured else 0), row["name"]
        assert all(seconds > 0 for seconds in row["times"])
        assert (row["keys"], row["width"]) == (2000, 16)
    shown = capsys.readouterr().out
    assert "urls: left out, for want of URLs" in shown
    for text in ("CPU:", "2,000 keys of 16 bytes, 3,000 queries, 50 % listed, median of 2 rounds"):
        assert text in shown
    assert whole["machine"]["CPU"] in " ".join(shown.split())
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_figures_fit_the_times(tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert bench("engine", "threads", *TINY, "--hits", 0.5, "--json", path) == 0
    rows = {row["name"]: row for row in json.loads(path.read_text())["rows"]}
    one, two, best = rows["one line"], rows["two lines"], rows[kernels()[0]]
    for row in (one, two, best):
        assert row["seconds"] == pytest.approx(sum(row["times"]) / 2)
        assert row["million_a_second"] == pytest.approx(3000 / row["seconds"] / 1e6)
    assert best["of_one_line"] == pytest.approx(one["seconds"] / best["seconds"])
    assert best["of_two_lines"] == pytest.approx(two["seconds"] / best["seconds"])
    of_one = rows["threads=1"]["seconds"] / rows["threads=2"]["seconds"]
    assert rows["threads=2"]["of_baseline"] == pytest.approx(of_one)


def test_builds_tell_their_memory(tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert bench("build", "--keys", 2000, "--rounds", 1, "--json", path) == 0
    built = json.loads(path.read_text())["rows"][0]
    # Python and numpy alone need more than 10 MB; this process, whose figure it must not be, is
    # not a hundred times as large.
    assert 10e6 < built["peaks"][0] < 1e9


@pytest.mark.parametrize("width", [8, 20, 32])
def test_other_widths_are_for_the_engine(width, tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert bench("engine", "input", *TINY, "--hits", 0.5, "--widths", width, "--json", path) == 0
    rows = json.loads(path.read_text())["rows"]
    assert [row["name"] for row in rows] == [*LIMITS, *kernels()]
    assert {row["width"] for row in rows} == {width}


def test_missing_peers_are_named(monkeypatch, capsys):
    for peer in peers.PEERS.values():
        monkeypatch.setattr(peer, "is_installed", classmethod(lambda cls: not cls.module))
    monkeypatch.setattr(stores.Hfind, "is_installed", classmethod(lambda cls: False))
    assert bench("peers", *TINY, "--hits", 0.5) == 0
    shown = capsys.readouterr().out.splitlines()
    missing = {line.split("  ")[0] for line in shown if line.endswith("not installed")}
    assert {"peers: LMDB", "peers: pandas, 64-bit prefixes"} < missing
    assert len(missing) == len(peers.PEERS) - 4  # set, searchsorted, isin, SQLite


@pytest.mark.shows_values  # hfind prints what it finds
def test_what_cannot_hold_the_keys_is_named(monkeypatch, capsys):
    monkeypatch.setattr(structures.Set, "largest", 1999)
    assert bench("peers", *TINY, "--hits", 0.5) == 0
    assert "left out: more than 1,999 keys" in capsys.readouterr().out
    assert bench("peers", *TINY, "--hits", 0.5, "--peers", "set") == 0
    assert "left out" not in capsys.readouterr().out


def test_a_peer_that_fails_to_load_is_named(monkeypatch, capsys):
    monkeypatch.setattr(structures.Set, "__init__", lambda *_: 1 / 0)
    assert bench("peers", *TINY, "--peers", "set", "sqlite") == 0
    assert "failed to load: ZeroDivisionError" in capsys.readouterr().out


@pytest.mark.shows_values  # hfind prints what it finds
@pytest.mark.parametrize("name", list(peers.PEERS))
def test_peers_are_checked(name, tmp_path):
    """Every exact peer finds just what is listed, repeated queries too, and errors are seen."""
    peer = peers.PEERS[name]
    if not peer.is_installed():
        pytest.skip(f"{peer.name} is not installed")
    sample = Sample(3000, 16)
    loaded = peers.Loaded(sample, [name], tmp_path, silent)
    (contender,) = loaded.contenders(sample.queries(10_000, 0.7))
    assert contender.check(contender.call(contender.ready()))
    fewer = Sample(3000, 16)
    fewer.data[:16000] = 255 - fewer.data[:16000]  # other keys, so some hits must be missing
    (wrong,) = loaded.contenders(fewer.queries(10_000, 0.7))
    assert not wrong.check(wrong.call(wrong.ready()))


@pytest.mark.parametrize("name", ["pandas", "sortednp"])
def test_prefixes_are_verified(name, tmp_path):
    """A digest that is like a listed one in its first eight bytes only is not found."""
    peer = peers.PEERS[name]
    if not peer.is_installed():
        pytest.skip(f"{peer.name} is not installed")
    keys = Sample(100, 16).keys
    queries = keys.copy()
    queries[::2, 15] ^= 1
    held = peer(keys, tmp_path)
    found = held.found(held.look_up(held.ready(queries)), 100)
    assert found.tolist() == [False, True] * 50


def test_a_wrong_answer_ends_the_run():
    liar = Contender("peers", "liar", lambda _: 1, lambda answer: answer == 2)
    with pytest.raises(Error, match="peers, liar: a wrong answer"):
        measure([liar], 1, 10.0, silent)


def test_what_takes_too_long_is_called_once():
    calls = []
    slow = Contender("peers", "slow", calls.append, lambda _: True)
    (row,) = measure([slow], 5, 0.0, silent)
    assert (len(calls), len(row.times), row.note) == (1, 1, "one call only")


def test_lines_are_read():
    words = np.zeros(32, np.uint64)
    memory = words[(-words.ctypes.data // 8) % 8 :][:24]  # three lines
    memory[[0, 8, 16]] = 1, 10, 100
    first, second = np.array([0, 2, 2], np.uint32), np.array([1, 1, 0], np.uint32)
    assert _core.LineReader(memory, first).read(16) == 201
    assert _core.LineReader(memory, first, second).read(1) == 222
    with pytest.raises(ValueError, match="no such line"):
        _core.LineReader(memory, np.array([3], np.uint32))
    with pytest.raises(ValueError, match="no such line"):
        _core.LineReader(memory, first, np.array([0, 0, 3], np.uint32))
    with pytest.raises(ValueError, match="too small"):
        _core.LineReader(memory, first, second[:2])
    with pytest.raises(ValueError, match="cache line"):
        _core.LineReader(memory[1:], first)


def test_figures_go_between_the_marks(tmp_path, capsys):
    path = tmp_path / "benchmarks.md"
    begin, end, _ = markdown.DIGESTS
    path.write_text(f"before\n\n{begin}\nold\n{end}\n\nafter\n")
    assert bench("engine", *TINY, "--markdown", path) == 0
    text = path.read_text()
    assert text.startswith("before\n\n<!--")
    assert text.endswith("-->\n\nafter\n")
    assert "old" not in text
    assert "csamatch bench engine --keys 2000 --hits 0.001 0.5 --widths 16" in text
    assert "| engine, 16 bytes, M/s | 2·10³, 0.1 % | 2·10³, 50 % | |" in text
    assert text.count(f"| {kernels()[0]} |") == 1


def test_figures_of_an_earlier_run(tmp_path, capsys):
    first, second, path = (tmp_path / name for name in ("1.json", "2.json", "all.md"))
    assert bench("engine", *TINY, "--hits", 0.5, 0.1, "--json", first) == 0
    both = ("--queries", 3000, "--rounds", 1, "--with", first, "--json", second, "--markdown", path)
    assert bench("engine", "threads", "--keys", 2000, 4000, "--hits", 0.5, *both) == 0
    rows = json.loads(second.read_text())["rows"]
    groups = {(row["keys"], row["hits"], len(row["times"])) for row in rows}
    # What both runs measured is taken from the later one alone.
    assert groups == {(2000, 0.1, 2), (2000, 0.5, 1), (4000, 0.5, 1)}
    text = path.read_text()
    assert "| engine, 16 bytes, M/s | 2·10³, 10 % | 2·10³, 50 % | 4·10³, 50 % | |" in text
    assert text.count("csamatch bench engine") == 2
    if util.find_spec("matplotlib"):
        plot = tmp_path / "plot.svg"
        assert bench("open", *TINY, "--with", first, "--plot", plot) == 0
        assert "10 % of the queries" in plot.read_text()


@pytest.mark.parametrize("change", [{"machine": {"CPU": "another"}}, {"rows": [{}]}, {"rows": 1}])
def test_figures_that_do_not_belong_are_refused(change, tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert bench("engine", *TINY, "--json", path) == 0
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert bench("engine", *TINY, "--with", path) == 2
    assert str(path) in capsys.readouterr().err


def test_plot(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = tmp_path / "plot.svg"
    args = ("engine", "peers", *TINY, "--peers", "set", "--plot", path)
    assert bench(*args) == 0
    text = path.read_text()
    for label in ("limit: one line", "csamatch portable", "set of bytes", "50 % of the queries"):
        assert label in text
    assert len(text) < 150_000


@pytest.mark.parametrize(
    "args",
    [
        ["nothing"],
        ["--keys", "10"],
        ["--keys", "1e3.5"],
        ["--keys", "1000.5"],
        ["--keys", "nan"],
        ["--hits", "1.5"],
        ["--widths", "17"],
        ["--rounds", "0"],
        ["--peers", "nobody"],
    ],
)
def test_bad_arguments(args, capsys):
    with pytest.raises(SystemExit) as left:
        bench(*args)
    assert left.value.code == 2
    assert "csamatch bench" in capsys.readouterr().err


def test_what_cannot_be_written_is_refused_first(tmp_path, capsys):
    document = tmp_path / "document.md"
    document.write_text("no marks")
    assert bench("--json", tmp_path / "missing" / "figures.json") == 2
    assert bench("--markdown", document) == 2
    assert bench("build", "--plot", tmp_path / "plot.svg") == 2
    assert bench("input", "--widths", 20) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 4)
    assert document.read_text() == "no marks"


def test_other_commands_do_not_load_it():
    code = (
        "import sys; from csamatch import cli; cli.main(['normalize', '/dev/null']);"
        "print([m for m in sys.modules if m.startswith('csamatch.bench')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.decode().strip() == "[]"
