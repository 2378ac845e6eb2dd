"""Hostile URLs cost time and memory in proportion to their length, counted and not timed."""

from __future__ import annotations

import random
import subprocess
import tracemalloc
import unicodedata
from itertools import pairwise
from pathlib import Path

import cffi
import pytest

import c_library
import csamatch
import hostile

RENAMED = ["memcpy", "memmove", "memset", "memcmp", "memchr", "strlen", "malloc"]
SIZES = [8 << 10, 16 << 10, 32 << 10, 64 << 10]
KINDS = ["domain", "host", "url", "prefix"]
OK, REFANG = 0, 1


class Library:
    """The C library compiled to count what it does."""

    def __init__(self, folder: Path) -> None:
        counter = folder / "steps.o"
        source = Path(__file__).with_name("steps.c")
        cc = c_library.compiler()
        subprocess.run(
            [cc, "-std=c11", "-O2", "-fPIC", "-c", str(source), "-o", str(counter)], check=True
        )
        path = c_library.compile_library(
            folder, "-fsanitize-coverage=trace-pc", str(counter),
            *[f"-D{name}=steps_{name}" for name in RENAMED],
        )  # fmt: skip
        self.ffi = cffi.FFI()
        self.ffi.cdef(c_library.declarations())
        self.ffi.cdef("uint64_t steps_taken(void); uint64_t bytes_allocated(void);")
        self.lib = self.ffi.dlopen(str(path))
        self.sets = self.make_sets()

    def make_sets(self) -> object:
        """One key set per rule, of a thousand keys, with a directory."""
        ffi, lib, sets = self.ffi, self.lib, self.ffi.new("csamatch_address_sets *")
        keys = ffi.new("uint8_t[]", 16_000)
        for i in range(1000):
            text = b"site%d.example" % i
            assert lib.csamatch_address_key(text, len(text), len(text), keys + 16 * i) == OK
        assert lib.csamatch_rows_sort(keys, 1000, 16) == OK
        lines = lib.csamatch_directory_lines(1000)
        directory = ffi.new("uint8_t[]", 64 * (lines + 1))
        assert lib.csamatch_directory_build(keys, 1000, 16, directory, lines) == OK
        options = ffi.new("csamatch_keyset_options *")
        options.size, options.directory = ffi.sizeof("csamatch_keyset_options"), directory
        options.directory_lines = lines
        self.kept = [keys, directory]
        for kind in KINDS:
            made = ffi.new("csamatch_keyset **")
            assert lib.csamatch_keyset_create(keys, 1000, 16, options, made) == OK
            setattr(sets, kind, made[0])
        return sets

    def free(self) -> None:
        for kind in KINDS:
            self.lib.csamatch_keyset_free(getattr(self.sets, kind))

    def normalize(self, urls: list[bytes], readings: int = 0) -> int:
        """Count the steps that it takes to normalise URLs; check their size and memory."""
        address, steps = self.ffi.new("csamatch_address *"), 0
        out = self.ffi.new("uint8_t[]", self.capacity(max(map(len, urls))))
        self.lib.bytes_allocated()
        for url in urls:
            self.lib.steps_taken()
            status = self.lib.csamatch_url_normalize(
                url, len(url), readings, out, self.capacity(len(url)), address
            )
            steps += self.lib.steps_taken()
            # A host may grow to the 1,024 bytes of a name; otherwise a byte becomes %XX at most.
            assert status != OK or address.length <= 3 * len(url) + 1024 + 1
        assert self.lib.bytes_allocated() == 0
        return steps

    def match(self, urls: list[bytes], readings: int = 0) -> tuple[int, int]:
        """Count the steps that it takes to match URLs, and the bytes allocated."""
        texts = self.ffi.new("csamatch_text[]", len(urls))
        kept = [self.ffi.from_buffer(url) for url in urls]
        for text, data in zip(texts, kept, strict=True):
            text.data, text.length = self.ffi.cast("const char *", data), len(data)
        positions = self.ffi.new("int64_t[]", len(urls))
        rules = self.ffi.new("uint8_t[]", len(urls))
        self.lib.steps_taken()
        self.lib.bytes_allocated()
        status = self.lib.csamatch_url_match(
            self.sets, texts, len(urls), readings, positions, rules
        )
        assert status == OK
        return self.lib.steps_taken(), self.lib.bytes_allocated()

    def find_links(self, text: bytes, readings: int, room: int) -> tuple[int, int]:
        """Count the steps that it takes to find the links in a text, and the links."""
        cursor = self.ffi.new("csamatch_link_cursor *")
        links = self.ffi.new("csamatch_link[]", room)
        count = self.ffi.new("size_t *")
        total = 0
        self.lib.steps_taken()
        self.lib.bytes_allocated()
        while cursor.at < len(text):
            status = self.lib.csamatch_links_find(
                text, len(text), readings, cursor, links, room, count
            )
            assert status == OK
            total += count[0]
        assert self.lib.bytes_allocated() == 0
        return self.lib.steps_taken(), total

    def capacity(self, length: int) -> int:
        return self.lib.csamatch_address_capacity(length)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    made = Library(tmp_path_factory.mktemp("steps"))
    yield made
    made.free()


def doublings(steps: list[int]) -> list[float]:
    return [after / before for before, after in pairwise(steps)]


