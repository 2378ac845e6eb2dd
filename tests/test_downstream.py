"""The installed C library serves a program of another project, however it is linked."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import c_library
import csamatch

HERE = Path(__file__).resolve().parent / "downstream"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
CPP = {"gcc": "g++", "clang": "clang++"}
KNOWN = [f"known {i}".encode() for i in range(1000)]


def need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


def run(*command: object) -> str:
    """Run what must succeed; the error shows what it said."""
    done = subprocess.run([str(c) for c in command], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Where the library is installed: a tree that was moved after installing."""
    need("cmake")
    folder = tmp_path_factory.mktemp("library")
    run("cmake", "-S", c_library.CSRC, "-B", folder / "b", "-DCSAMATCH_BUILD_TESTS=OFF",
        "-DCMAKE_C_FLAGS=-Werror", "-DCMAKE_INSTALL_LIBDIR=lib")  # fmt: skip
    run("cmake", "--build", folder / "b", "--parallel", "2")
    run("cmake", "--install", folder / "b", "--prefix", folder / "installed")
    (folder / "installed").rename(folder / "moved here")
    return folder / "moved here"


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    digests = [hashlib.md5(k).hexdigest() for k in KNOWN]
    digests += [hashlib.sha256(k).hexdigest() for k in KNOWN]
    (folder / "digests.txt").write_text("\n".join(digests))
    hosts = [f"host{i}.example" for i in range(1000)]
    (folder / "urls.txt").write_text("\n".join([*hosts, "http://pages.test/one?x=1"]))
    csamatch.build(folder / "digests.txt", folder / "digests.csml")
    csamatch.build(folder / "urls.txt", folder / "urls.csml", reader="urls")
    return folder


def check(program: Path, lists: Path) -> None:
    """The planted ones are found, at their places among the sorted keys, and nothing else is."""

    def ask(name: str, *queries: str) -> tuple[int, list[str], str]:
        done = subprocess.run(
            [program, lists / name, *queries], check=False, capture_output=True, text=True
        )
        return done.returncode, done.stdout.splitlines(), done.stderr

    places = sorted(hashlib.sha256(k).hexdigest() for k in KNOWN)
    wanted = hashlib.sha256(KNOWN[77]).hexdigest()
    clean = hashlib.md5(b"clean").hexdigest()
    code, lines, _ = ask("digests.csml", clean, wanted.upper(), hashlib.sha1(b"").hexdigest())
    assert code == 1
    assert lines == ["1: no match", f"2: sha256 {places.index(wanted)}", "3: no match"]
    assert ask("digests.csml", clean) == (0, ["1: no match"], "")
    code, lines, said = ask("digests.csml", "abc", hashlib.md5(KNOWN[0]).hexdigest())
    assert (code, said) == (2, "1: not the length of a known digest\n")
    assert re.fullmatch(r"2: md5 \d+", lines[0])

    code, lines, _ = ask("urls.csml", "https://a.HOST7.example/x", "pages.test/one?x=1#top",
                         "http://pages.test/one", "http://other.example/")  # fmt: skip
    assert code == 1
    assert re.fullmatch(r"1: domain \d+", lines[0])
    assert lines[1:] == ["2: url 0", "3: no match", "4: no match"]

    damaged = bytearray((lists / "digests.csml").read_bytes())
    damaged[-1] ^= 1  # the directory of the last algorithm
    (lists / "damaged.csml").write_bytes(damaged)
    assert ask("damaged.csml")[0] == 2
    (lists / "short.csml").write_bytes(damaged[:-1])
    assert "shorter than its header says" in ask("short.csml")[2]


def pkg_config(prefix: Path, *arguments: str) -> list[str]:
    folder = prefix / "lib" / "pkgconfig"
    command = ["env", f"PKG_CONFIG_PATH={folder}", "pkg-config", *arguments, "csamatch"]
    return [a.replace("\\ ", " ") for a in re.split(r"(?<!\\) ", run(*command).strip())]


@pytest.mark.parametrize("cc", ["gcc", "clang"])
@pytest.mark.parametrize("kind", ["shared", "static"])
def test_pkg_config(cc, kind, prefix, lists, tmp_path):
    need(cc, "pkg-config")
    program = tmp_path / "lookup"
    library = [f"{pkg_config(prefix, '--variable=libdir')[0]}/libcsamatch.a"]
    if kind == "shared":
        library = [*pkg_config(prefix, "--libs"), f"-Wl,-rpath,{prefix / 'lib'}"]
    run(cc, "-std=c11", *WARNINGS, *pkg_config(prefix, "--cflags"), HERE / "lookup.c",
        *library, "-o", program)  # fmt: skip
    assert pkg_config(prefix, "--modversion") == [csamatch.__version__]
    needed = "libcsamatch.so" in run("readelf", "-d", program)
    assert needed == (kind == "shared")
    check(program, lists)


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_cmake(cc, prefix, lists, tmp_path):
    need(cc, CPP[cc])
    run("cmake", "-S", HERE, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_C_COMPILER={cc}", f"-DCMAKE_CXX_COMPILER={CPP[cc]}",
        f"-DCMAKE_C_FLAGS={' '.join(WARNINGS)}",
        f"-DCMAKE_CXX_FLAGS={' '.join(WARNINGS)}")  # fmt: skip
    run("cmake", "--build", tmp_path)
    check(tmp_path / "lookup", lists)
    check(tmp_path / "lookup_static", lists)
    assert run(tmp_path / "version") == f"{csamatch.__version__}\n"


def test_version_asked_for(prefix, tmp_path):
    """Another minor version may have another interface."""
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.21)\nproject(p NONE)\n"
        "find_package(csamatch ${wanted} QUIET)\nmessage(STATUS found=${csamatch_FOUND})\n"
    )
    for wanted, found in [("0.1", 1), ("0.1.0", 1), ("0.2", 0), ("1", 0)]:
        said = run("cmake", "-S", tmp_path, "-B", tmp_path / wanted, f"-Dwanted={wanted}",
                   f"-DCMAKE_PREFIX_PATH={prefix}")  # fmt: skip
        assert f"found={found}" in said, wanted


def test_symbols(prefix):
    """The shared library exports the functions of the header, and is named by its interface."""
    need("nm", "readelf")
    library = prefix / "lib" / "libcsamatch.so"
    lines = run("nm", "-D", "--defined-only", library).splitlines()
    assert {line.split()[-1] for line in lines} == c_library.function_names()
    soname = ".".join(csamatch.__version__.split(".")[:2])
    assert f"[libcsamatch.so.{soname}]" in run("readelf", "-d", library)
    names = run("nm", "-g", "--defined-only", prefix / "lib" / "libcsamatch.a").split("\n")
    assert all(re.search(r" (csamatch|csm)_\w+$", n) for n in names if re.search(r" [A-Z] ", n))


def test_nothing_names_the_folder_of_the_build(prefix):
    for path in prefix.rglob("*"):
        if path.is_file():
            assert str(prefix.parent).encode() not in path.read_bytes(), path.name


def test_example_of_the_documentation():
    text = (c_library.CSRC.parent / "docs" / "c-api.md").read_text(encoding="utf-8")
    assert f"```c\n{(HERE / 'lookup.c').read_text(encoding='utf-8')}```\n" in text


def test_exports_only_its_own_names(tmp_path):
    if shutil.which("nm") is None:
        pytest.skip("nm is not installed")
    library = c_library.compile_library(tmp_path)
    text = subprocess.run(
        ["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True
    ).stdout
    names = {line.split()[-1] for line in text.splitlines()}
    assert names == c_library.function_names()
