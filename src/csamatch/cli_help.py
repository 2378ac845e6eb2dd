"""The examples in the help of each command, which a test runs, and the exit statuses."""

from __future__ import annotations

from typing import Final

STATUSES: Final = """\
exit status:
  0    done; nothing matched (match), nothing differs (diff)
  1    something matched (match), something differs (diff)
  2    an error, or something could not be done; what was is on standard output
  130  interrupted by Ctrl-C; 143 by SIGTERM

Results go to standard output, all else to standard error. Colours and progress
are for terminals only; NO_COLOR turns colours off, FORCE_COLOR on everywhere.
csamatch COMMAND --help has examples.
"""

EXAMPLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "build": (
        (
            "a list of hashes, and what is to be said of it",
            "csamatch build baseline.json -o baseline.csml --name Baseline --issued 2026-11-21",
        ),
        (
            "from standard input, whatever was compressed",
            "cat iwol.txt | csamatch build - -o d.csml",
        ),
        ("one column of a table", "csamatch build t.csv -o t.csml --column md5=Hash -q"),
    ),
    "inspect": (
        ("what is in a file, before it is built", "csamatch inspect baseline.json"),
        ("for programs", "csamatch inspect t.csv --column md5=Hash --json"),
    ),
    "export": (
        ("another format", "csamatch export baseline.json --format csv -o baseline.csv"),
        ("the digests alone", "csamatch export baseline.json | sort"),
    ),
    "diff": (
        ("what changed", "csamatch diff old.csml baseline.csml"),
        ("whether anything did", "csamatch diff -q old.csml baseline.csml || echo changed"),
    ),
    "update": (
        ("put in", "csamatch update old.csml -o new.csml --add t.csv --column md5=Hash"),
        ("take out", "csamatch update baseline.csml -o new.csml --remove gone.txt --allow-shrink"),
    ),
    "delta": (("what others need", "csamatch delta old.csml baseline.csml -o change.csmd"),),
    "apply": (("what they do with it", "csamatch apply old.csml change.csmd -o new.csml"),),
    "purge": (("a list, its deltas and temporary files", "csamatch purge withdrawn.csml"),),
    "info": (
        ("name, counts, age", "csamatch info baseline.csml"),
        ("for programs", "csamatch info baseline.csml --json"),
    ),
    "sign": (("say whose it is", "csamatch sign baseline.csml --key key.pem --serial 7"),),
    "self-test": (
        ("prove that a deployed list matches", "csamatch self-test baseline.csml"),
        ("for monitoring", "csamatch self-test -q baseline.csml || echo broken"),
    ),
    "verify": (("before it is put to use", "csamatch verify -q baseline.csml && echo sound"),),
    "match": (
        ("files", "md5sum uploads/* | csamatch match baseline.csml"),
        ("URLs of a log, as people defang them", "csamatch match d.csml urls.txt --refang --echo"),
        ("only whether there is any", "csamatch match -q baseline.csml hashes.txt | head -n 1"),
    ),
    "normalize": (
        ("how a URL is compared", "echo 'HTTP://Example.com:80/a/../b' | csamatch normalize"),
    ),
    "demo": (("every step, on a list made up", "csamatch demo"),),
    "bench": (
        (
            "the kernels beside the limit of the memory",
            "csamatch bench engine --keys 1e4 --rounds 1",
        ),
        ("what else there is", "csamatch bench peers --keys 1e4 --rounds 1 --peers set"),
    ),
    "completion": (
        (
            "for bash, in ~/.local/share/bash-completion",
            "csamatch completion bash > completions/csamatch",
        ),
        ("for zsh, in a folder of $fpath", "csamatch completion zsh > site-functions/_csamatch"),
        ("for fish, in ~/.config/fish", "csamatch completion fish > completions/csamatch.fish"),
    ),
}


def epilog(command: str) -> str | None:
    """Return the examples of a command as its help shows them."""
    if command not in EXAMPLES:
        return None
    lines = ["examples:"]
    for what, line in EXAMPLES[command]:
        lines += [f"  # {what}", f"  {line}"]
    return "\n".join(lines)
