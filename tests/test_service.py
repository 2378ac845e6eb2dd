"""The example service, with two workers, real requests, and lists that are replaced meanwhile."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import csamatch

for needed in ("fastapi", "uvicorn", "prometheus_client"):
    pytest.importorskip(needed, reason=f"{needed} is not installed: pip install '.[service]'")

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"
KNOWN = [b"known picture %d " % i * 5000 for i in range(9)]
CLEAN = [b"holiday picture %d " % i * 5000 for i in range(9)]
NEWLY_KNOWN = b"known from version 2 on " * 5000
ALGORITHMS = ("md5", "sha1", "sha256")


def write_baseline(folder: Path, version: int, files: list[bytes]) -> None:
    """Each file by one of the algorithms, as real lists are mixed."""
    source = folder / "baseline.txt"
    source.write_text(
        "\n".join(hashlib.new(ALGORITHMS[i % 3], file).hexdigest() for i, file in enumerate(files))
    )
    said = {"name": "Baseline", "version": str(version), "issued": "2020-01-01"}
    csamatch.build(source, folder / "baseline.csml", info=said, canaries=1)


def write_iwol(folder: Path, version: int, hosts: list[str]) -> None:
    source = folder / "iwol.txt"
    source.write_text("\n".join(hosts))
    said = {"name": "IWOL", "version": str(version)}
    csamatch.build(source, folder / "iwol.csml", reader="domains", info=said)


class Client:
    """Requests of one thread; each on a connection of its own, so that any worker may answer."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, path: str, body=None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def upload(self, content: bytes) -> int:
        """Send a file in pieces, as browsers do; the length is not told beforehand."""
        pieces = (content[i : i + 10_000] for i in range(0, len(content), 10_000))
        return self.ask("POST", "/uploads", pieces)[0]

    def check(self, text: str) -> dict:
        body = json.dumps({"text": text})
        status, answer = self.ask("POST", "/messages", body, **{"Content-Type": "application/json"})
        assert status == 200
        return json.loads(answer)

    def lists(self) -> dict:
        return json.loads(self.ask("GET", "/lists")[1])

    def metrics(self) -> dict[str, float]:
        lines = self.ask("GET", "/metrics")[1].decode().splitlines()
        rows = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
        return {name: float(value) for name, value in rows}


def wait_for(what, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    write_baseline(folder, 1, KNOWN)
    write_iwol(folder, 1, ["bad.example"])
    return folder


@pytest.fixture(scope="module")
def client(folder):
    (folder / "counters").mkdir()
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    environment = os.environ | {
        "CSAMATCH_FOLDER": str(folder),
        "CSAMATCH_LARGEST_UPLOAD": "1000000",
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "counters"),
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "service:app", "--workers", "2", "--port", str(port)],
            cwd=EXAMPLES, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    client = Client(port)

    def answers() -> bool:
        assert server.poll() is None, (folder / "log").read_text()
        try:
            return client.ask("GET", "/lists")[0] == 200
        except OSError:
            return False

    try:
        wait_for(answers)
        workers: set[int] = set()
        wait_for(lambda: workers.add(client.lists()["worker"]) or len(workers) == 2)
        yield client
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=30)
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)


