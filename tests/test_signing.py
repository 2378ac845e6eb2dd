"""Signatures: refused where anything is not as it was signed, each by name."""

from __future__ import annotations

import base64
import hashlib
import multiprocessing
import re
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import csamatch
import examples
from csamatch import SignatureError, cli
from signers import write_key

DIGEST = hashlib.md5(b"synthetic").hexdigest()


@pytest.fixture
def signed(tmp_path):
    (tmp_path / "s").write_text(DIGEST)
    csamatch.build(tmp_path / "s", tmp_path / "l.csml")
    public = write_key(tmp_path, "key")
    assert csamatch.sign(tmp_path / "l.csml", tmp_path / "key", serial=7).name == "l.csml.sig"
    return tmp_path / "l.csml", public


def test_opens(signed):
    path, public = signed
    for key in (public, path.with_name("key.pub"), str(path.with_name("key.pub"))):
        for mmap in (False, True):
            assert DIGEST in csamatch.open(path, trusted_key=key, mmap=mmap)
    assert DIGEST in csamatch.open(path)  # who asks for no signature needs none


def test_the_signature_is_plain_ed25519(signed):
    """Another tool can check it."""
    path, public = signed
    head, serial, key, signature, end = path.with_name("l.csml.sig").read_text().split("\n")
    assert (head, serial, key) == ("csamatch signature 1", "serial 7", f"key {public.hex()}")
    assert end == ""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    Ed25519PublicKey.from_public_bytes(public).verify(
        base64.b64decode(signature), f"{head}\n{serial}\nsha256 {digest}\n".encode()
    )


def test_any_flipped_byte(signed):
    path, public = signed
    data = path.read_bytes()
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(SignatureError, match="does not fit the list"):
            csamatch.open(path, trusted_key=public, verify=False)
    for changed in (data[:-1], data + b"\0"):
        path.write_bytes(changed)
        with pytest.raises(SignatureError, match="does not fit the list"):
            csamatch.open(path, trusted_key=public)
    path.write_bytes(data)
    signature = path.with_name("l.csml.sig")
    text = signature.read_bytes()
    for at in range(len(text)):
        signature.write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
        with pytest.raises(SignatureError):
            csamatch.open(path, trusted_key=public)
    signature.write_bytes(text)
    assert DIGEST in csamatch.open(path, trusted_key=public)


def test_stripped_or_of_another_key(signed):
    path, public = signed
    other = write_key(path.parent, "other")
    with pytest.raises(SignatureError, match="signed with another key"):
        csamatch.open(path, trusted_key=other)
    csamatch.sign(path, path.with_name("other"), serial=9)
    with pytest.raises(SignatureError, match="signed with another key"):
        csamatch.open(path, trusted_key=public)
    signature = path.with_name("l.csml.sig")
    signature.write_text(signature.read_text().replace(other.hex(), public.hex()))
    with pytest.raises(SignatureError, match="does not fit the list"):
        csamatch.open(path, trusted_key=public)
    signature.unlink()
    with pytest.raises(SignatureError, match="there is no signature"):
        csamatch.open(path, trusted_key=public)


def test_no_going_back(signed):
    path, public = signed
    old = path.read_bytes(), path.with_name("l.csml.sig").read_bytes()
    csamatch.open(path, trusted_key=public)
    assert path.with_name(".l.csml.serial").read_text() == "7\n"
    csamatch.open(path, trusted_key=public)  # the same is no older one
    (path.parent / "s").write_text(hashlib.md5(b"another").hexdigest())
    csamatch.build(path.parent / "s", path)
    with pytest.raises(SignatureError, match="does not fit"):
        csamatch.open(path, trusted_key=public)
    csamatch.sign(path, path.with_name("key"), serial=12)
    assert DIGEST not in csamatch.open(path, trusted_key=public)
    path.write_bytes(old[0])
    path.with_name("l.csml.sig").write_bytes(old[1])
    with pytest.raises(SignatureError, match="serial 7 is older than 12"):
        csamatch.open(path, trusted_key=public)
    assert path.with_name(".l.csml.serial").read_text() == "12\n"
    with pytest.raises(SignatureError, match="serial 7 is older than 8"):
        csamatch.open(path, trusted_key=public, minimum_serial=8)
    assert DIGEST in csamatch.open(path, trusted_key=public, minimum_serial=7)
    path.with_name(".l.csml.serial").write_text("x")
    with pytest.raises(SignatureError, match="does not hold a serial"):
        csamatch.open(path, trusted_key=public)


