"""Spellings of listed addresses must hit, whatever was done to them; strangers must not."""

from __future__ import annotations

import pytest

from csamatch import UrlError, UrlList
from evasions import EVASION_COUNTS, EVASIONS, LISTED
from strangers import STRANGER_COUNTS, STRANGERS

UNDO = {"defanged"}  # with refang=True


def cases(table: dict[str, list[str | bytes]]) -> list[tuple[str, str | bytes]]:
    return [(kind, text) for kind, texts in table.items() for text in texts]


@pytest.fixture(scope="module")
def listed() -> UrlList:
    return UrlList(LISTED)


@pytest.mark.parametrize(("kind", "text"), cases(EVASIONS))
def test_evasions_hit(listed, kind, text):
    assert {kind: len(set(texts)) for kind, texts in EVASIONS.items()} == EVASION_COUNTS
    assert len({text for _, text in cases(EVASIONS)}) == sum(EVASION_COUNTS.values()) == 275
    refang = kind in UNDO
    forms = [text] if isinstance(text, bytes) else [text, text.encode()]
    for form in forms:
        matches = listed.match(["good.example", form, "good.example"], refang=refang)
        assert matches.mask.tolist() == [False, True, False]
        if not refang:
            assert form in listed
        (match,) = matches
        found = listed.find(form, refang=refang)
        assert (found.rule, found.matched) == (match.rule, match.matched)


@pytest.mark.parametrize(("kind", "text"), cases(STRANGERS))
def test_strangers_do_not_hit(listed, kind, text):
    assert {kind: len(set(texts)) for kind, texts in STRANGERS.items()} == STRANGER_COUNTS
    assert len({text for _, text in cases(STRANGERS)}) == sum(STRANGER_COUNTS.values()) == 156
    forms = [text] if isinstance(text, bytes) else [text, text.encode()]
    for form in forms:
        assert listed.match([form, "bad.example", form]).mask.tolist() == [False, True, False]
        try:
            assert form not in listed
            assert listed.find(form) is None
        except UrlError:  # no address at all
            assert listed.match([form]).invalid.tolist() == [True]


def test_undoing_defanging_hits_no_stranger(listed):
    texts = [text for kind, text in cases(STRANGERS) if not kind.startswith("defanged")]
    assert listed.match(texts, refang=True).count == 0


def test_lists_of_hosts_alone():
    """Without a page on the list, batches need not read paths."""
    listed = UrlList([entry for entry in LISTED if not entry.startswith("https:")])
    texts = [text for kind, text in cases(EVASIONS) if kind not in UNDO]
    hits = [text for text in texts if "host" not in UrlList(LISTED).find(text).matched]
    assert len(texts) == sum(EVASION_COUNTS.values()) - EVASION_COUNTS["defanged"]
    assert listed.match(hits).mask.all()
    strangers = [text for _, text in cases(STRANGERS)]
    assert listed.match(strangers).count == 0
