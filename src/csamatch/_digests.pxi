# Digests in bytes and str. Part of _core.pyx.

cdef bint _is_hex_text(const char *text) noexcept:
    """Whether 32 bytes are all hex digits: an MD5 in ASCII, surely, and no SHA-256."""
    cdef int i
    for i in range(32):
        if not (b"0"[0] <= text[i] <= b"9"[0] or b"a"[0] <= (text[i] | 0x20) <= b"f"[0]):
            return False
    return True


cdef int _digest_parts(PyObject *item, const char **data, Py_ssize_t *size) except -2:
    """The width of a digest in bytes (raw) or str (hex), or 0 when its length
    fits none, or -1 when it is neither bytes nor str."""
    cdef int width
    cdef char *raw = NULL
    if _is_bytes(item):
        bytes_parts(item, &raw, size)
        data[0] = raw
        width = <int>size[0] if size[0] <= 32 else 0
        if width == 32 and _is_hex_text(data[0]):
            return 0
    elif _is_str(item):
        if not _utf8(item, data, size):
            return 0
        width = <int>(size[0] // 2) if size[0] <= 64 and size[0] % 2 == 0 else 0
    else:
        return -1
    return width if width == 16 or width == 20 or width == 32 else 0


cdef object _bad_digest(object item, object index):
    """What to raise for an item that _digest_parts or decoding refused."""
    if isinstance(item, bytes) and len(item) == 32:
        return DigestError("hex digits in bytes; expected raw bytes, or hex in str", index)
    if isinstance(item, bytes):
        return DigestError(f"{len(item)} bytes; expected 16, 20 or 32", index)
    if not isinstance(item, str):
        where = "" if index is None else f"digest {index}: "
        return TypeError(f"{where}expected bytes or hex str, not {type(item).__name__}")
    if len(item) not in (32, 40, 64):
        return DigestError(f"{len(item)} characters; expected 32, 40 or 64 hex digits", index)
    return DigestError(csamatch_status_text(CSAMATCH_ERROR_ALPHABET).decode("ascii"), index)


# The key sets of a list of hashes, or NULL.
ctypedef struct digest_sets:
    const csamatch_keyset *md5
    const csamatch_keyset *sha1
    const csamatch_keyset *sha256


cdef int64_t _find_digest(object item, const digest_sets *sets) except -2:
    """The position of one digest in the key set of its algorithm, or -1."""
    cdef const char *data = NULL
    cdef Py_ssize_t size = 0
    cdef uint8_t raw[32]
    cdef const uint8_t *key = raw
    cdef int width = _digest_parts(<PyObject *>item, &data, &size)
    if width <= 0:
        raise _bad_digest(item, None)
    if size == width:
        key = <const uint8_t *>data
    elif csamatch_hex_decode(data, <size_t>size, raw, NULL) != CSAMATCH_OK:
        raise _bad_digest(item, None)
    cdef const csamatch_keyset *keys = sets.sha256
    if width != 32:
        keys = sets.md5 if width == 16 else sets.sha1
    return -1 if keys == NULL else csamatch_keyset_find(keys, key)


cdef class DigestSets:
    """The key sets of a list of hashes. A base class, so that `in` needs no
    Python frame of its own."""
    cdef digest_sets sets
    cdef tuple keep

    def _set_keys(self, KeySet md5, KeySet sha1, KeySet sha256):
        """To be called once, before anything else."""
        self.keep = (md5, sha1, sha256)
        self.sets.md5, self.sets.sha1 = _handle(md5), _handle(sha1)
        self.sets.sha256 = _handle(sha256)

    def __contains__(self, item):
        return _find_digest(item, &self.sets) >= 0

    def _position(self, item):
        return _find_digest(item, &self.sets)


cdef int _check_digests(tuple items, Py_ssize_t count) except -1:
    """Raises for the first of count items that is no digest."""
    cdef Py_ssize_t i
    cdef digest_sets none
    none.md5 = none.sha1 = none.sha256 = NULL
    for i in range(count):
        try:
            _find_digest(items[i], &none)
        except DigestError:
            pass
        else:
            continue
        raise _bad_digest(items[i], i)
    return 0


cdef extern from *:
    """
    #if defined(__GNUC__)
    #define csm_ask_for(p) \\
        (__builtin_prefetch(p), __builtin_prefetch((const char *)(p) + 64))
    #else
    #define csm_ask_for(p) ((void)(p))
    #endif
    """
    void csm_ask_for(const void *p) noexcept nogil


cdef bytearray _rows_of_one_width(tuple items):
    """Digests packed, or None when they are not all of the first one's width."""
    cdef Py_ssize_t i, n = len(items), size = 0
    cdef const char *data = NULL
    cdef PyObject *item
    cdef PyObject *all = <PyObject *>items
    cdef int width = _digest_parts(csm_item(all, 0), &data, &size) if n > 0 else 0
    if width <= 0:
        return None
    cdef bytearray packed = bytearray(n * width)
    cdef uint8_t *row = <uint8_t *><char *>packed
    cdef PyObject *ahead[16]
    for i in range(min(n, 16)):
        ahead[i] = csm_item(all, i)
    for i in range(n):
        item = ahead[i % 16]
        if i + 16 < n:  # objects lie all over memory
            ahead[i % 16] = csm_item(all, i + 16)
            csm_ask_for(ahead[i % 16])
        if _digest_parts(item, &data, &size) != width:
            return None
        if size == width:
            memcpy(row, data, <size_t>width)
        elif csamatch_hex_decode(data, <size_t>size, row, NULL) != CSAMATCH_OK:
            return None
        row += width
    return packed


def digest_rows(tuple items not None):
    """Digests packed by width: a list of (width, rows, places), places being
    int64 indices into items, or None where all are of one width."""
    packed = _rows_of_one_width(items)
    if packed is not None:
        return [(len(packed) // len(items), packed, None)]
    return _rows_of_any_width(items)


cdef list _rows_of_any_width(tuple items):
    cdef Py_ssize_t i, n = len(items), size = 0
    cdef const char *data = NULL
    cdef int width
    cdef Py_ssize_t[33] counts
    cdef uint8_t *rows[33]
    cdef int64_t *places[33]
    cdef bytearray widths = bytearray(n)
    cdef uint8_t *width_of = <uint8_t *><char *>widths
    for width in range(33):
        counts[width] = 0
        rows[width] = NULL
        places[width] = NULL
    for i in range(n):
        width = _digest_parts(csm_item(<PyObject *>items, i), &data, &size)
        if width <= 0:
            _check_digests(items, i)
            raise _bad_digest(items[i], i)
        width_of[i] = <uint8_t>width
        counts[width] += 1
    groups = []
    for width in (16, 20, 32):
        if counts[width] == 0:
            continue
        packed = bytearray(counts[width] * width)
        rows[width] = <uint8_t *><char *>packed
        indices = None
        if counts[width] < n:
            indices = bytearray(counts[width] * sizeof(int64_t))
            places[width] = <int64_t *><char *>indices
        groups.append((width, packed, indices))
    for i in range(n):
        width = width_of[i]
        _digest_parts(csm_item(<PyObject *>items, i), &data, &size)
        if size == width:
            memcpy(rows[width], data, <size_t>width)
        elif csamatch_hex_decode(data, <size_t>size, rows[width], NULL) != CSAMATCH_OK:
            raise _bad_digest(items[i], i)
        rows[width] += width
        if places[width] != NULL:
            places[width][0] = i
            places[width] += 1
    return groups


def hex_rows(text, size_t count, size_t digits):
    """count hex digests of `digits` digits each, without gaps, as packed bytes."""
    cdef _Buffer buffer = _Buffer(text)
    cdef const char *data = <const char *>buffer.need(0, count, digits)
    cdef bytearray out = bytearray(count * digits // 2)
    cdef uint8_t *rows = <uint8_t *><char *>out
    cdef size_t bad = 0
    cdef csamatch_status status
    with nogil:
        status = csamatch_hex_decode(data, count * digits, rows, &bad)
    if status != CSAMATCH_OK:
        raise _failure(status, bad // digits if digits else None)
    return out


def narrow(points, size_t count):
    """count code points of 32 bits as a byte each, 255 for those beyond ASCII."""
    cdef _Buffer buffer = _Buffer(points)
    cdef const uint32_t *data = <const uint32_t *>buffer.need(0, count, 4)
    cdef bytearray out = bytearray(count)
    cdef uint8_t *text = <uint8_t *><char *>out
    cdef size_t i
    with nogil:
        for i in range(count):
            text[i] = <uint8_t>data[i] if data[i] < 128 else 255
    return out


def hex_lines(text, size_t offset, size_t width, keys):
    """Reads plain lines of one digest each, from offset of text, into keys, as
    csamatch_hex_lines does: (how many, how many bytes of text)."""
    cdef _Buffer buffer = _Buffer(text)
    cdef _Buffer room = _Buffer(keys, True)
    cdef size_t length = <size_t>buffer.view.len
    if offset > length or width == 0:
        raise ValueError("buffer too small")
    cdef const char *data = <const char *>buffer.need(offset, length - offset, 1)
    cdef uint8_t *out = room.need(0, 0, 0)
    cdef size_t count = 0, used = 0, most = <size_t>room.view.len // width
    cdef csamatch_status status
    with nogil:
        status = csamatch_hex_lines(data, length - offset, width, out, most, &count, &used)
    if status != CSAMATCH_OK:
        raise _failure(status)
    return count, used