def test_what_is_refused_is_not_remembered(signed):
    path, public = signed
    csamatch.sign(path, path.with_name("key"), serial=2**62)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SignatureError):
        csamatch.open(path, trusted_key=public)
    assert not path.with_name(".l.csml.serial").exists()


def test_keys_that_are_none(signed):
    path, public = signed
    with pytest.raises(SignatureError, match="expected 32"):
        csamatch.open(path, trusted_key=public[:-1])
    with pytest.raises(SignatureError, match="not an Ed25519 public key"):
        csamatch.open(path, trusted_key=path)
    with pytest.raises(SignatureError, match="not an unencrypted Ed25519"):
        csamatch.sign(path, path, serial=1)
    path.with_name("key").chmod(0o640)
    with pytest.raises(SignatureError, match="0600"):
        csamatch.sign(path, path.with_name("key"), serial=1)
    for serial in (-1, 2**63):
        with pytest.raises(ValueError, match="serial"):
            csamatch.sign(path, path.with_name("key"), serial=serial)
    with pytest.raises(ValueError, match="minimum_serial"):
        csamatch.open(path, minimum_serial=1)


def test_command_line(signed, capfd):
    path, _ = signed
    key, public = str(path.with_name("key")), str(path.with_name("key.pub"))
    assert cli.main(["sign", str(path), "--key", key, "--serial", "8"]) == 0
    assert capfd.readouterr().out == f"{path}.sig\n"
    assert cli.main(["self-test", str(path), "--trusted-key", public]) == 0
    path.with_name("l.csml.sig").unlink()
    assert cli.main(["self-test", str(path), "--trusted-key", public]) == 2
    assert "there is no signature" in capfd.readouterr().err


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("openssl")), reason="no openssl")
def test_the_commands_of_the_documentation(tmp_path, monkeypatch):
    page = Path(__file__).resolve().parent.parent / "docs" / "api.md"
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (commands,) = [block for block in blocks if block.startswith("openssl")]
    (tmp_path / "s").write_text(DIGEST)
    (tmp_path / "uploads.txt").write_text(hashlib.md5(b"another").hexdigest())
    csamatch.build(tmp_path / "s", tmp_path / "baseline.csml")
    monkeypatch.chdir(tmp_path)
    done = examples.shell(f"set -e\n{commands}")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "baseline.csml.sig").exists()


def _open_again_and_again(path, public, times, gate):
    gate.wait()
    for _ in range(times):
        csamatch.open(path, trusted_key=public)


def test_several_processes_remember_the_greatest_serial(tmp_path):
    """None fails because another notes a serial too, and none notes a smaller one last."""
    public = write_key(tmp_path, "key")
    (tmp_path / "s").write_text(DIGEST)
    context = multiprocessing.get_context("spawn")
    gate = context.Event()
    first = tmp_path / "a.csml"
    csamatch.build(tmp_path / "s", first)
    csamatch.sign(first, tmp_path / "key", serial=1)
    workers = [
        context.Process(target=_open_again_and_again, args=(first, public, 50, gate))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    gate.set()
    for serial in range(2, 20):
        csamatch.sign(first, tmp_path / "key", serial=serial)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    csamatch.open(first, trusted_key=public)
    assert (tmp_path / ".a.csml.serial").read_text() == "19\n"


def test_a_greater_serial_noted_meanwhile_stays(signed):
    path, public = signed
    opened = csamatch.signing.Check(path, public, None)
    opened.data(path.read_bytes())
    path.with_name(".l.csml.serial").write_text("9\n")
    opened.remember()
    assert path.with_name(".l.csml.serial").read_text() == "9\n"
