"""HashList: every way of asking, every way of asking wrongly."""

from __future__ import annotations

import array
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import csamatch
from csamatch import DigestError, HashList

ALGORITHMS = {"md5": 16, "sha1": 20, "sha256": 32}


def digests(algorithm: str, count: int, salt: str = "") -> list[bytes]:
    return [hashlib.new(algorithm, f"{salt}{i}".encode()).digest() for i in range(count)]


@pytest.fixture(scope="module", params=csamatch.kernels())
def mixed(request) -> HashList:
    listed = [d for name in ALGORITHMS for d in digests(name, 100)]
    return HashList.from_digests(listed, kernel=request.param)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_form_of_query(mixed, algorithm):
    listed, strangers = digests(algorithm, 100), digests(algorithm, 50, "stranger")
    asked = [x for pair in zip(strangers, listed, strict=False) for x in pair] + listed[50:]
    expected = [d in set(listed) for d in asked]
    width = ALGORITHMS[algorithm]
    rows = np.frombuffer(b"".join(asked), np.uint8).reshape(-1, width)
    hexes = [d.hex() for d in asked]
    forms = {
        "packed": mixed.match(b"".join(asked), algorithm=algorithm),
        "bytearray": mixed.match(bytearray(b"".join(asked)), algorithm=algorithm),
        "memoryview": mixed.match(memoryview(b"".join(asked)), algorithm=algorithm),
        "flat array": mixed.match(rows.ravel(), algorithm=algorithm),
        "rows": mixed.match(rows),
        "strided rows": mixed.match(np.repeat(rows, 2, axis=0)[::2]),
        "fortran rows": mixed.match(np.asfortranarray(rows)),
        "bytes": mixed.match(asked),
        "hex": mixed.match(hexes),
        "upper hex": mixed.match([h.upper() for h in hexes]),
        "tuple": mixed.match(tuple(asked)),
        "generator": mixed.match(d for d in asked),
        "object array": mixed.match(np.array(hexes, dtype=object)),
        "S": mixed.match(np.array([h.encode() for h in hexes])),
        "U": mixed.match(np.array(hexes)),
        "big-endian U": mixed.match(np.array(hexes).astype(f">U{2 * width}")),
        "threads": mixed.match(asked, threads=4),
    }
    for name, matches in forms.items():
        assert matches.mask.tolist() == expected, name
        assert matches.count == sum(expected) == len(matches), name
        assert not matches.invalid.any(), name
        assert [m.query for m in matches] == [i for i, e in enumerate(expected) if e], name
        assert {m.rule for m in matches} == {algorithm}, name
    for digest, hit in zip(asked, expected, strict=True):
        assert (digest in mixed) == (digest.hex().upper() in mixed) == hit
        assert (mixed.find(digest) is not None) == (mixed.find(digest.hex()) is not None) == hit


def test_mixed_algorithms_in_one_batch(mixed):
    asked: list[bytes | str] = []
    expected = []
    for i in range(60):
        for name in ALGORITHMS:
            listed = i % 2 == 0
            digest = digests(name, 100)[i] if listed else digests(name, 100, "no")[i]
            asked.append(digest if i % 3 else digest.hex())
            expected.append(listed)
    matches = mixed.match(asked)
    assert matches.mask.tolist() == expected
    for match in matches:
        assert match.entry == mixed.find(asked[match.query]).entry
        assert match.rule == list(ALGORITHMS)[match.query % 3]


def test_fixed_width_cells_of_mixed_algorithms(mixed):
    asked = [digests(name, 1)[0].hex() for name in ALGORITHMS]
    for cells in (np.array(asked), np.array([h.encode() for h in asked])):
        assert mixed.match(cells).mask.all()


def test_each_digest_has_its_own_entry(mixed):
    entries = mixed.match([d for name in ALGORITHMS for d in digests(name, 100)]).entry
    assert sorted(entries.tolist()) == list(range(300))


def test_len_and_counts():
    twice = digests("md5", 5) * 2 + digests("sha1", 3)
    lst = HashList(twice)
    assert len(lst) == 8
    assert lst.info.counts == {"md5": 5, "sha1": 3}
    assert lst.algorithms == ("md5", "sha1")
    assert "sha256" not in lst.info.counts
    assert not lst.match(digests("sha256", 3)).mask.any()


def test_empty_list_and_empty_batches(mixed):
    empty = HashList()
    assert len(empty) == 0
    assert not empty.match(digests("md5", 3)).mask.any()
    assert digests("md5", 1)[0] not in empty
    for nothing in ([], (), np.empty((0, 16), np.uint8), np.array([], "S32"), np.array([], "U32")):
        assert len(mixed.match(nothing).entry) == 0
    assert len(mixed.match(b"", algorithm="md5").entry) == 0


@pytest.mark.parametrize(
    ("items", "index"),
    [
        ([b"0" * 15], 0),
        ([b"0" * 16, b"0" * 17], 1),
        (["0" * 32, "0" * 40, "0" * 31], 2),
        (["0" * 32, "0" * 31 + "g"], 1),
        (["0" * 32, "0" * 30 + "é"], 1),
        (["0" * 32, "\udc80" * 32], 1),
        ([b""], 0),
        ([""], 0),
        ([b"0" * 16, b"0" * 64], 1),
        (np.array(["0" * 32, "0" * 31 + "g"]), 1),
        (np.array([b"0" * 32, b"0" * 31]), 1),
        (np.array(["0" * 32, "0" * 31 + "é"]), 1),
        (np.zeros((3, 15), np.uint8), 0),
    ],
)
def test_a_bad_digest_is_an_error_with_its_index(mixed, items, index):
    with pytest.raises(DigestError) as caught:
        mixed.match(items)
    assert caught.value.index == index
    assert isinstance(caught.value, ValueError)


