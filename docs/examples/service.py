"""A service that takes files and messages, and lets nothing through that is listed.

    pip install 'csamatch[service]'
    CSAMATCH_FOLDER=folder PROMETHEUS_MULTIPROC_DIR=counters uvicorn service:app --workers 2

The folder holds the lists, `baseline.csml` and `iwol.csml`; put a new version in the place of
either while the service runs, and every worker takes it. What is accepted goes to `uploads` in it,
records of every look-up to `audit.jsonl`, and what must be reported to the authorities to
`reports.jsonl`. The other folder, which must exist and be empty at first, is where
prometheus-client keeps what the workers count.
"""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from fastapi import FastAPI, HTTPException, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

import csamatch
from csamatch.audit import JsonLines
from csamatch.metrics import PrometheusCollector, PrometheusCounters

FOLDER = Path(os.environ["CSAMATCH_FOLDER"])
LARGEST = int(os.environ.get("CSAMATCH_LARGEST_UPLOAD", "1000000000"))
UPLOADS = FOLDER / "uploads"
LOG = logging.getLogger("uvicorn.error")


def follow(name: str) -> csamatch.LiveList:
    """Open a list that is looked at again every second."""
    return csamatch.LiveList(
        FOLDER / name,
        interval=1.0,
        on_reload=lambda new, old: LOG.info("%s: now version %s", new.name, new.version),
        on_error=lambda error: LOG.error("%s: %s", name, type(error).__name__),
    )


def beware(flood: csamatch.Flood) -> None:
    """One entry hits again and again: more likely a mistake in the list than so many cases."""
    LOG.warning("entry %d of %s hit %d times", flood.entry.number, flood.list.name, flood.count)


LISTS = [follow("baseline.csml"), follow("iwol.csml")]
REPORTS = JsonLines(FOLDER / "reports.jsonl", fsync=True)
MATCHER = csamatch.Matcher(
    LISTS,
    audit=JsonLines(FOLDER / "audit.jsonl"),
    guard=csamatch.FloodGuard(100, beware),
    on_batch=PrometheusCounters(),
)


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """Follow the lists in threads, so that no request waits for a new version."""
    UPLOADS.mkdir(mode=0o700, exist_ok=True)
    with LISTS[0], LISTS[1]:
        yield


app = FastAPI(lifespan=running)


def report(upload: str, matches: Iterable[csamatch.Match]) -> None:
    """Note what whoever reports to the authorities needs; who sent the file is yours to add."""
    now = datetime.now(UTC)
    # A canary is a trial of ours: refused and audited like any other, but no case for anybody.
    found = [match.report(time=now) for match in matches if not match.entry.canary]
    if found:
        REPORTS({"upload": upload, "time": now.isoformat(), "matches": found})


class Upload:
    """A file on its way in: written down and hashed piece by piece."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = 0
        self.hashes = [
            hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")
        ]

    def take(self, piece: bytes) -> None:
        """Take the next piece."""
        self.size += len(piece)
        if self.size > LARGEST:
            raise HTTPException(413, "The file is too large.")
        self.file.write(piece)
        for each in self.hashes:
            each.update(piece)

    def digests(self) -> list[bytes]:
        """Return the digests of what was taken, one of each algorithm."""
        return [each.digest() for each in self.hashes]


@app.post("/uploads", status_code=201)
async def upload_file(request: Request) -> dict[str, str]:
    """Take a file, the body of the request, unless it is listed."""
    name = uuid.uuid4().hex
    part = UPLOADS / f".{name}.part"
    try:
        with part.open("xb") as file:
            upload = Upload(file)
            async for piece in request.stream():
                await run_in_threadpool(upload.take, piece)
        # Whatever fails here, such as a full disk under the audit file, fails the upload.
        found = MATCHER.match_digests(upload.digests(), tag=f"upload {name}")
        if found:
            report(name, found)
            raise HTTPException(403, "The file cannot be accepted.")
        part.rename(UPLOADS / name)
    finally:
        # The law where you are says what becomes of a known file; here it goes.
        part.unlink(missing_ok=True)
    return {"upload": name}


class Message(BaseModel):
    """A text that somebody wants to publish."""

    text: str = Field(max_length=1 << 20)


@app.post("/messages")
def check_message(message: Message) -> dict[str, Any]:
    """Say whether a text may be published, and where its blocked links are."""
    links = csamatch.find_urls(message.text, refang=True)
    found = MATCHER.match_urls([url for _, _, url in links], refang=True, tag="message")
    blocked = [links[i][:2] for i in np.flatnonzero(found.mask)]
    return {"allowed": not blocked, "blocked": blocked}


@app.get("/metrics")
def metrics() -> Response:
    """Show what all workers counted, and the lists as the worker that answers has them."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    registry.register(PrometheusCollector(LISTS))
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")


@app.get("/lists")
def lists() -> dict[str, Any]:
    """Say which worker answers, and which versions it uses."""
    versions = {
        live.info.name: {
            "version": live.info.version,
            "sha256": live.info.digest,
            "stale": live.info.stale,
        }
        for live in LISTS
    }
    return {"worker": os.getpid(), "lists": versions}
