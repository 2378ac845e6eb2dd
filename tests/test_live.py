"""Lists that follow their file."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

import csamatch
from csamatch import ListFileError, LiveList, StaleListError
from live_lists import DIGESTS, Heard, builder, put


@pytest.fixture
def build(tmp_path):
    return builder(tmp_path)


def test_a_new_version_is_taken(build, out):
    heard = Heard()
    live = LiveList(build(out, version="1"), **heard.options())
    held = live.current
    assert DIGESTS[0] in live and DIGESTS[9] not in live
    assert len(live) == 5
    assert (live.info.version, live.kernel) == ("1", held.kernel)
    assert not live.check()
    build(out, DIGESTS[9:12], version="2")
    assert DIGESTS[0] in live  # nobody has looked yet
    assert live.check()
    assert DIGESTS[0] not in live and DIGESTS[9] in live
    assert live.find(DIGESTS[10]).list.version == "2"
    assert live.match(DIGESTS).mask.nonzero()[0].tolist() == [9, 10, 11]
    assert len(live) == 3
    assert heard.reloads == [("1", "2")]
    assert not live.check()
    assert (live.reloads, live.errors, heard.errors) == (1, 0, [])
    # Whoever took the old list keeps it.
    assert held.match(DIGESTS).count == 5


def test_use_looks_at_the_file_once_in_an_interval(build, out, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    live = LiveList(build(out), interval=10)
    build(out, DIGESTS[9:12])
    now[0] = 109.0
    assert DIGESTS[9] not in live
    now[0] = 110.0
    assert DIGESTS[9] in live
    build(out, DIGESTS[20:21])
    now[0] = 119.0
    assert len(live) == 3
    now[0] = 120.0
    assert len(live) == 1


def test_addresses(tmp_path, out):
    (tmp_path / "domains.txt").write_text("bad.example\n")
    csamatch.build(tmp_path / "domains.txt", out)
    live = LiveList(out)
    assert "http://www.bad.example/x" in live
    assert live.match(["hxxp://bad[.]example"], refang=True).count == 1
    assert live.match_text(["none", "see bad.example/x"]).mask.tolist() == [False, True]
    assert live.find("bad.example").matched == "bad.example"
    assert live.find("hxxp://bad[.]example/x") is None
    assert live.find("hxxp://bad[.]example/x", refang=True).rule == "domain"


def test_no_links_in_a_list_of_hashes(build, out):
    with pytest.raises(TypeError, match="hashes"):
        LiveList(build(out)).match_text(["x"])


def test_the_same_content_in_a_new_file_is_no_reload(build, out):
    heard = Heard()
    live = LiveList(build(out), **heard.options())
    held = live.current
    put(out, out.read_bytes())
    assert not live.check()
    assert live.current is held
    assert heard.reloads == heard.errors == []


def bad_files(good, build, tmp_path):
    """Files that must not be taken, with what is said of them."""
    from test_listfile import sealed, sections_of

    damaged, unordered = bytearray(good), bytearray(good)
    damaged[-1] ^= 1
    (offset,) = [at for key, (_, at, _) in sections_of(good).items() if key == (2, 1)]
    unordered[offset] = 0xFF
    old = datetime.now(UTC) - timedelta(days=9)
    stale = build(tmp_path / "stale.csml", issued=old, max_age="2d").read_bytes()
    (tmp_path / "domains.txt").write_text("bad.example\n")
    csamatch.build(tmp_path / "domains.txt", tmp_path / "domains.csml")
    return {
        "empty": (b"", ListFileError, "empty"),
        "short": (good[:-1], ListFileError, ""),
        "cut off": (good[:70], ListFileError, ""),
        "damaged": (bytes(damaged), ListFileError, "checksum"),
        "not in order": (bytes(sealed(unordered)), ListFileError, "order"),
        "no list": (b"secret.example\n", ListFileError, "not a csamatch list file"),
        "of another kind": ((tmp_path / "domains.csml").read_bytes(), ListFileError, "addresses"),
        "stale": (stale, StaleListError, "stale"),
        "a pointer to nothing": (b"missing.csml\n", FileNotFoundError, "missing.csml"),
        "missing": (None, FileNotFoundError, "No such file"),
    }


def test_whatever_is_wrong_leaves_the_old_list_serving(build, out, tmp_path):
    heard = Heard()
    live = LiveList(build(out, version="1"), stale="error", **heard.options())
    good = out.read_bytes()
    bad = bad_files(good, build, tmp_path)
    for count, (what, (data, error, said)) in enumerate(bad.items(), 1):
        if data is None:
            out.unlink()
        else:
            put(out, data)
        for _ in range(3):
            assert not live.check(), what
        assert len(heard.errors) == live.errors == count, what  # once for each version
        assert isinstance(heard.errors[-1], error), what
        assert said in str(heard.errors[-1]), what
        assert heard.errors[-1].__traceback__ is None
        assert live.match(DIGESTS).count == 5
    assert len(bad) == 10
    put(out, good)
    assert not live.check()  # the same list is back
    out.unlink()
    assert not live.check()
    assert live.errors == 11
    build(out, DIGESTS[:2], version="2")
    assert live.check()
    assert heard.reloads == [("1", "2")]


def test_the_same_bad_file_again_is_reported_again(build, out):
    heard = Heard()
    live = LiveList(build(out), **heard.options())
    good = out.read_bytes()
    for _ in range(2):
        put(out, good[:-1])
        live.check()
    assert len(heard.errors) == 2


def test_a_file_taken_away_while_it_is_looked_at_is_reported_once(build, out, monkeypatch):
    heard = Heard()
    live = LiveList(build(out), **heard.options())
    build(out, DIGESTS[:2])
    room = sys.modules["csamatch.live"]
    pointed = room.pointed

    def take_away(path):
        out.unlink(missing_ok=True)
        return pointed(path)

    monkeypatch.setattr(room, "pointed", take_away)
    for _ in range(3):
        assert not live.check()
    assert [type(error) for error in heard.errors] == [FileNotFoundError]
    monkeypatch.undo()
    build(out, DIGESTS[:2])
    assert live.check()


def test_a_file_that_could_not_be_read_is_tried_again(build, out, monkeypatch):
    heard = Heard()
    live = LiveList(build(out), **heard.options())
    build(out, DIGESTS[:2])
    room = sys.modules["csamatch.live"]

    def fail(*_, **__):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(room, "open_accepted", fail)
        assert not live.check()
        assert not live.check()
    assert len(heard.errors) == 1
    assert live.check()
    assert len(live) == 2


def test_the_first_version_must_be_sound(build, out):
    with pytest.raises(FileNotFoundError):
        LiveList(out)
    out.write_bytes(b"")
    with pytest.raises(ListFileError):
        LiveList(out)
    build(out)
    for options in ({"interval": 0}, {"verify": False}, {"stale": "never"}):
        with pytest.raises(ValueError):
            LiveList(out, **options)
    with pytest.raises(TypeError):
        LiveList(out, colour="red")


@pytest.fixture
def a_day_later(monkeypatch):
    """What lets a day pass."""
    age = csamatch.ListInfo.age.fget

    def pass_a_day():
        monkeypatch.setattr(
            csamatch.ListInfo, "age", property(lambda info: age(info) + timedelta(days=1))
        )

    return pass_a_day


def test_a_list_that_grows_stale_is_reported_once(build, out, a_day_later):
    heard = Heard()
    live = LiveList(
        build(out, issued=datetime.now(UTC), max_age=timedelta(hours=12)), **heard.options()
    )
    assert not live.info.stale and not heard.errors
    a_day_later()
    assert live.info.stale
    live.check()
    live.check()
    (error,) = heard.errors
    assert isinstance(error, StaleListError)
    assert live.match(DIGESTS).count == 5


def test_a_list_that_grows_stale_while_its_file_is_missing(build, out, a_day_later):
    """Whoever ought to bring new ones has failed twice; both are told."""
    heard = Heard()
    issued = datetime.now(UTC)
    live = LiveList(build(out, issued=issued, max_age=timedelta(hours=12)), **heard.options())
    out.unlink()
    a_day_later()
    live.check()
    live.check()
    assert [type(error) for error in heard.errors] == [FileNotFoundError, StaleListError]


def test_errors_are_logged_where_nobody_listens(build, out, caplog):
    live = LiveList(build(out, name="Baseline"), interval=1000)
    put(out, b"")
    live.check()
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("csamatch.live", logging.ERROR)
    assert "Baseline" in record.getMessage() and "the file is empty" in record.getMessage()


def test_a_failing_callback_is_logged_by_its_type(build, out, caplog):
    def fail(*_):
        raise RuntimeError("secret")

    live = LiveList(build(out), interval=1000, on_reload=fail, on_error=fail)
    build(out, DIGESTS[:2])
    assert live.check()
    put(out, b"")
    assert not live.check()
    assert len(caplog.records) == 2
    assert "RuntimeError" in caplog.text and "secret" not in caplog.text


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


def test_a_thread_follows(build, out):
    with LiveList(build(out), interval=0.01) as live:
        assert live.start() is live
        assert sum(t.name == "csamatch-live" for t in threading.enumerate()) == 1
        build(out, DIGESTS[:2])
        wait_for(lambda: live.reloads == 1)
        assert len(live) == 2
    assert not any(t.name == "csamatch-live" for t in threading.enumerate())
    live.stop()
    build(out, DIGESTS[:3])
    wait_for(lambda: len(live) == 3)  # on use again


def test_a_thread_ends_with_its_list(build, out):
    live = LiveList(build(out), interval=0.01).start()
    (thread,) = [t for t in threading.enumerate() if t.name == "csamatch-live"]
    del live
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("threaded", [False, True])
def test_a_forked_process_looks_for_itself(build, out, threaded):
    """Whether or not a thread followed the file before, and held the lock at that moment."""
    live = LiveList(build(out), interval=0.01)
    if threaded:
        live.start()
    with live._lock:
        child = os.fork()
        if not child:
            status = 1
            try:
                end = time.monotonic() + 20
                while len(live) != 2 and time.monotonic() < end:
                    time.sleep(0.005)
                names = [t.name for t in threading.enumerate()]
                if len(live) == 2 and ("csamatch-live" in names) == threaded:
                    status = 0
            finally:
                os._exit(status)
    build(out, DIGESTS[:2])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    live.stop()
