# Digests in bytes and str. Part of _core.pyx.

cdef bint _is_hex_text(const char *text) noexcept:
    """Whether 32 bytes are all hex digits: an MD5 in ASCII, surely, and no SHA-256."""
    cdef int i
    for i in range(32):
        if not (b"0"[0] <= text[i] <= b"9"[0] or b"a"[0] <= (text[i] | 0x20) <= b"f"[0]):
            return False
    return True


cdef inline int _digest_parts(PyObject *item, const char **data, Py_ssize_t *size) except -2:
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


ctypedef struct packing:
    uint8_t *rows # where they go
    int width
    bint complete


cdef int _pack_digests(csm_items items, Py_ssize_t n, void *context) except -1:
    """Packs the digests; not complete where one is not of the width."""
    cdef packing *pack = <packing *>context
    cdef Py_ssize_t i, size = 0
    cdef const char *data = NULL
    cdef int width = pack.width
    cdef uint8_t *row = pack.rows
    for i in range(n):
        if i + 16 < n:
            csm_ask_for(items[i + 16]) # objects lie all over memory
        if _digest_parts(items[i], &data, &size) != width:
            return 0
        if size == width:
            memcpy(row, data, <size_t>width)
        elif csamatch_hex_decode(data, <size_t>size, row, NULL) != CSAMATCH_OK:
            return 0
        row += width
    pack.complete = True
    return 0


cdef bytearray _rows_of_one_width(tuple items):
    """Digests packed, or None when they are not all of the first one's width."""
    cdef Py_ssize_t size = 0
    cdef const char *data = NULL
    cdef packing pack
    if len(items) == 0:
        return None
    first = items[0]
    pack.width = _digest_parts(<PyObject *>first, &data, &size)
    if pack.width <= 0:
        return None
    cdef bytearray packed = bytearray(len(items) * pack.width)
    pack.rows = <uint8_t *><char *>packed
    pack.complete = False
    csm_visit(items, _pack_digests, &pack)
    return packed if pack.complete else None


def digest_rows(tuple items not None):
    """Digests packed by width: a list of (width, rows, places), places being
    int64 indices into items, or None where all are of one width."""
    packed = _rows_of_one_width(items)
    if packed is not None:
        return [(len(packed) // len(items), packed, None)]
    return _rows_of_any_width(items)


ctypedef struct sorting:
    uint8_t *width_of # each digest
    Py_ssize_t counts[33] # of digests, by width
    uint8_t *rows[33] # where the next one of a width goes, and its place
    int64_t *places[33]
    Py_ssize_t done # the first one that is no digest, or how many there are


cdef int _count_widths(csm_items items, Py_ssize_t n, void *context) except -1:
    """Notes the width of each digest, and how many there are of each."""
    cdef sorting *sort = <sorting *>context
    cdef Py_ssize_t size = 0
    cdef const char *data = NULL
    cdef int width
    for sort.done in range(n):
        if sort.done + 16 < n:
            csm_ask_for(items[sort.done + 16])
        width = _digest_parts(items[sort.done], &data, &size)
        if width <= 0:
            return 0
        sort.width_of[sort.done] = <uint8_t>width
        sort.counts[width] += 1
    sort.done = n
    return 0


cdef int _sort_by_width(csm_items items, Py_ssize_t n, void *context) except -1:
    """Puts each digest, and its place, among those of its width."""
    cdef sorting *sort = <sorting *>context
    cdef Py_ssize_t i, size = 0
    cdef const char *data = NULL
    cdef int width
    for i in range(n):
        width = sort.width_of[i]
        _digest_parts(items[i], &data, &size)
        if size == width:
            memcpy(sort.rows[width], data, <size_t>width)
        elif csamatch_hex_decode(data, <size_t>size, sort.rows[width], NULL) != CSAMATCH_OK:
            sort.done = i
            return 0
        sort.rows[width] += width
        if sort.places[width] != NULL:
            sort.places[width][0] = i
            sort.places[width] += 1
    return 0


cdef list _rows_of_any_width(tuple items):
    cdef Py_ssize_t n = len(items)
    cdef int width
    cdef sorting sort
    cdef bytearray widths = bytearray(n)
    memset(&sort, 0, sizeof(sort))
    sort.width_of = <uint8_t *><char *>widths
    csm_visit(items, _count_widths, &sort)
    if sort.done < n:
        _check_digests(items, sort.done)
        raise _bad_digest(items[sort.done], sort.done)
    groups = []
    for width in (16, 20, 32):
        if sort.counts[width] == 0:
            continue
        packed = bytearray(sort.counts[width] * width)
        sort.rows[width] = <uint8_t *><char *>packed
        indices = None
        if sort.counts[width] < n:
            indices = bytearray(sort.counts[width] * sizeof(int64_t))
            sort.places[width] = <int64_t *><char *>indices
        groups.append((width, packed, indices))
    csm_visit(items, _sort_by_width, &sort)
    if sort.done < n:
        raise _bad_digest(items[sort.done], sort.done)
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