@pytest.mark.parametrize("name", hostile.ONE)
@pytest.mark.parametrize("readings", [0, REFANG])
def test_time_is_linear(library, name, readings):
    urls = [hostile.ONE[name](size) for size in SIZES]
    for each, size in zip(urls, SIZES, strict=True):
        assert 0.9 * size <= sum(map(len, each)) <= size + 32
    normalized = [library.normalize(each, readings) for each in urls]
    matched = [library.match(each, readings)[0] for each in urls]
    assert max(doublings(normalized)) <= 2.2, normalized
    assert max(doublings(matched)) <= 2.2, matched


@pytest.mark.parametrize("name", hostile.FAMILIES)
@pytest.mark.parametrize("readings", [0, REFANG])
def test_a_byte_costs_at_most_a_hundred_of_other_urls(library, name, readings):
    size = 32 << 10
    urls, plain, ordinary = (
        make(size) for make in (hostile.FAMILIES[name], hostile.plain, hostile.ordinary)
    )
    length = sum(map(len, urls))
    # Not beside the fast path for plain URLs: one of its steps is for many bytes.
    allowed = 100 * library.normalize(ordinary) / sum(map(len, ordinary))
    assert library.normalize(urls, readings) <= allowed * length
    allowed = 100 * library.match(plain)[0] / sum(map(len, plain))
    assert library.match(urls, readings)[0] <= allowed * length


@pytest.mark.parametrize("unit", hostile.LINK_UNITS, ids=ascii)
@pytest.mark.parametrize("readings", [0, REFANG])
@pytest.mark.parametrize("room", [1, 64])
def test_links_are_found_in_linear_time(library, unit, readings, room):
    texts = [hostile.text(unit, size) for size in SIZES]
    steps = [library.find_links(text, readings, room)[0] for text in texts]
    assert max(doublings(steps)) <= 2.2, steps
    assert steps[-1] <= 200 * SIZES[-1]


@pytest.mark.parametrize("readings", [0, REFANG])
def test_a_long_link_is_found_in_linear_time(library, readings):
    found = [library.find_links(hostile.long_link(size), readings, 1) for size in SIZES]
    assert [links for _, links in found] == [1] * len(SIZES)
    assert max(doublings([steps for steps, _ in found])) <= 2.2


@pytest.mark.parametrize("unit", ["http://a.example ", "a.example,", "http://a.example/(b) "])
def test_many_links_are_found_in_linear_time(library, unit):
    found = [library.find_links(hostile.text(unit, size), 0, 1) for size in SIZES]
    assert [links for _, links in found] == [size // len(unit) for size in SIZES]
    assert max(doublings([steps for steps, _ in found])) <= 2.2


def test_the_measure_sees_what_is_not_linear(library):
    """Sorting rows by insertion, which short runs of them are, is quadratic."""
    steps = []
    for count in (6, 12, 24):
        rows = library.ffi.new("uint8_t[]", bytes(range(count, 0, -1)))
        library.lib.steps_taken()
        assert library.lib.csamatch_rows_sort(rows, count, 1) == OK
        steps.append(library.lib.steps_taken())
    assert min(doublings(steps)) > 3, steps


def a_label(text: str) -> str:
    return "xn--" + text.encode("punycode").decode("ascii")


@pytest.mark.parametrize("length", [24, 25, 26, 100, 300])
def test_long_labels(length):
    """Long ones are sorted in another way than short ones."""
    rng = random.Random(length)
    for letters in ("漢字仮名交じ文", "".join(map(chr, range(0x4E00, 0x9E00)))):
        text = "".join(rng.choices(letters + "abc", k=length))
        assert csamatch.normalize_host(text) == a_label(text)


@pytest.mark.parametrize("length", [24, 25, 26, 100, 300])
def test_long_runs_of_marks(length):
    rng = random.Random(length)
    # Of the classes 1, 9, 202, 220 and 230, some that compose with the letter and some that don't.
    text = "漢a" + "".join(
        rng.choices("\u0334\u094d\u0327\u0323\u0324\u0301\u0302\u0313", k=length)
    )
    assert csamatch.normalize_host(text) == a_label(unicodedata.normalize("NFC", text))


def test_room_for_output_is_bounded(library):
    for length in (0, 1, 80, 1 << 20, 1 << 32):
        assert 3 * length + 1024 < library.capacity(length) <= 4 * length + 1100


@pytest.mark.parametrize("name", hostile.ONE)
def test_a_batch_takes_the_room_of_one_url(library, name):
    (url,) = hostile.ONE[name](20_000)
    assert library.match([url] * 5)[1] == library.capacity(len(url))
    assert library.match([b"http://host.example/", url, url[:100]])[1] == (
        library.capacity(len(url))
    )


def test_short_urls_take_no_room_at_all(library):
    for make in hostile.ONE.values():
        assert library.match(make(1500))[1] == 0


@pytest.mark.parametrize("name", hostile.ONE)
def test_memory_of_python(name):
    """Text of n bytes is worked on in 4 n, and comes out as 3 n at most."""
    (url,) = hostile.ONE[name](1 << 20)
    tracemalloc.start()
    try:
        csamatch.normalize_urls([url] * 2)
        csamatch.normalize_url(b"http://host.example/" + url)
        assert tracemalloc.get_traced_memory()[1] < 2 * 7 * len(url) + 100_000
    finally:
        tracemalloc.stop()
