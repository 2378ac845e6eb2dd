"""Check wheels for what their names promise, and print size and kernels of each.

Usage: check_wheels.py WHEEL... Needs auditwheel, abi3audit, twine and check-wheel-contents in the
environment that it runs in.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

MOST_BYTES = 2_000_000
KERNELS = {"x86_64": ["avx2", "avx512", "portable"], "aarch64": ["neon", "portable"]}
KERNELS["arm64"] = KERNELS["aarch64"]
MACHINES = {0x01000007: "x86_64", 0x0100000C: "arm64"}  # of Mach-O
LOAD_DYLIB, CODE_SIGNATURE, VERSION_MIN, BUILD_VERSION = 0x0C, 0x1D, 0x24, 0x32


def run(tool: str, *args: object) -> str:
    """Run a tool that lies beside this Python; fail, and say what it said, if it does."""
    command = [Path(sys.executable).with_name(tool), *args]
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{tool} {args}:\n{done.stdout}{done.stderr}")
    return done.stdout


def linux_tag(wheel: Path, empty: Path) -> str:
    """Return the platform tag that auditwheel finds, which must be as old as the name says."""
    # This machine's own libraries are not the wheel's.
    said = " ".join(run("auditwheel", "show", "--ldpaths", empty, wheel).split())
    found = re.search(r'following platform tag: "(\w+)"', said)
    if not found or not re.match(r"manylinux_2_(5|12|17)_|musllinux_1_[12]_", found[1]):
        sys.exit(f"{wheel.name}: {said}")
    return found[1]


def macos_tag(library: bytes) -> str:
    """Return the platform tag of a Mach-O file, which may need the system's library only."""
    magic, cpu, _, _, count = struct.unpack_from("<5I", library)
    assert magic == 0xFEEDFACF
    at, version, signed = 32, 0, False
    for _ in range(count):
        command, size = struct.unpack_from("<2I", library, at)
        if command == LOAD_DYLIB:
            (start,) = struct.unpack_from("<I", library, at + 8)
            name = library[at + start : at + size].rstrip(b"\0")
            assert name == b"/usr/lib/libSystem.B.dylib", name
        elif command == VERSION_MIN:
            (version,) = struct.unpack_from("<I", library, at + 8)
        elif command == BUILD_VERSION:
            (version,) = struct.unpack_from("<I", library, at + 12)
        signed |= command == CODE_SIGNATURE
        at += size
    machine = MACHINES[cpu]
    assert signed or machine != "arm64", "unsigned: macOS kills it"
    return f"macosx_{version >> 16}_{version >> 8 & 255}_{machine}"


def check(wheel: Path, empty: Path) -> None:
    """Check one wheel."""
    platform = wheel.stem.rpartition("-")[2]
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".so"))
        library = archive.read(name)
    tag = macos_tag(library) if "macosx" in platform else linux_tag(wheel, empty)
    assert tag in platform.split("."), (wheel.name, tag)
    assert ("abi3" in wheel.name) == (".abi3." in name), (wheel.name, name)
    kernels = sorted(set(re.findall(rb"\0(avx512|avx2|neon|portable)(?=\0)", library)))
    names = [kernel.decode() for kernel in kernels]
    machine = re.search(r"x86_64$|aarch64$|arm64$", platform)
    assert machine is not None
    assert names == KERNELS[machine[0]], (wheel.name, names)
    size = wheel.stat().st_size
    print(f"{wheel.name}: {size} bytes, {tag}, kernels {' '.join(names)}")
    assert size < MOST_BYTES, size


def main() -> None:
    """Check the wheels that the command line names."""
    wheels = [Path(arg) for arg in sys.argv[1:]]
    os.environ["NO_COLOR"] = "1"
    run("twine", "check", "--strict", *wheels)
    run("check-wheel-contents", *wheels)
    abi3 = [wheel for wheel in wheels if "abi3" in wheel.name]
    if abi3:
        run("abi3audit", "--strict", *abi3)
    with tempfile.TemporaryDirectory() as empty:
        for wheel in wheels:
            check(wheel, Path(empty))
    print(
        f"{len(wheels)} wheels: auditwheel, twine, check-wheel-contents and abi3audit find nothing"
    )


if __name__ == "__main__":
    main()
