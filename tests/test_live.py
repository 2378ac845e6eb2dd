"""Lists that follow their file."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

import csamatch
from csamatch import ListFileError, LiveList, StaleListError
from csamatch.publishing import pointed

DIGESTS = [f"{i:032x}" for i in range(0x1234567, 0x1234567 + 40)]


@pytest.fixture
def build(tmp_path):
    def build(path, digests=DIGESTS[:5], **info):
        source = tmp_path / "source.txt"
        source.write_text("\n".join(digests))
        csamatch.build(source, path, info=info)
        return path

    return build


class Heard:
    """Collects what a live list reports."""

    def __init__(self):
        self.errors = []
        self.reloads = []

    def options(self):
        return {
            "interval": 1000,
            "on_error": self.errors.append,
            "on_reload": lambda new, old: self.reloads.append((old.version, new.version)),
        }


def put(path, data):
    """Replace a file as one must: by renaming."""
    new = path.with_name("new")
    new.write_bytes(data)
    new.replace(path)


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


def test_a_list_that_grows_stale_is_reported_once(build, out):
    heard = Heard()
    live = LiveList(
        build(out, issued=datetime.now(UTC) - timedelta(seconds=1), max_age=timedelta(seconds=2)),
        **heard.options(),
    )
    assert not live.info.stale and not heard.errors
    while not live.info.stale:
        time.sleep(0.05)
    live.check()
    live.check()
    (error,) = heard.errors
    assert isinstance(error, StaleListError)
    assert live.match(DIGESTS).count == 5


def test_a_list_that_grows_stale_while_its_file_is_missing(build, out):
    """Whoever ought to bring new ones has failed twice; both are told."""
    heard = Heard()
    issued = datetime.now(UTC) - timedelta(seconds=1)
    live = LiveList(build(out, issued=issued, max_age=timedelta(seconds=2)), **heard.options())
    out.unlink()
    while not live.info.stale:
        time.sleep(0.05)
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


def test_publishing(build, tmp_path):
    place = tmp_path / "lists"
    first = csamatch.publish(build(tmp_path / "a.csml", version="1"), place)
    assert first == place / "00000001.csml"
    assert (place / "current").read_bytes() == b"00000001.csml\n"
    assert pointed(place / "current") == first
    assert (first.stat().st_mode & 0o777, place.stat().st_mode & 0o777) == (0o600, 0o700)
    heard = Heard()
    live = LiveList(place / "current", **heard.options())
    for number in range(2, 7):
        source = build(tmp_path / "a.csml", DIGESTS[:number], version=str(number))
        path = csamatch.publish(source, place, keep=2)
        assert path.name == f"{number:08}.csml"
        assert live.check()
        assert (len(live), live.info.version) == (number, str(number))
        assert len([p for p in place.iterdir() if p.suffix == ".csml"]) == 2
    assert sorted(p.name for p in place.iterdir()) == [
        "00000005.csml",
        "00000006.csml",
        "current",
    ]
    assert heard.errors == []
    # Back to an older one by hand.
    put(place / "current", b"00000005.csml")
    assert live.check()
    assert live.info.version == "5"
    (place / "00000005.csml").unlink()
    assert not live.check()
    assert isinstance(heard.errors[0], FileNotFoundError)
    assert len(live) == 5


def test_a_generation_pruned_while_it_is_opened(build, tmp_path, monkeypatch):
    """The pointer was read, and then its list went: the next one is taken, without complaint."""
    place = tmp_path / "lists"
    heard = Heard()
    csamatch.publish(build(tmp_path / "a.csml", version="1"), place)
    live = LiveList(place / "current", **heard.options())
    csamatch.publish(build(tmp_path / "a.csml", DIGESTS[:2], version="2"), place)
    newest = build(tmp_path / "a.csml", DIGESTS[:3], version="3")
    room = sys.modules["csamatch.live"]
    open_accepted, asked = room.open_accepted, []

    def open_late(path, accept, **options):
        if not asked:
            csamatch.publish(newest, place, keep=1)
        asked.append(path.name)
        return open_accepted(path, accept, **options)

    monkeypatch.setattr(room, "open_accepted", open_late)
    assert live.check()
    assert asked == ["00000002.csml", "00000003.csml"]
    assert (len(live), heard.reloads, heard.errors) == (3, [("1", "3")], [])
    assert not live.check()


def test_only_one_publishes_at_a_time(build, tmp_path, monkeypatch):
    place = tmp_path / "lists"
    source = build(tmp_path / "a.csml")
    room = sys.modules["csamatch.publishing"]
    verify, refused = room.verify, []

    def verify_meanwhile(path):
        with pytest.raises(csamatch.Error, match="another process") as info:
            csamatch.publish(source, place)
        refused.append(info.value)
        return verify(path)

    monkeypatch.setattr(room, "verify", verify_meanwhile)
    assert csamatch.publish(source, place).name == "00000001.csml"
    assert len(refused) == 1
    assert sorted(p.name for p in place.iterdir()) == ["00000001.csml", "current"]


def _publish(source, place):
    for _ in range(15):
        with contextlib.suppress(csamatch.Error):  # another process is at it
            csamatch.publish(source, place, keep=100)


def test_several_processes_publish(build, tmp_path):
    """None takes the number of another, and the pointer names a sound list at any time."""
    place = tmp_path / "lists"
    for number in range(3):
        build(tmp_path / f"{number}.csml", DIGESTS[: number + 1])
    csamatch.publish(tmp_path / "0.csml", place, keep=100)
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_publish, args=(tmp_path / f"{n}.csml", place)) for n in range(3)
    ]
    for process in processes:
        process.start()
    errors = []
    live = LiveList(place / "current", interval=1000, on_error=errors.append)
    while any(process.is_alive() for process in processes):
        live.check()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert errors == []
    names = sorted(p.name for p in place.iterdir())
    assert len(names) > 10
    assert names == [f"{n:08}.csml" for n in range(1, len(names))] + ["current"]
    assert pointed(place / "current").name == names[-2]


def test_publishing_what_is_no_sound_list(build, tmp_path):
    place = tmp_path / "lists"
    good = csamatch.publish(build(tmp_path / "a.csml"), place)
    bad = tmp_path / "bad.csml"
    for data in (b"", good.read_bytes()[:-1]):
        bad.write_bytes(data)
        with pytest.raises(ListFileError, match=r"bad\.csml: (?!.*0000)"):
            csamatch.publish(bad, place)
    with pytest.raises(FileNotFoundError):
        csamatch.publish(tmp_path / "missing", place)
    with pytest.raises(ValueError, match="keep"):
        csamatch.publish(good, place, keep=0)
    assert sorted(p.name for p in place.iterdir()) == ["00000001.csml", "current"]
    assert pointed(place / "current") == good


@pytest.mark.parametrize(
    "text",
    [b"../x.csml", b"/x.csml", b"a/x.csml", b".x.csml", b"x.csml\ny.csml", b"x", b"x.csml" * 60],
)
def test_what_is_no_pointer(tmp_path, text):
    (tmp_path / "current").write_bytes(text)
    assert pointed(tmp_path / "current") is None
    with pytest.raises(ListFileError, match="not a csamatch list file"):
        LiveList(tmp_path / "current")
