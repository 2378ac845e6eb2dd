"""Every public C function does what csamatch.h says, and the same as through Cython."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pytest

import c_library
import csamatch
from c_library import normalize
from csamatch import _core
from listfile_reader import address_key, siphash128


@pytest.fixture(scope="module")
def ffi_and_lib(tmp_path_factory):
    ffi, lib = c_library.load(tmp_path_factory.mktemp("c"))
    return ffi, c_library.Recorder(lib)


@pytest.fixture(scope="module")
def ffi(ffi_and_lib):
    return ffi_and_lib[0]


@pytest.fixture(scope="module")
def lib(ffi_and_lib):
    return ffi_and_lib[1]


@pytest.fixture(params=csamatch.kernels())
def options(request, ffi):
    """Options of a key set that ask for each kernel in turn."""
    name = ffi.new("char[]", request.param.encode())
    options = ffi.new("csamatch_keyset_options *")
    options.size, options.kernel = ffi.sizeof("csamatch_keyset_options"), name
    yield options
    ffi.release(name)


KEYS = sorted(hashlib.md5(bytes([i])).digest() for i in range(200))


def test_version(ffi, lib):
    assert ffi.string(lib.csamatch_version()).decode() == csamatch.__version__


def test_status_text(ffi, lib):
    seen = {ffi.string(lib.csamatch_status_text(i)) for i in range(64)}
    assert b"unknown status" in seen and b"no error" in seen and len(seen) == 20
    assert not any(text.endswith(b".") for text in seen)


def test_kernels(ffi, lib):
    names = [
        ffi.string(lib.csamatch_kernel_name(i)).decode() for i in range(lib.csamatch_kernel_count())
    ]
    assert tuple(names) == csamatch.kernels()
    assert lib.csamatch_kernel_name(len(names)) == ffi.NULL
    out = ffi.new("csamatch_keyset **")
    assert lib.csamatch_keyset_create(KEYS[0], 1, 16, ffi.NULL, out) == 0
    assert ffi.string(lib.csamatch_keyset_kernel(out[0])).decode() == names[0]
    lib.csamatch_keyset_free(out[0])


def test_hex(ffi, lib):
    out = ffi.new("uint8_t[16]")
    bad = ffi.new("size_t *")
    text = hashlib.md5(b"x").hexdigest().upper().encode()
    assert lib.csamatch_hex_decode(text, 32, out, bad) == 0
    assert bytes(out) == hashlib.md5(b"x").digest() == bytes(_core.hex_rows(text, 1, 32))
    assert lib.csamatch_hex_decode(b"0" * 31 + b"g", 32, out, bad) == lib.CSAMATCH_ERROR_ALPHABET
    assert bad[0] == 31
    with pytest.raises(csamatch.DigestError):
        _core.hex_rows(b"0" * 31 + b"g", 1, 32)


def test_hex_lines(ffi, lib):
    digests = [hashlib.md5(bytes([i])).digest() for i in range(3)]
    text = b"".join(d.hex().encode() + b" n\r\n" for d in digests) + b"# no digest\n"
    out = ffi.new("uint8_t[80]")
    count, used = ffi.new("size_t *"), ffi.new("size_t *")
    assert lib.csamatch_hex_lines(text, len(text), 16, out, 5, count, used) == 0
    assert (count[0], used[0]) == (3, 3 * 36)
    keys = bytearray(80)
    assert _core.hex_lines(text, 0, 16, keys) == (3, 3 * 36)
    assert bytes(keys[:48]) == bytes(out)[:48] == b"".join(digests)
    assert _core.hex_lines(text, 36, 16, bytearray(31)) == (1, 36)
    with pytest.raises(ValueError, match="buffer"):
        _core.hex_lines(text, len(text) + 1, 16, keys)


def test_csv(ffi, lib):
    """One column of digests, one of text, through C and through Python."""
    digests = [hashlib.md5(bytes([i])).digest() for i in range(2)]
    text = b'"x, y",%s\r\n' % digests[0].hex().encode() + b"#\nz,%s,\n" % digests[1].hex().encode()
    names, keys = ffi.new("uint8_t[200]"), ffi.new("uint8_t[48]")
    ends, rows, lines = ffi.new("uint32_t[3]"), ffi.new("uint32_t[3]"), ffi.new("uint32_t[3]")
    columns = ffi.new("csamatch_csv_column[2]", [(0, 0, names, ends, 0), (1, 16, keys, rows, 0)])
    issues = ffi.new("csamatch_csv_issue[3]")
    scan = ffi.new("csamatch_csv *", {
        "columns": columns, "column_count": 2, "lines": lines, "room": 3, "issues": issues,
        "issue_room": 3, "least": 2, "most": 2, "delimiter": ord(","), "quote": ord('"'),
        "comment": ord("#"), "last": 1,
    })  # fmt: skip
    assert lib.csamatch_csv_scan(scan, text, len(text)) == 0
    assert (scan.row_count, scan.used, scan.line_count) == (2, len(text), 3)
    assert bytes(keys)[:32] == b"".join(digests) and bytes(names)[:5] == b"x, yz"
    assert (list(ends)[:2], list(rows)[:2], list(lines)[:2]) == ([4, 5], [0, 1], [0, 2])
    issue = issues[0]
    assert (scan.issue_count, issue.row, issue.what, issue.start) == (1, 1, 3, 3)
    scanner = _core.CsvScanner([(0, 0), (1, 16)], 3, 2, 2, ",", '"', "#")
    assert scanner.scan(text, 0, True) == len(text)
    assert scanner.digests(1)[1] == b"".join(digests) and scanner.texts(0)[1] == b"x, yz"
    assert scanner.issues() == [(1, 2, 3, 0, 3, 0)]
    with pytest.raises(ValueError, match="buffer"):
        scanner.scan(text, len(text) + 1, True)


def test_rows(ffi, lib):
    shuffled = b"".join(reversed(KEYS)) + KEYS[7]
    rows = ffi.from_buffer("uint8_t[]", bytearray(shuffled), require_writable=True)
    unique = ffi.new("size_t *")
    assert lib.csamatch_rows_sort(rows, 201, 16) == 0
    assert lib.csamatch_rows_check(rows, 201, 16, unique) == lib.CSAMATCH_ERROR_ORDER
    assert unique[0] == 8
    assert lib.csamatch_rows_unique(rows, 201, 16, unique) == 0
    assert unique[0] == 200
    assert bytes(rows)[: 200 * 16] == b"".join(KEYS)
    assert lib.csamatch_rows_check(rows, 200, 16, ffi.NULL) == 0
    same = bytearray(shuffled)
    _core.rows_sort(same, 201, 16)
    assert _core.rows_unique(same, 201, 16) == 200
    assert bytes(same[: 200 * 16]) == b"".join(KEYS)


def test_keyset(ffi, lib, options):
    packed = b"".join(KEYS)
    out = ffi.new("csamatch_keyset **")
    assert lib.csamatch_keyset_create(packed, 200, 16, options, out) == 0
    keyset = out[0]
    assert (lib.csamatch_keyset_size(keyset), lib.csamatch_keyset_width(keyset)) == (200, 16)
    kernel = ffi.string(lib.csamatch_keyset_kernel(keyset))
    assert kernel == ffi.string(options.kernel)
    mirror = _core.KeySet(packed, 0, 200, 16, kernel.decode())
    queries = [*KEYS[::-3], b"\0" * 16, b"\xff" * 16]
    expected = [KEYS.index(q) if q in KEYS else -1 for q in queries]
    hits = ffi.new("csamatch_hit[]", len(queries))
    count = ffi.new("size_t *")
    joined = b"".join(queries)
    assert lib.csamatch_keyset_match(keyset, joined, len(queries), hits, count) == 0
    expected_hits = [(i, p) for i, p in enumerate(expected) if p >= 0]
    assert [(hits[i].query, hits[i].position) for i in range(count[0])] == expected_hits
    assert [lib.csamatch_keyset_find(keyset, q) for q in queries] == expected
    assert [mirror.find(q) for q in queries] == expected
    answers = np.empty((len(queries), 2), np.uint64)
    found = mirror.match(joined, 0, len(queries), answers)
    assert [tuple(row) for row in answers[:found].tolist()] == expected_hits
    lib.csamatch_keyset_free(keyset)
    lib.csamatch_keyset_free(ffi.NULL)


def test_keyed_keyset(ffi, lib, options):
    key, rows = bytes(range(16)), b"".join(KEYS)
    out = ffi.new("uint8_t[]", 16 * len(KEYS))
    assert lib.csamatch_rows_hash(key, rows, len(KEYS), 16, out) == 0
    hashes = [bytes(out)[i : i + 16] for i in range(0, 16 * len(KEYS), 16)]
    assert hashes == [siphash128(key, row) for row in KEYS]
    assert lib.csamatch_rows_hash(ffi.NULL, rows, 1, 16, out) == lib.CSAMATCH_ERROR_ARGUMENT
    order = sorted(range(len(KEYS)), key=hashes.__getitem__)
    packed, secret = b"".join(sorted(hashes)), ffi.new("uint8_t[]", key)
    handle = ffi.new("csamatch_keyset **")
    options.hash_key, options.query_width = secret, 16
    keep = ffi.from_buffer(packed)
    assert lib.csamatch_keyset_create(keep, len(KEYS), 16, options, handle) == 0
    assert lib.csamatch_keyset_width(handle[0]) == lib.csamatch_keyset_query_width(handle[0]) == 16
    hits, count = ffi.new("csamatch_hit[]", len(KEYS)), ffi.new("size_t *")
    assert lib.csamatch_keyset_match(handle[0], rows, len(KEYS), hits, count) == 0
    found = [(hit.query, hit.position) for hit in hits[0 : count[0]]]
    assert found == [(i, order.index(i)) for i in range(len(KEYS))]
    assert [lib.csamatch_keyset_find(handle[0], row) for row in KEYS] == [at for _, at in found]
    sets = ffi.new("csamatch_address_sets *", {"domain": handle[0]})
    assert lib.csamatch_url_match(sets, ffi.NULL, 0, 0, ffi.NULL, ffi.NULL) != 0  # hashes twice
    lib.csamatch_keyset_free(handle[0])


def test_directory(ffi, lib):
    packed = b"".join(KEYS)
    lines = lib.csamatch_directory_lines(200)
    directory = ffi.new("uint8_t[]", 64 * (lines + 1))
    assert lib.csamatch_directory_build(packed, 200, 16, directory, lines) == 0
    assert bytes(directory) == bytes(_core.directory_build(packed, 200, 16))
    state, pieces = ffi.new("csamatch_directory_state *"), ffi.new("uint8_t[]", 64 * (lines + 1))
    maker = _core.DirectoryMaker(200, 16)
    for start, end in ((0, 150), (150, 200)):
        part = packed[16 * start : 16 * end]
        assert lib.csamatch_directory_add(state, part, end - start, 16, pieces, lines) == 0
        maker.add(part)
    assert lib.csamatch_directory_end(state, pieces, lines) == 0
    maker.end()
    assert bytes(directory) == bytes(pieces) == bytes(maker.lines)
    check = lib.csamatch_directory_check
    assert check(packed, 200, 16, directory, lines) == 0
    directory[0] ^= 255
    assert check(packed, 200, 16, directory, lines) == lib.CSAMATCH_ERROR_DIRECTORY
    assert lib.csamatch_directory_build(packed, 200, 7, directory, lines) != 0
    assert lib.csamatch_directory_build(packed, 200, 16, directory, 0) != 0


@pytest.mark.parametrize(
    "url",
    [
        "http://u@Host.Example:81/%2541?q#f",
        "[2001:DB8::7]",
        "0x7f.1/..",
        "//h//a/./b/",
        "hxxp://bad[.]example",
    ],
)
def test_url_normalize(ffi, lib, url):
    for readings in (0, lib.CSAMATCH_READ_REFANG):
        expected = _core.url_normalize(url, readings)
        assert normalize(ffi, lib.csamatch_url_normalize, lib, url.encode(), readings) == expected


def test_host_normalize(ffi, lib):
    found = normalize(ffi, lib.csamatch_host_normalize, lib, b"HOST.Example.")
    assert found == _core.host_normalize("HOST.Example.") == ("host.example", 12, 0, -1, 0)
    assert normalize(ffi, lib.csamatch_host_normalize, lib, b"a/b") == lib.CSAMATCH_ERROR_HOST


@pytest.mark.parametrize(
    ("host", "rest"),
    [("bad.example", ""), ("host.example", "/page?x=1"), ("", ""), ("a" * 300, "/")],
)
def test_address_key(ffi, lib, host, rest):
    key = ffi.new("uint8_t[16]")
    text = (host + rest).encode()
    assert lib.csamatch_address_key(text, len(host), len(text), key) == 0
    assert bytes(key) == address_key(host, rest) == _core.address_key(host + rest, len(host))
    secret = bytes(range(16))
    assert lib.csamatch_address_hash(secret, text, len(host), len(text), key) == 0
    assert bytes(key) == address_key(host, rest, secret)
    assert bytes(key) == _core.address_key(host + rest, len(host), secret)


def test_url_match(ffi, lib, options):
    texts = [
        b"http://www.bad.example/",
        b"good.example",
        b"mailto:",
        b"h.example/page",
        b"x" * 5000,
    ]
    keys = {"domain": address_key("bad.example"), "url": address_key("h.example", "/page")}
    sets = ffi.new("csamatch_address_sets *")
    for rule, key in keys.items():
        out = ffi.new("csamatch_keyset **")
        assert lib.csamatch_keyset_create(key, 1, 16, options, out) == 0
        setattr(sets, rule, out[0])
    buffers = [ffi.from_buffer(text) for text in texts]
    spans = ffi.new("csamatch_text[]", len(texts))
    for span, buffer in zip(spans, buffers, strict=True):
        span.data, span.length = ffi.cast("const char *", buffer), len(buffer)
    positions = ffi.new("int64_t[]", len(texts))
    rules = ffi.new("uint8_t[]", len(texts))
    assert lib.csamatch_url_match(sets, spans, len(texts), 0, positions, rules) == 0
    assert list(positions) == [0, -1, -1, 0, -1]
    assert list(rules) == [16, 0, 255, 18, 0]
    form, room = ffi.new("csamatch_form *"), ffi.new("uint8_t[]", 30_000)
    assert lib.csamatch_url_find(sets, spans, 0, room, 30_000, form) == 0
    assert (form.position, form.rule) == (0, 16)
    assert bytes(room)[form.start : form.end] == b"bad.example"
    assert lib.csamatch_url_find(sets, spans + 2, 0, room, 30_000, form) == 0
    assert (form.position, form.rule) == (-1, 255)
    assert lib.csamatch_url_find(sets, spans, 0, room, 10, form) == lib.CSAMATCH_ERROR_SPACE
    kernel = ffi.string(options.kernel).decode()
    mirror = csamatch.UrlList(["bad.example", "h.example/page"], kernel=kernel).match(texts)
    assert mirror.mask.tolist() == [True, False, False, True, False]
    assert mirror.invalid.tolist() == [False, False, True, False, False]
    lib.csamatch_keyset_free(sets.domain)
    lib.csamatch_keyset_free(sets.url)


def test_links_find(ffi, lib):
    text = b"x.example, http://a.example/b. hxxp://bad[.]example!"
    cursor, count = ffi.new("csamatch_link_cursor *"), ffi.new("size_t *")
    links = ffi.new("csamatch_link[]", 2)
    found = []
    while cursor.at < len(text):
        readings = lib.CSAMATCH_READ_REFANG
        assert lib.csamatch_links_find(text, len(text), readings, cursor, links, 2, count) == 0
        found += [(link.start, link.end, link.kind) for link in links[0 : count[0]]]
    assert found == [
        (0, 9, lib.CSAMATCH_LINK_HOST),
        (11, 29, lib.CSAMATCH_LINK_URL),
        (31, 51, lib.CSAMATCH_LINK_URL | lib.CSAMATCH_LINK_DEFANGED),
    ]
    mirror = _core.Links((text,), lib.CSAMATCH_READ_REFANG)
    assert mirror.places(range(3)) == [(0, start, end) for start, end, _ in found]
    assert [kind for _, _, kind, _, _ in mirror.forms(True)] == [kind for _, _, kind in found]
    assert lib.csamatch_links_find(text, len(text), 0, ffi.NULL, links, 2, count) == (
        lib.CSAMATCH_ERROR_ARGUMENT
    )


def test_listfile(ffi, lib, tmp_path):
    (tmp_path / "source").write_text("9e107d9d372bb6826bd81d3542a419d6\n")
    csamatch.build(tmp_path / "source", tmp_path / "list.csml")
    data = (tmp_path / "list.csml").read_bytes()
    file = ffi.new("csamatch_listfile *")
    assert lib.csamatch_listfile_parse(data, len(data), file) == 0
    section = ffi.new("csamatch_section *")
    sections = []
    for i in range(file.section_count):
        assert lib.csamatch_listfile_section(data, len(data), i, section) == 0
        s = section[0]
        sections.append((s.kind, s.subject, s.width, s.count, s.offset, s.length))
    digest = bytes(file.content_digest)
    expected = (file.kind, file.features, file.header_length, digest, sections)
    assert _core.listfile_parse(data) == expected
    assert file.length == len(data) == struct.unpack_from("<Q", data, 32)[0]
    assert lib.csamatch_listfile_section(data, len(data), 99, section) != 0
    assert lib.csamatch_listfile_parse(data[:-1], len(data) - 1, file) == (
        lib.CSAMATCH_ERROR_TRUNCATED
    )


def test_json(ffi, lib):
    scan = ffi.cast("csamatch_json *", keep := ffi.new("char[]", lib.csamatch_json_size()))
    line, column = ffi.new("uint64_t *"), ffi.new("uint64_t *")
    for text in (b'{"a": [1, 2.5e3, "\\u00e9"]}', b"[1,\n 2", b"[1,\n x]"):
        assert lib.csamatch_json_init(scan) == 0
        assert lib.csamatch_json_feed(scan, text, len(text)) in (0, lib.CSAMATCH_ERROR_JSON_SYNTAX)
        status = lib.csamatch_json_finish(scan)
        lib.csamatch_json_place(scan, line, column)
        checker = _core.JsonCheck()
        checker.feed(text)
        expected = checker.finish()
        if status != 0:
            reason = ffi.string(lib.csamatch_status_text(status)).decode()
            assert expected == (reason, line[0], column[0])
        else:
            assert expected is None
    assert len(keep) > 0


def test_vics(ffi, lib):
    digest, text = "00" * 15 + "07", ffi.new("char[]", 160)
    data = f'{{"value":[{{"MediaID":"id-x","Category":2,"MD5":"{digest}"}},{{"MD5":x'.encode()
    reader = ffi.cast("csamatch_vics *", keep := ffi.new("char[]", lib.csamatch_vics_size()))
    assert lib.csamatch_vics_init(reader, 0) == 0
    c = ffi.new("csamatch_vics_columns *")
    rooms = [ffi.new("uint64_t[]", 255 * 4096 // 8) for _ in range(13)]
    for name, room in zip(
        ("codes", "id_ends", "id_text", "spelling_types", "spelling_ends", "spelling_text",
         "values", "text"), rooms, strict=False,
    ):  # fmt: skip
        setattr(c, name, ffi.cast(ffi.typeof(getattr(c, name)), room))
    for i in range(3):
        c.digest_rows[i] = ffi.cast("uint32_t *", rooms[8 + i])
        c.digests[i] = ffi.cast("uint8_t *", rooms[11 + (i > 0)])
    c.size, c.row_room, c.id_room, c.text_room = ffi.sizeof("csamatch_vics_columns"), 9, 4096, 2**18
    c.digest_room, c.value_room = 4099, 4102
    used, line, column = ffi.new("size_t *"), ffi.new("uint64_t *"), ffi.new("uint64_t *")
    wrong = lib.CSAMATCH_ERROR_JSON_SYNTAX
    assert lib.csamatch_vics_feed(reader, data, len(data), c, used) == wrong
    assert lib.csamatch_vics_finish(reader) == wrong
    assert (c.row_count, used[0], c.codes[0], c.id_ends[0]) == (1, len(data) - 1, 1, 4)
    assert (list(c.digest_count), c.digests[0][15]) == ([1, 0, 0], 7)
    lib.csamatch_vics_place(reader, line, column)
    assert (line[0], column[0]) == (1, len(data))
    assert lib.csamatch_vics_path(reader, text, 160) == len("value[1].MD5")
    assert ffi.string(text) == b"value[1].MD5"
    assert len(keep) > 0


def test_rows_of_two_versions(ffi, lib):
    rows = ffi.new("uint8_t[]", b"".join(bytes([i]) * 4 for i in (1, 3, 5)))
    asked = ffi.new("uint8_t[]", b"".join(bytes([i]) * 4 for i in (2, 3)))
    places, found = ffi.new("int64_t[2]"), ffi.new("size_t *")
    assert lib.csamatch_rows_locate(rows, 3, 4, asked, 2, places) == 0
    assert list(places) == [-2, 1]
    out = ffi.new("uint8_t[12]")
    added, at = ffi.new("uint8_t[]", b"\4" * 4), ffi.new("uint64_t[]", [2])
    assert (
        lib.csamatch_rows_splice(rows, 3, 4, ffi.new("uint64_t[]", [1]), 1, added, at, 1, out) == 0
    )
    assert bytes(out) == b"\1" * 4 + b"\4" * 4 + b"\5" * 4
    data = ffi.new("uint8_t[]", b"\0" + b"\3" * 4)
    assert lib.csamatch_rows_seek(rows, 3, 4, data, 5, found) == 0
    assert found[0] == 1
    assert lib.csamatch_rows_seek(rows, 3, 4, data, 4, found) == 0
    assert found[0] == 4


def test_every_public_function_was_called(lib):
    assert {name for name in lib.called if not name.isupper() and "_ERROR_" not in name} == (
        c_library.function_names()
    )
