"""Numbered generations of a list, and the pointer to the one in use."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys

import pytest

import csamatch
from csamatch import ListFileError, LiveList, SignatureError
from csamatch.publishing import pointed
from live_lists import DIGESTS, Heard, builder, put
from signers import write_key


@pytest.fixture
def build(tmp_path):
    return builder(tmp_path)


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


def test_a_link_to_a_pointer(build, tmp_path):
    """The list lies beside the pointer, not beside the link."""
    place, link = tmp_path / "lists", tmp_path / "link"
    csamatch.publish(build(tmp_path / "a.csml", version="1"), place)
    link.symlink_to(place / "current")
    live = LiveList(link, **Heard().options())
    csamatch.publish(build(tmp_path / "a.csml", DIGESTS[:2], version="2"), place)
    assert live.check() and live.info.version == "2"


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
    read, refused = room.read_checked, []

    def read_meanwhile(path, **options):
        with pytest.raises(csamatch.Error, match="another process") as info:
            csamatch.publish(source, place)
        refused.append(info.value)
        return read(path, **options)

    monkeypatch.setattr(room, "read_checked", read_meanwhile)
    assert csamatch.publish(source, place).name == "00000001.csml"
    assert len(refused) == 1
    assert sorted(p.name for p in place.iterdir()) == ["00000001.csml", "current"]


def _publish(source, place, times):
    while times:
        with contextlib.suppress(csamatch.Error):  # another process is at it
            csamatch.publish(source, place, keep=100)
            times -= 1


def test_several_processes_publish(build, tmp_path):
    """None takes the number of another, and the pointer names a sound list at any time."""
    place = tmp_path / "lists"
    for number in range(3):
        build(tmp_path / f"{number}.csml", DIGESTS[: number + 1])
    csamatch.publish(tmp_path / "0.csml", place, keep=100)
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_publish, args=(tmp_path / f"{n}.csml", place, 5)) for n in range(3)
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
    assert names == [f"{n:08}.csml" for n in range(1, 17)] + ["current"]
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


def test_publishing_signatures(build, tmp_path):
    """Only such as fit the list, whoever made them; or those of a trusted key alone."""
    place, one, other = tmp_path / "lists", tmp_path / "a.csml", tmp_path / "b.csml"
    trusted, stranger = (write_key(tmp_path, name) for name in ("key", "stranger"))
    for path, version in ((one, "1"), (other, "2")):
        csamatch.sign(build(path, version=version), tmp_path / "key", serial=int(version))
    signature = one.with_name("a.csml.sig")
    good, of_other = signature.read_bytes(), other.with_name("b.csml.sig").read_bytes()
    no_key = good.replace(trusted.hex().encode(), b"f" * 64)
    for wrong in (of_other, no_key, good.replace(b"serial 1", b"serial 9"), b"x", None):
        signature.unlink()
        if wrong is None:
            os.mkfifo(signature)
        else:
            signature.write_bytes(wrong)
        for options in ({}, {"trusted_key": trusted}):
            with pytest.raises(SignatureError, match=r"a\.csml\.sig: (?!.*0000)"):
                csamatch.publish(one, place, **options)
    signature.unlink()
    with pytest.raises(SignatureError, match="there is no signature"):
        csamatch.publish(one, place, trusted_key=trusted)
    assert list(place.iterdir()) == []
    signature.write_bytes(good)
    with pytest.raises(SignatureError, match="another key"):
        csamatch.publish(one, place, trusted_key=stranger)
    for source in (one, other):
        path = csamatch.publish(source, place, trusted_key=tmp_path / "key.pub")
        LiveList(place / "current", trusted_key=trusted)
    assert csamatch.verify(path, trusted_key=trusted).version == "2"
    with pytest.raises(SignatureError, match="older than 2"):
        csamatch.publish(one, place, trusted_key=trusted)
    assert pointed(place / "current") == path
    assert csamatch.publish(one, place).name == "00000003.csml"  # nobody asked for more


@pytest.mark.parametrize(
    "text",
    [b"../x.csml", b"/x.csml", b"a/x.csml", b".x.csml", b"x.csml\ny.csml", b"x", b"x.csml" * 60],
)
def test_what_is_no_pointer(tmp_path, text):
    (tmp_path / "current").write_bytes(text)
    assert pointed(tmp_path / "current") is None
    with pytest.raises(ListFileError, match="not a csamatch list file"):
        LiveList(tmp_path / "current")
