"""Listens to all that a test run says, and finds listed values and queries in it.

What is heard: what was printed, here and by programs that tests start; log records; warnings;
errors; records of audits; labels of metrics. What `repr` and reports show is for
test_confidential.py.

Every digest and every host counts: tests know no others than listed ones and queries. Digests of
whole lists and those of an audit are told by what stands in front of them. A test that asks for
values to be shown, as an export does, has the mark `shows_values`.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from csamatch import audit, errors, metrics

# SHA-256 of a list's content or of a file, and HMAC-SHA-256 of a query.
_OWN = re.compile(
    r"(?:sha-?256|hmac|digest(?: is)?|content|list|not for)\W{0,12}[0-9a-f]{64}\b", re.IGNORECASE
)
_DIGEST = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])", re.I)
_HOST = re.compile(r"[\w%-]+(?:\.[\w%-]+)*\.(?:example|test|invalid)\b(?!\.py)", re.IGNORECASE)


def values_in(text: str) -> list[str]:
    """Return the digests and hosts in a text."""
    rest = _OWN.sub("", text)
    return _DIGEST.findall(rest) + _HOST.findall(rest)


class Listener(logging.Handler):
    """Gathers what is said while a test runs."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str]] = []

    def note(self, where: str, said: object) -> None:
        """Take what was said, if anything."""
        if isinstance(said, bytes):
            said = said.decode("utf-8", "replace")
        if said:
            self.heard.append((where, str(said)))

    def emit(self, record: logging.LogRecord) -> None:
        """Take a log record."""
        self.note("log", self.format(record))

    def listen(self) -> None:
        """Begin to listen, for good."""
        logging.getLogger().addHandler(self)
        self._after(subprocess.Popen, "communicate", lambda done, _: self._note_all(done))
        self._after(errors.Error, "__init__", lambda _, args: self._note_error(args[1:]))
        self._after(audit.Auditor, "__init__", lambda _, args: self._hear_sink(args[0]))
        self._after(
            metrics.PrometheusCollector, "__call__", lambda _, args: self._note_labels(args[1])
        )
        self._after(type(pytest.warns()), "__exit__", lambda _, args: self._note_warnings(args[0]))
        self._after(pytest.CaptureFixture, "readouterr", lambda done, _: self._note_all(done))
        self._after(
            type(pytest.raises(OSError)), "__exit__", lambda _, args: self._note_error(args[2:3])
        )

    def _note_all(self, done: tuple[object, object]) -> None:
        for each in done:
            self.note("program", each)

    def _note_error(self, said: tuple[Any, ...]) -> None:
        for each in said:
            self.note("error", each)

    def _note_warnings(self, caught: pytest.WarningsRecorder) -> None:
        for each in caught.list:
            self.note("warning", each.message)

    def _note_labels(self, batch: metrics.BatchSummary) -> None:
        for info, _ in batch.hits:
            self.note("metrics", info.name)

    def _hear_sink(self, auditor: Any) -> None:
        sink = auditor._sink

        def hear(record: dict[str, Any]) -> object:
            self.note("audit", json.dumps(record))
            return sink(record)

        auditor._sink = hear

    @staticmethod
    def _after(owner: Any, name: str, tell: Callable[[Any, tuple[Any, ...]], None]) -> None:
        original = getattr(owner, name)

        def call(*args: Any, **options: Any) -> Any:
            done = original(*args, **options)
            tell(done, args)
            return done

        setattr(owner, name, call)

    def leaks(self, report: pytest.TestReport) -> list[str]:
        """Say what was heard during a test that has ended, and forget it."""
        for where, said in report.sections:
            self.note(where, said)
        found = [f"{where}: {value}" for where, said in self.heard for value in values_in(said)]
        self.heard.clear()
        return found
