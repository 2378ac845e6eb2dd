"""What type checkers must know of making lists. It is checked, and never run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import assert_type

import csamatch
from csamatch import BuildReport, ListInfo, UpdateReceipt


def building(info: ListInfo) -> None:
    def show(name: str, done: int, total: int | None) -> None:
        pass

    report = csamatch.build(["a.txt", Path("b.csv"), io.BytesIO()], "out.csml", progress=show)
    assert_type(report, BuildReport)
    assert_type(report.accepted, int)
    csamatch.build("a.txt", Path("out.csml"), info={"name": "baseline"})
    csamatch.build("a.txt", "out.csml", info=info, categories=[1, "2", None])
    assert_type(csamatch.inspect("a.txt"), list[csamatch.Inspection])
    assert_type(csamatch.export("a.txt", "b.csv", format="csv"), BuildReport)


def updating() -> None:
    receipt = csamatch.update("old.csml", "new.csml", add="a.txt", remove=["b.txt"])
    assert_type(receipt, UpdateReceipt)
    assert_type(receipt.digest, str)
    assert_type(csamatch.diff("old.csml", "new.csml"), csamatch.Diff)
    assert_type(csamatch.diff("old.csml", "new.csml").equal, bool)
    assert_type(csamatch.write_delta("old.csml", "new.csml", "d.csmd"), int)
    assert_type(csamatch.apply_delta("old.csml", "d.csmd", "new.csml"), ListInfo)
    assert_type(csamatch.publish("new.csml", "lists"), Path)
    assert_type(csamatch.purge("old.csml"), csamatch.PurgeReceipt)


def failing() -> str:
    try:
        csamatch.build("a.txt", "out.csml")
    except csamatch.FormatError as error:
        assert_type(error.where, str)
        value: ValueError = error
        return str(value)
    except csamatch.Error as error:
        return str(error)
    return csamatch.__version__


def mistakes() -> None:
    """Each of these is one; where a checker sees none, it says that the comment is not needed."""
    csamatch.build("a.txt")  # type: ignore[call-arg]
    csamatch.build("a.txt", "out.csml", max_size="1G")  # type: ignore[arg-type]
    csamatch.build("a.txt", "out.csml", progress=print, infos={})  # type: ignore[call-arg]
    csamatch.update("old.csml", 3)  # type: ignore[arg-type]
    csamatch.purge("old.csml").append(1)  # type: ignore[attr-defined]
    csamatch.build("a.txt", "out.csml", allow=object())  # type: ignore[arg-type]
    csamatch.update("old.csml", "new.csml", add=3)  # type: ignore[arg-type]
    csamatch.diff("old.csml", 3)  # type: ignore[arg-type]
    csamatch.open("old.csml", suppress=3)  # type: ignore[arg-type]


def several() -> None:
    lst = csamatch.HashList(bytes(16), "md5")
    csamatch.build("a.txt", "out.csml", allow=[lst, "b.txt", Path("c.csml")])
    csamatch.update(lst, "new.csml", add=[lst, "b.txt"], replace={"name": "c.txt"}, allow=lst)
    csamatch.diff(lst, Path("new.csml"))
    csamatch.open("old.csml", suppress=lst)
