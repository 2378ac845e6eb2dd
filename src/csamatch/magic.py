"""What a source that is no list looks like, so that a mistake can be told in one line."""

from __future__ import annotations

import re
from typing import Final

# Where, what stands there, and what that is.
_MAGIC: Final = (
    (0, b"\x89CSML\r\n\x1a\n", "a csamatch list file"),
    (0, b"\x89CSML\r\n\x1a", "a csamatch list file"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF87a", "a GIF image"),
    (0, b"GIF89a", "a GIF image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (0, b"8BPS", "a Photoshop image"),
    (8, b"WEBP", "a WebP image"),
    (8, b"AVI ", "an AVI video"),
    (8, b"WAVE", "a WAV recording"),
    (4, b"ftypheic", "a HEIC image"),
    (4, b"ftypavif", "an AVIF image"),
    (4, b"ftyp", "an MP4 video"),
    (0, b"\x1aE\xdf\xa3", "a Matroska video"),
    (0, b"OggS", "an Ogg recording"),
    (0, b"fLaC", "a FLAC recording"),
    (0, b"ID3", "an MP3 recording"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (0, b"\x7fELF", "a Linux program (ELF)"),
    (0, b"MZ", "a Windows program"),
    (0, b"\xcf\xfa\xed\xfe", "a macOS program"),
    (0, b"\xca\xfe\xba\xbe", "a Java class or macOS program"),
    (0, b"\0asm", "a WebAssembly program"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"PAR1", "a Parquet file"),
    (0, b"ARROW1", "an Arrow file"),
    (0, b"EVF\x09\x0d\x0a\xff\0", "an EnCase image of a disk"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"BZh", "bzip2 data"),
    (0, b"\xfd7zXZ\0", "xz data"),
    (0, b"MSCF", "a cabinet archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x80\x04\x95", "a Python pickle"),
)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HTML_PIECE = re.compile(
    rb"<(?:a|article|b|br|center|dd|div|dl|dt|em|font|footer|form|h[1-6]|header|hr|i|iframe|img|li|"
    rb"link|main|meta|nav|ol|p|pre|script|section|span|strong|style|table|tbody|td|th|title|tr|u|ul)"
    rb"[\s/>]",
    re.IGNORECASE,
)
_XML = re.compile(rb"\s*<(?:\?xml\b|!--|[A-Za-z_][\w.:-]*[\s/>])")
_AUTOLINK = re.compile(rb"\s*<(?:h[tx]{2}ps?://|[0-9A-Fa-f]{32,64}>)", re.IGNORECASE)
_JSON = re.compile(rb'\s*(?:\{\s*["}]|\[\s*(?:["{\[\]]|-?\d+(?:\.\d+)?\s*[,\]]))')
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def what_it_is(head: bytes) -> str:
    """Say what a file is that names its own format; empty where it doesn't."""
    for offset, magic, what in _MAGIC:
        if head.startswith(magic, offset):
            # Two letters may also begin a text.
            return what if len(magic) > 3 or _CONTROL.search(head[:1024]) else ""
    start = _behind_comments(head)
    if _HTML.match(head, start):
        return "a web page"
    return "a piece of a web page" if _HTML_PIECE.match(head, start) else ""


def _behind_comments(head: bytes) -> int:
    """Return where the blanks and comments that a page may begin with end."""
    at = 0
    while True:
        at += len(head[at : at + 1024]) - len(head[at : at + 1024].lstrip())
        if not head.startswith(b"<!--", at) or (end := head.find(b"-->", at)) < 0:
            return at
        at = end + 3


def what_lines_cannot_be(head: bytes) -> str:
    """Say what content is that is no list of lines, whatever its lines hold; empty if it may be."""
    if _XML.match(head) and not _AUTOLINK.match(head):
        return "XML"
    if _JSON.match(head):
        return "JSON"
    if b"\n" not in head and b"\r" in head.strip() and not _CONTROL.search(head):
        return "text whose lines end in carriage returns alone, which must be saved with line feeds"
    return ""


def what_it_looks_like(head: bytes) -> str:
    """Say what other content looks like, as far as that can be told from its first bytes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_every_other_byte_zero(head):
        return "UTF-16 text, which must be saved as UTF-8"
    if head.startswith(b"-----BEGIN "):
        return "a key or certificate"
    if head.startswith(b"#!/"):
        return "a script"
    if len(_CONTROL.findall(head)) * 50 > len(head):
        return "binary data"
    return ""


def _is_every_other_byte_zero(head: bytes) -> bool:
    """Whether it reads like UTF-16 of mostly Latin letters without a byte order mark."""
    sample = head[:1024]
    if len(sample) < 8:
        return False
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    return max(even, odd) * 10 > len(sample) * 4 and min(even, odd) * 20 < len(sample)
