"""What a list can be built from: archives, compressed and broken files, open files of all sorts."""

from __future__ import annotations

import bz2
import gzip
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from random import Random

import fsspec
import pytest

import csamatch
from csamatch import FormatError, build, unpack
from sources import md5, media

zstd = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def lines(*numbers: int) -> bytes:
    return "".join(md5(i) + "\n" for i in numbers).encode()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class Stream(io.RawIOBase):
    """A file object as pipes and sockets give it: no seeking, and few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 1000) if size >= 0 else 1000)


def names(report: csamatch.BuildReport) -> list[str]:
    return [source.name for source in report.sources]


CONTENT = lines(*range(5000))
PACKED = {
    "gzip": gzip.compress(CONTENT),
    "two gzip members": gzip.compress(CONTENT[:330]) + gzip.compress(CONTENT[330:]),
    "zstd": zstd.compress(CONTENT),
    "two zstd frames": zstd.compress(CONTENT[:330]) + zstd.compress(CONTENT[330:]),
    "zip": zipped({"a.txt": CONTENT}),
    "stored zip": zipped({"a.txt": CONTENT}, zipfile.ZIP_STORED),
    "bzip2 zip": zipped({"a.txt": CONTENT}, zipfile.ZIP_BZIP2),
    "lzma zip": zipped({"a.txt": CONTENT}, zipfile.ZIP_LZMA),
    "gzip in zip": zipped({"a.txt.gz": gzip.compress(CONTENT)}),
    "zip in zip": zipped({"b.zip": zipped({"a.txt": CONTENT})}),
    "zip in gzip": gzip.compress(zipped({"a.txt": CONTENT})),
    "zstd in gzip": gzip.compress(zstd.compress(CONTENT)),
}


@pytest.mark.parametrize("form", PACKED)
def test_compressed_sources_are_what_they_hold(tmp_path, out, form):
    """By content: the name says nothing. From paths, files and mere streams; the same bytes."""
    path = tmp_path / "list.dat"
    path.write_bytes(PACKED[form])
    build(io.BytesIO(CONTENT), out)
    expected = out.read_bytes()
    for source in (path, io.BytesIO(PACKED[form]), Stream(PACKED[form])):
        report = build(source, out)
        assert out.read_bytes() == expected
        assert report.read == 5000
    assert list(report.readers.values()) == ["text"]


def test_members_are_sources_of_their_own(tmp_path, out):
    path = tmp_path / "archive.zip"
    members = {
        "a.txt": lines(1, 2) + b"x\n",
        "folder/": b"",
        "folder/b.json": media([{"MediaID": 1, "Category": 1, "MD5": md5(2)}]).getvalue(),
        "__MACOSX/a.txt": b"\0\5\26\7",
        "odd\nname.txt": lines(3),
    }
    path.write_bytes(zipped(members))
    report = build(path, out)
    assert report.readers == {
        f"{path}!a.txt": "text",
        f"{path}!folder/b.json": "vics",
        f"{path}!odd?name.txt": "text",
    }
    assert [(s.source, s.where) for s in report.samples] == [(f"{path}!a.txt", "line 3")]
    assert [(s.read, s.taken, s.rejected) for s in report.sources] == [
        (3, 2, 1),
        (1, 1, 0),
        (1, 1, 0),
    ]
    assert report.counts == {"md5": 3}


def test_members_can_be_named(tmp_path, out):
    path = tmp_path / "archive.zip"
    path.write_bytes(zipped({"a.txt": lines(1), "b.txt": lines(2), "readme.pdf": b"%PDF-1.7"}))
    assert build(f"{path}!b.txt", out).counts == {"md5": 1}
    assert md5(2) in csamatch.open(out)
    assert names(build(f"{path}!*.txt", out)) == [f"{path}!a.txt", f"{path}!b.txt"]
    with pytest.raises(FormatError, match="looks like a PDF document"):
        build(path, out)
    with pytest.raises(FormatError, match="the archive holds no such file"):
        build(f"{path}!c.txt", out)
    with pytest.raises(FileNotFoundError):
        build(f"{tmp_path}/no.zip!c.txt", out)
    odd = tmp_path / "what!.txt"
    odd.write_bytes(lines(5))
    assert names(build(odd, out)) == [str(odd)]
    with pytest.raises(FormatError, match="no zip archive"):
        build(f"{odd}!x", out)
    with pytest.raises(ValueError, match="is a source too"):
        build(f"{path}!a.txt", path)


def refused(source: object, out: Path, **options: object) -> FormatError:
    """What a build says that must fail, and leave the old list alone."""
    out.write_bytes(b"the old list")
    with pytest.raises(FormatError) as caught:
        build(source, out, **options)
    assert out.read_bytes() == b"the old list"
    assert [p.name for p in out.parent.glob("*csml*")] == [out.name]
    assert caught.value.__cause__ is None and "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("form", ["gzip", "zstd"])
@pytest.mark.parametrize("content", [CONTENT, media([{"MD5": md5(i)} for i in range(9999)]).read()])
def test_truncated_streams(out, form, content):
    packed = {"gzip": gzip, "zstd": zstd}[form].compress(content)
    for length in (len(packed) - 1, len(packed) // 2, 20):
        error = refused(io.BytesIO(packed[:length]), out)
        assert error.reason == f"truncated {'gzip' if form == 'gzip' else 'Zstandard'} data"
        assert error.where.startswith("after byte ")
    place = int(refused(io.BytesIO(packed[:-1]), out).where.split()[2].replace(",", ""))
    assert 0 < place <= len(content)


def test_damaged_streams(out):
    checked = zstd.compress(CONTENT, options={zstd.CompressionParameter.checksum_flag: 1})
    for packed in (PACKED["gzip"], checked):
        for at in (len(packed) // 2, len(packed) - 2):
            broken = bytearray(packed)
            broken[at] ^= 0x55
            error = refused(io.BytesIO(bytes(broken)), out)
            assert error.reason.split()[0] in ("damaged", "truncated")
    trailing = refused(io.BytesIO(PACKED["gzip"] + b"garbage"), out)
    assert trailing.reason == "damaged gzip data"


def test_damaged_archives(out):
    for form in ("zip", "stored zip", "bzip2 zip", "lzma zip"):
        packed = PACKED[form]
        for length in (len(packed) - 1, len(packed) // 2, 10):
            error = refused(io.BytesIO(packed[:length]), out)
            assert error.reason == "truncated or damaged zip archive"
            assert error.where == f"before byte {length:,}"
        broken = bytearray(packed)
        broken[2000] ^= 0x55
        error = refused(io.BytesIO(bytes(broken)), out)
        assert error.source == "<stream>!a.txt"
        assert error.reason == "damaged zip data" and error.where.startswith("after byte ")
    header = bytearray(PACKED["zip"])
    header[1] = 0
    assert "binary" in refused(io.BytesIO(bytes(header)), out).reason
    moved = bytearray(zipped({"a": lines(1), "b": lines(2)}))
    moved[moved.index(b"PK\x03\x04", 4)] = 0
    assert refused(io.BytesIO(bytes(moved)), out).reason == "damaged zip archive"


def test_the_layer_that_is_broken_is_named(out):
    """Here the outer one, which the inner one only passes on."""
    inner = gzip.compress(b"x" * 10)
    assert refused(io.BytesIO(gzip.compress(inner)[:-4]), out).reason == "truncated gzip data"
    bad_sum = bytearray(gzip.compress(zstd.compress(CONTENT)))
    bad_sum[-6] ^= 1
    assert refused(io.BytesIO(bytes(bad_sum)), out).reason == "damaged gzip data"


@pytest.mark.any_kernel
def test_mangled_archives(tmp_path, out):
    """Whatever is mangled, it is a FormatError or a list; from a file, where seeking can fail."""
    random = Random(11)
    path = tmp_path / "mangled"
    members = {"a.txt": lines(*range(50)), "b.gz": gzip.compress(lines(*range(50)))}
    seeds = [zipped(members, method) for method in (0, 8, 12, 14)]
    for _ in range(400):
        data = bytearray(random.choice(seeds))
        for _ in range(random.choice([1, 1, 3])):
            at = random.choice([random.randrange(len(data)), len(data) - random.randrange(1, 250)])
            change = random.choice([b"", b"\0", b"\xff", b"\xff\xff\xff\xff", b"abc"])
            data[at : at + random.choice([0, 1, len(change)])] = change
        path.write_bytes(data)
        try:
            build(path, out)
        except FormatError as error:
            assert "\n" not in str(error)


def test_archives_that_cannot_be_read(out):
    encrypted = bytearray(zipped({"a.txt": lines(1)}))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(magic) + offset] |= 1
    error = refused(io.BytesIO(bytes(encrypted)), out)
    assert (error.source, error.reason) == (
        "<stream>!a.txt",
        "encrypted; decrypt the archive first",
    )
    strange = bytearray(zipped({"a.txt": lines(1)}))
    for magic, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        strange[strange.index(magic) + offset] = 97
    assert refused(io.BytesIO(bytes(strange)), out).reason.startswith("compressed in a way")
    assert refused(io.BytesIO(zipped({})), out).reason == "the archive holds no such file"
    document = zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    assert "office document" in refused(io.BytesIO(document), out).reason
    deep = gzip.compress(gzip.compress(gzip.compress(CONTENT)))
    assert "inside 2 other layers" in refused(io.BytesIO(deep), out).reason
    assert "bzip2" in refused(io.BytesIO(bz2.compress(CONTENT)), out).reason


@pytest.mark.any_kernel
def test_bombs(out, monkeypatch):
    """Refused by what comes out, whatever their headers claim, with nothing like it in memory."""
    monkeypatch.setattr(unpack, "FREE", 1 << 20)
    million = b"0" * 127 + b"\n"
    many = million * (1 << 15)  # 4 MiB
    for packed in (gzip.compress(many), zstd.compress(many), zipped({"a": many})):
        error = refused(io.BytesIO(packed), out, reader="text")
        assert error.reason == "unpacks to more than 200 times its size; max_ratio raises that"
        assert error.where.startswith("after byte ")
        error = refused(io.BytesIO(packed), out, reader="text", max_ratio=1e6)
        assert "cannot be read" in error.reason or "nothing in it" in error.reason
        error = refused(io.BytesIO(packed), out, reader="text", max_ratio=1e6, max_size=1 << 21)
        assert error.reason == "unpacks to more than 2,097,152 bytes; max_size raises that"
    twice = gzip.compress(gzip.compress(many))
    assert "max_ratio" in refused(io.BytesIO(twice), out, reader="text").reason
    few = {f"{i}.txt": many[: 1 << 19] for i in range(8)}  # each small, together not
    packed = zipped(few)
    error = refused(io.BytesIO(packed), out, reader="text", max_rejected="100%")
    assert error.source == f"<stream>!{200 * len(packed) >> 19}.txt"
    assert "max_ratio" in error.reason


def test_ordinary_ratios_pass(out):
    """A real list compresses; a small one may compress as far as it likes."""
    once = (md5(1) + "\n").encode() * 200_000
    assert build(io.BytesIO(gzip.compress(once)), out).duplicate == 199_999


def test_zstd_without_the_package(out, monkeypatch):
    for name in ("compression", "compression.zstd", "backports", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    error = refused(io.BytesIO(PACKED["zstd"]), out)
    assert error.reason == "Zstandard data; to read it, install csamatch[zstd]"
    assert build(io.BytesIO(PACKED["gzip"]), out).accepted == 5000


def test_files_are_closed_and_those_given_are_not(tmp_path, out):
    path = tmp_path / "x.zip"
    path.write_bytes(zipped({"a.txt": lines(1), "b.txt": b"%PDF-1.7"}))
    with path.open("rb") as file:
        with pytest.raises(FormatError):
            build(file, out)  # warnings of unclosed files are errors here
        assert not file.closed
    with pytest.raises(FormatError):
        build(path, out)


def test_a_named_pipe(tmp_path, out):
    path = tmp_path / "pipe"
    subprocess.run(["mkfifo", path], check=True)
    with subprocess.Popen(["sh", "-c", f"printf '%s\\n' {md5(1)} > '{path}'"]):
        assert build(path, out).accepted == 1


def test_fsspec(out):
    memory = fsspec.filesystem("memory")
    for name, packed in PACKED.items():
        memory.pipe_file(f"/{name}", packed)
        with memory.open(f"/{name}", "rb") as file:
            assert build(file, out).accepted == 5000


def test_progress_in_archives(tmp_path, out):
    path = tmp_path / "x"
    content = lines(*range(50_000))
    for packed, total in ((zipped({"a": content}), len(content)), (gzip.compress(content), None)):
        path.write_bytes(packed)
        calls = []
        build(path, out, progress=lambda *args, calls=calls: calls.append(args))
        done = [d for _, d, _ in calls]
        assert done == sorted(done)
        assert {size for _, _, size in calls} == {total or len(packed)}
        assert done[-1] == (total or len(packed))
