"""Writers: from records to the text of a format."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from csamatch.rules import ALGORITHMS

Values = Sequence[tuple[str, bytes]]

_CONTEXT: Final = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")


class Writer(Protocol):
    """Writes records of one kind, one after another."""

    def start(self) -> str:
        """Return what stands in front of all records."""

    def record(self, values: Values, id: str, category: str | None) -> str:
        """Return a record; empty when the format cannot say what it lists."""

    def end(self) -> str:
        """Return what stands behind all records."""


class _Plain:
    """Of nothing but records."""

    def start(self) -> str:
        return ""

    def end(self) -> str:
        return ""


def _address(rule: str, value: bytes) -> str:
    """Spell an address so that readers take it for what it is; empty where there is no way to."""
    text = value.decode("ascii")
    return {"domain": text, "url": f"http://{text}"}.get(rule, "")


class _TextOfDigests(_Plain):
    """One digest a line."""

    def record(self, values: Values, id: str, category: str | None) -> str:
        return "".join(f"{digest.hex()}\n" for _, digest in values)


class _TextOfAddresses(_Plain):
    """One domain or URL a line."""

    def record(self, values: Values, id: str, category: str | None) -> str:
        lines = [_address(*value) for value in values]
        return "".join(f"{line}\n" for line in lines if line)


def _row(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _by_algorithm(values: Values) -> list[dict[str, str]]:
    """Spread digests over as few rows of one of each algorithm as it takes."""
    rows: list[dict[str, str]] = [{}]
    for name, digest in values:
        row = next((row for row in rows if name not in row), None)
        if row is None:
            row = {}
            rows.append(row)
        row[name] = digest.hex()
    return rows


class _CsvOfDigests(_Plain):
    """A column for each algorithm, the id and the category."""

    def start(self) -> str:
        return _row(*ALGORITHMS, "id", "category")

    def record(self, values: Values, id: str, category: str | None) -> str:
        rows = _by_algorithm(values)
        return "".join(
            _row(*(row.get(name, "") for name in ALGORITHMS), id, category or "") for row in rows
        )


class _CsvOfAddresses(_Plain):
    """A column for the address, the id and the category."""

    def start(self) -> str:
        return _row("url", "id", "category")

    def record(self, values: Values, id: str, category: str | None) -> str:
        found = [address for value in values if (address := _address(*value))]
        return "".join(_row(address, id, category or "") for address in found)


class _Hashdeep(_Plain):
    """Output of hashdeep. Sizes are not known, and stand as 0; the id stands for the name."""

    def start(self) -> str:
        return f"%%%% HASHDEEP-1.0\n%%%% size,{','.join(ALGORITHMS)},filename\n"

    def record(self, values: Values, id: str, category: str | None) -> str:
        name = "".join(c if c.isprintable() else "_" for c in id)
        return "".join(
            f"0,{','.join(row.get(algorithm, '') for algorithm in ALGORITHMS)},{name}\n"
            for row in _by_algorithm(values)
        )


def _number(text: str) -> int | str:
    return int(text) if _NUMBER.fullmatch(text) else text


class _Vics:
    """A minimal VICS file, model 2.0: Media with their digests, MediaID and Category."""

    def __init__(self) -> None:
        self._between = "\n"

    def start(self) -> str:
        return f'{{"@odata.context": {json.dumps(_CONTEXT)}, "value": ['

    def record(self, values: Values, id: str, category: str | None) -> str:
        media: dict[str, object] = {"MediaID": _number(id)} if id else {}
        media["Category"] = None if category is None else _number(category)
        others = []
        for name, digest in values:
            if name != "sha256" and name.upper() not in media:
                media[name.upper()] = digest.hex().upper()
            else:
                others.append({"HashName": name.upper(), "HashValue": digest.hex().upper()})
        if others:
            media["AlternativeHashes"] = others
        between, self._between = self._between, ",\n"
        return between + json.dumps(media, ensure_ascii=False)

    def end(self) -> str:
        return "\n]}\n"


WRITERS: Final[dict[str, dict[str, Callable[[], Writer]]]] = {
    "text": {"hashes": _TextOfDigests, "addresses": _TextOfAddresses},
    "csv": {"hashes": _CsvOfDigests, "addresses": _CsvOfAddresses},
    "vics": {"hashes": _Vics},
    "hashdeep": {"hashes": _Hashdeep},
}
"""For each format the writers by what they list."""