def records(folder: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_uploads(folder, client):
    before = client.metrics()
    with ThreadPoolExecutor(4) as pool:
        refused = list(pool.map(client.upload, KNOWN))
        accepted = list(pool.map(client.upload, CLEAN))
    assert refused == [403] * len(KNOWN)
    assert accepted == [201] * len(CLEAN)
    kept = sorted(path.read_bytes() for path in (folder / "uploads").iterdir())
    assert kept == sorted(CLEAN)
    assert client.ask("POST", "/uploads", b"x" * 1_000_001)[0] == 413
    assert len(list((folder / "uploads").iterdir())) == len(CLEAN)

    reports = records(folder, "reports.jsonl")
    assert len(reports) == len(KNOWN)
    for written in reports:
        [match] = written["matches"]
        assert (match["list"], match["version"], match["issued"]) == ("Baseline", "1", "2020-01-01")
        assert match["rule"] in ALGORITHMS
    audit = records(folder, "audit.jsonl")
    hits = [record for record in audit if record["event"] == "hit"]
    batches = [record for record in audit if record["event"] == "batch"]
    assert {record["tag"] for record in hits} == {f"upload {r['upload']}" for r in reports}
    assert len(hits) == len(KNOWN)
    assert len(batches) == len(KNOWN) + len(CLEAN)
    assert all(record["queries"] == 3 for record in batches)

    after = client.metrics()
    looked_up = 'csamatch_lookups_total{kind="hashes"}'
    found = 'csamatch_hits_total{list="Baseline"}'
    assert after[looked_up] - before.get(looked_up, 0) == 3 * (len(KNOWN) + len(CLEAN))
    assert after[found] - before.get(found, 0) == len(KNOWN)
    assert after['csamatch_list_keys{list="Baseline"}'] == len(KNOWN)


def test_a_canary(folder, client):
    """The whole way can be tried: it is refused and in the audit, but not reported."""
    lst = csamatch.open(folder / "baseline.csml")
    content = f"csamatch canary {lst._file.canary_seed().hex()} 0".encode()
    reports = len(records(folder, "reports.jsonl"))
    assert client.upload(content) == 403
    assert records(folder, "audit.jsonl")[-1]["category"] == "canary"
    assert len(records(folder, "reports.jsonl")) == reports


def test_an_upload_that_breaks_off(folder, client):
    before = sorted((folder / "uploads").iterdir())
    audit = len(records(folder, "audit.jsonl"))
    with socket.create_connection(("127.0.0.1", client.port)) as connection:
        connection.sendall(
            b"POST /uploads HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome"
        )
        wait_for(lambda: len(list((folder / "uploads").iterdir())) == len(before) + 1)
    wait_for(lambda: sorted((folder / "uploads").iterdir()) == before)
    assert len(records(folder, "audit.jsonl")) == audit


def test_messages(client):
    text = "See https://sub.BAD.example/x, hxxp://bad[.]example or good.example and file.txt."
    answer = client.check(text)
    assert not answer["allowed"]
    assert [text[start:end] for start, end in answer["blocked"]] == [
        "https://sub.BAD.example/x",
        "hxxp://bad[.]example",
    ]
    assert client.check("Nothing at https://notbad.example/bad.example here") == {
        "allowed": True,
        "blocked": [],
    }


def test_lists_replaced_while_requests_run(folder, client):
    """No request fails meanwhile; in the end every worker has the new version, or the last good."""
    assert client.upload(NEWLY_KNOWN) == 201
    stop = threading.Event()
    wrong: list[object] = []

    def run() -> int:
        done = 0
        while not stop.is_set():
            answers = [client.upload(KNOWN[done % 9]), client.upload(CLEAN[done % 9])]
            hosts = ["http://bad.example/", "http://good.example/"]
            answers += [client.check(host)["allowed"] for host in hosts]
            if answers != [403, 201, False, True]:
                wrong.append(answers)
            done += 1
        return done

    def everywhere(name: str, version: str) -> bool:
        seen = [client.lists() for _ in range(12)]
        workers = {each["worker"] for each in seen}
        return len(workers) == 2 and {e["lists"][name]["version"] for e in seen} == {version}

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(run) for _ in range(2)]
        try:
            write_baseline(folder, 2, [*KNOWN, NEWLY_KNOWN])
            write_iwol(folder, 2, ["bad.example", "worse.example"])
            wait_for(lambda: everywhere("Baseline", "2") and everywhere("IWOL", "2"))
            whole = (folder / "baseline.csml").read_bytes()
            (folder / "damaged").write_bytes(whole[: len(whole) // 2])
            (folder / "damaged").replace(folder / "baseline.csml")
            wait_for(lambda: (folder / "log").read_text().count("ListFileError") >= 2)
            assert everywhere("Baseline", "2")
        finally:
            stop.set()
        assert all(each.result() > 0 for each in running)
    assert wrong == []
    assert client.upload(NEWLY_KNOWN) == 403
    assert client.check("http://www.worse.example")["allowed"] is False


def test_nothing_is_told(folder, client):
    """Neither log nor records nor metrics hold a listed value or a query."""
    told = (folder / "log").read_text() + (folder / "audit.jsonl").read_text()
    told += (folder / "reports.jsonl").read_text() + client.ask("GET", "/metrics")[1].decode()
    assert "Baseline" in told
    for file in (*KNOWN, *CLEAN, NEWLY_KNOWN):
        for name in ALGORITHMS:
            assert hashlib.new(name, file).hexdigest() not in told.lower()
    for word in ("bad.example", "worse.example", "good.example", "picture"):
        assert word not in told