def test_hex_in_bytes_is_no_sha256(mixed):
    """32 bytes of hex digits are an MD5 in the wrong type: an error, not a miss."""
    md5 = digests("md5", 1)[0].hex().encode()
    cells = np.array([md5])
    assert mixed.match(cells).mask.all()
    for batch in ([md5], list(cells), cells.astype(object)):
        with pytest.raises(DigestError, match="hex digits in bytes"):
            mixed.match(batch)
    for single in (md5, md5.upper(), cells[0]):
        with pytest.raises(DigestError):
            _ = single in mixed


def test_subclasses_of_bytes(mixed):
    raw = np.bytes_(digests("md5", 1)[0])
    assert raw in mixed
    assert mixed.find(raw) is not None
    assert mixed.match([raw]).mask.all()


def test_any_buffer_is_packed_bytes(mixed):
    data = array.array("B", b"".join(digests("md5", 3)))
    assert mixed.match(data, algorithm="md5").mask.all()
    with pytest.raises(TypeError):
        mixed.match(data)


def test_the_first_bad_digest_is_named(mixed):
    with pytest.raises(DigestError) as caught:
        mixed.match(["0" * 32, "z" * 32, "short"])
    assert caught.value.index == 1
    with pytest.raises(DigestError) as caught:
        mixed.match([bytes(16), bytes(32), bytes(20)], algorithm="md5")
    assert caught.value.index == 1


def test_a_list_of_an_empty_array():
    assert len(HashList(np.empty((0, 16), np.uint8))) == 0


def test_results_cannot_be_changed_through_what_they_hand_out(mixed):
    with pytest.raises(TypeError):
        mixed.info.counts["md5"] = 5
    matches = mixed.match([bytes(16)])
    matches.entry[0] = 0
    assert list(matches) == []


def test_packed_bytes_of_a_wrong_length(mixed):
    with pytest.raises(DigestError) as caught:
        mixed.match(b"0" * 40, algorithm="md5")
    assert caught.value.index == 2


@pytest.mark.parametrize("item", [b"0" * 15, "0" * 31, "0" * 31 + "g", "", b"", "é" * 32])
def test_a_bad_single_digest_is_an_error(mixed, item):
    with pytest.raises(DigestError):
        mixed.find(item)
    with pytest.raises(DigestError):
        _ = item in mixed


@pytest.mark.parametrize("item", [None, 5, 1.5, ["0" * 32], bytearray(16)])
def test_a_single_query_of_another_type(mixed, item):
    with pytest.raises(TypeError):
        mixed.find(item)
    with pytest.raises(TypeError):
        _ = item in mixed


@pytest.mark.parametrize(
    "items",
    [
        None,
        5,
        "0" * 32,
        b"0" * 16,
        [None],
        [b"0" * 16, 5],
        np.zeros(4),
        np.zeros((2, 2, 2), np.uint8),
    ],
)
def test_a_batch_of_another_type(mixed, items):
    with pytest.raises(TypeError):
        mixed.match(items)


def test_an_algorithm_that_does_not_fit(mixed):
    with pytest.raises(DigestError):
        mixed.match([b"0" * 16], algorithm="sha1")
    with pytest.raises(DigestError) as caught:
        mixed.match([b"0" * 16, b"0" * 20], algorithm="md5")
    assert caught.value.index == 1
    with pytest.raises(ValueError, match="no such algorithm"):
        mixed.match([b"0" * 16], algorithm="crc32")
    with pytest.raises(ValueError, match="threads"):
        mixed.match([b"0" * 16], threads=0)


def test_unknown_kernel():
    with pytest.raises(ValueError, match="no such kernel"):
        HashList([b"0" * 16], kernel="abacus")
    for kernel in ("abacus", "portable\0x", 5):
        with pytest.raises(ValueError, match="no such kernel"):
            HashList([], kernel=kernel)


def test_inputs_are_not_modified(mixed):
    rows = np.frombuffer(b"".join(digests("md5", 50)), np.uint8).reshape(-1, 16).copy()
    before = rows.copy()
    mixed.match(rows)
    HashList(rows)
    assert np.array_equal(rows, before)
    rows.flags.writeable = False
    assert mixed.match(rows).mask.all()


@given(
    listed=st.lists(st.binary(min_size=16, max_size=16), max_size=50),
    asked=st.lists(st.binary(min_size=16, max_size=16), max_size=50),
)
def test_batch_equals_single(listed, asked):
    lst = HashList(listed)
    asked = asked + listed
    matches = lst.match(asked)
    assert matches.mask.tolist() == [d in set(listed) for d in asked]
    assert matches.mask.tolist() == [d in lst for d in asked]
    found = [lst.find(d) for d in asked]
    assert matches.entry.tolist() == [-1 if m is None else m.entry.number for m in found]


def test_a_large_batch_is_shared_between_threads():
    rng = np.random.default_rng(2)
    rows = rng.integers(0, 256, (200_000, 16), dtype=np.uint8)
    lst = HashList(rows[::7])
    expected = np.zeros(len(rows), bool)
    expected[::7] = True
    for threads in (1, 2, 5):
        matches = lst.match(rows, threads=threads)
        assert np.array_equal(matches.mask, expected)
    assert np.array_equal(lst.match(rows, threads=3).entry, lst.match(rows).entry)
