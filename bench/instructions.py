"""How many instructions a look-up takes, the same in every run on a machine and compiler.

    python bench/instructions.py                                  # a table
    python bench/instructions.py --compare bench/instructions.json  # and what has changed
    python bench/instructions.py --json bench/instructions.json   # record it anew

Builds instructions.c and the C library as releases are built, and has valgrind's callgrind count
what csamatch_keyset_match executes for one batch; the package need not be installed. Times of a
busy machine hide a change of a few per cent, these counts show it. They say nothing of waiting for
memory: `csamatch bench engine` measures that. Other compilers and C libraries give other counts, so
compare only records of the same ones. Valgrind does not know AVX-512, so that kernel is left out.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ("-std=c11", "-O3", "-DNDEBUG", "-Wl,-z,now")  # all symbols found before the counting
COUNTED = "csamatch_keyset_match"
UNKNOWN_TO_VALGRIND = {"avx512"}


def run(*command: str | Path) -> str:
    """Run a command that must succeed; its output."""
    done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with status {done.returncode}\n{done.stderr}")
    return done.stdout


def compile_driver(compiler: str, folder: Path) -> Path:
    """Build instructions.c with the library."""
    program = folder / "instructions"
    sources = sorted((ROOT / "csrc" / "src").glob("*.c"))
    include = f"-I{ROOT / 'csrc' / 'include'}"
    driver = Path(__file__).with_suffix(".c")
    run(compiler, *FLAGS, include, driver, *sources, "-o", program)
    return program


def count(program: Path, kernel: str, width: int, keys: int, queries: int, hits: float) -> int:
    """Count the instructions of one batch."""
    record = program.with_suffix(".callgrind")
    run(
        "valgrind", "--tool=callgrind", f"--callgrind-out-file={record}",
        f"--toggle-collect={COUNTED}", program, kernel, str(width), str(keys), str(queries),
        str(round(1000 * hits)),
    )  # fmt: skip
    for line in record.read_text().splitlines():
        if line.startswith("totals:"):
            total = int(line.split()[1])
            if total < queries:
                sys.exit(f"callgrind saw no {COUNTED}")
            return total
    sys.exit("callgrind wrote no total")


def measure(args: argparse.Namespace, program: Path) -> list[dict[str, Any]]:
    """One row for every kernel, width and share of hits."""
    names = [name for name in run(program).split() if name not in UNKNOWN_TO_VALGRIND]
    return [
        {
            "kernel": kernel,
            "width": width,
            "hits": hits,
            "instructions": count(program, kernel, width, args.keys, args.queries, hits),
        }
        for kernel in names
        for width in args.width
        for hits in args.hits
    ]


def place(row: dict[str, Any]) -> tuple[str, int, float]:
    return row["kernel"], row["width"], row["hits"]


def show(result: dict[str, Any], earlier: dict[str, Any] | None) -> None:
    """Print a table, with the change since an earlier one."""
    before = {}
    if earlier is not None:
        for name in ("compiler", "machine", "keys", "queries"):
            if earlier[name] != result[name]:
                print(f"not the same {name}: {earlier[name]} then, {result[name]} now")
        before = {place(row): row["instructions"] for row in earlier["rows"]}
    print(f"{'kernel':<10}{'width':>6}{'hits':>7}{'a query':>10}{'change':>9}")
    for row in result["rows"]:
        now, then = row["instructions"], before.get(place(row))
        change = "" if then is None else f"{now / then - 1:+.2%}"
        each = now / result["queries"]
        print(f"{row['kernel']:<10}{row['width']:>6}{row['hits']:>7.1%}{each:>10.2f}{change:>9}")


def main() -> None:
    """Print the table, and write it as JSON where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument("--width", type=int, nargs="+", default=[16, 20, 32])
    parser.add_argument("--hits", type=float, nargs="+", default=[0.001, 0.5])
    parser.add_argument("--json", type=Path, help="write the counts to this file")
    parser.add_argument("--compare", type=Path, help="show the change since this file was written")
    args = parser.parse_args()
    compiler = shutil.which("cc")
    if compiler is None or shutil.which("valgrind") is None:
        sys.exit("this needs a C compiler named cc, and valgrind")
    earlier = json.loads(args.compare.read_text()) if args.compare else None
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(args, compile_driver(compiler, Path(folder)))
    result = {
        "machine": platform.machine(),
        "compiler": run(compiler, "--version").splitlines()[0],
        "keys": args.keys,
        "queries": args.queries,
        "rows": rows,
    }
    show(result, earlier)
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
