# cython: language_level=3, boundscheck=False, wraparound=False
"""The C library, translated: buffers and bytes in, numbers and bytes out."""

from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AsString, PyBytes_GET_SIZE, PyBytes_Size
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from csamatch._c cimport *

from csamatch.errors import DigestError, Error, ListFileError, UrlError


cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    object PyUnicode_DecodeASCII(const char *text, Py_ssize_t size, const char *errors)


cdef object _failure(csamatch_status status, object index=None):
    """The exception that stands for a status other than OK."""
    reason = csamatch_status_text(status).decode("ascii")
    if status == CSAMATCH_ERROR_MEMORY:
        return MemoryError(reason)
    if status in (CSAMATCH_ERROR_LENGTH, CSAMATCH_ERROR_ALPHABET):
        return DigestError(reason, index)
    if status >= CSAMATCH_ERROR_NO_HOST:
        return UrlError(reason, index)
    if status >= CSAMATCH_ERROR_TRUNCATED:
        return ListFileError(reason)
    return ValueError(reason)


def version():
    return csamatch_version().decode("ascii")


def kernels():
    """The search kernels that this CPU can run.

    Returns
    -------
    tuple of str
        Best first; the last is always ``"portable"``. All give the same answers.
    """
    return tuple([
        csamatch_kernel_name(i).decode("ascii") for i in range(csamatch_kernel_count())
    ])


cdef class _Buffer:
    """A buffer held for as long as this object lives."""
    cdef Py_buffer view
    cdef bint held

    def __cinit__(self, source, bint writable=False):
        PyObject_GetBuffer(source, &self.view, PyBUF_WRITABLE if writable else PyBUF_SIMPLE)
        self.held = True

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)

    cdef uint8_t *need(self, size_t offset, size_t count, size_t width) except? NULL:
        """The address of count * width bytes from offset, if they are there."""
        cdef size_t size = <size_t>self.view.len
        if offset > size or (width > 0 and count > (size - offset) // width):
            raise ValueError("buffer too small")
        return <uint8_t *>self.view.buf + offset


# ------------------------------------------------------------------- rows --

def rows_sort(rows, size_t count, size_t width):
    cdef _Buffer buffer = _Buffer(rows, True)
    cdef uint8_t *data = buffer.need(0, count, width)
    cdef csamatch_status status
    with nogil:
        status = csamatch_rows_sort(data, count, width)
    if status != CSAMATCH_OK:
        raise _failure(status)


def rows_unique(rows, size_t count, size_t width):
    cdef _Buffer buffer = _Buffer(rows, True)
    cdef uint8_t *data = buffer.need(0, count, width)
    cdef size_t unique = 0
    cdef csamatch_status status
    with nogil:
        status = csamatch_rows_unique(data, count, width, &unique)
    if status != CSAMATCH_OK:
        raise _failure(status)
    return unique


def rows_check(rows, size_t offset, size_t count, size_t width):
    cdef _Buffer buffer = _Buffer(rows)
    cdef uint8_t *data = buffer.need(offset, count, width)
    cdef csamatch_status status
    with nogil:
        status = csamatch_rows_check(data, count, width, NULL)
    if status != CSAMATCH_OK:
        raise _failure(status)


# ----------------------------------------------------------------- tables --

def tables_build(keys, size_t count, size_t width):
    """(filter, index) over sorted distinct keys, as packed bytes."""
    cdef _Buffer buffer = _Buffer(keys)
    cdef uint8_t *data = buffer.need(0, count, width)
    cdef size_t words = csamatch_filter_words(count)
    cdef size_t buckets = csamatch_index_buckets(count)
    cdef bytearray filter = bytearray(8 * words)
    cdef bytearray index = bytearray(4 * (buckets + 1))
    cdef uint8_t *filter_out = <uint8_t *><char *>filter
    cdef uint8_t *index_out = <uint8_t *><char *>index
    cdef csamatch_status status
    with nogil:
        status = csamatch_filter_build(data, count, width, filter_out, words)
        if status == CSAMATCH_OK:
            status = csamatch_index_build(data, count, width, index_out, buckets)
    if status != CSAMATCH_OK:
        raise _failure(status)
    return filter, index


def tables_check(data, size_t keys, size_t count, size_t width, size_t filter, size_t words,
                 size_t index, size_t buckets):
    """Raises ListFileError unless tables at these offsets of data fit its keys."""
    cdef _Buffer buffer = _Buffer(data)
    cdef uint8_t *key_data = buffer.need(keys, count, width)
    cdef uint8_t *filter_data = buffer.need(filter, words, 8)
    cdef uint8_t *index_data = buffer.need(index, buckets + 1, 4)
    cdef csamatch_status status
    with nogil:
        status = csamatch_tables_check(key_data, count, width, filter_data, words, index_data,
                                       buckets)
    if status != CSAMATCH_OK:
        raise _failure(status)


# ---------------------------------------------------------------- key set --

cdef class KeySet:
    """Sorted distinct keys in a buffer that this object keeps alive.

    `tables` is None, or (offset of the filter, its words, offset of the index,
    its buckets) in the same buffer.
    """
    cdef _Buffer buffer
    cdef csamatch_keyset *handle
    cdef readonly Py_ssize_t width

    def __cinit__(self, data, size_t offset, size_t count, size_t width, kernel=None, tables=None):
        cdef csamatch_keyset_options options
        cdef size_t filter, words, index, buckets
        cdef bytes name = b""
        self.buffer = _Buffer(data)
        options.size = sizeof(options)
        options.kernel = NULL
        options.filter = options.index = NULL
        options.filter_words = options.index_buckets = 0
        if kernel is not None:
            name = kernel.encode("utf-8")
            options.kernel = PyBytes_AsString(name)
        if tables is not None:
            filter, words, index, buckets = tables
            options.filter = self.buffer.need(filter, words, 8)
            options.filter_words = words
            options.index = self.buffer.need(index, buckets + 1, 4)
            options.index_buckets = buckets
        cdef uint8_t *keys = self.buffer.need(offset, count, width)
        cdef csamatch_status status = csamatch_keyset_create(
            keys, count, width, &options, &self.handle)
        if status == CSAMATCH_ERROR_KERNEL:
            raise ValueError(f"no such kernel here; there are {', '.join(kernels())}")
        if status != CSAMATCH_OK:
            raise _failure(status)
        self.width = <Py_ssize_t>width

    def __dealloc__(self):
        csamatch_keyset_free(self.handle)

    def __len__(self):
        return <Py_ssize_t>csamatch_keyset_size(self.handle)

    @property
    def kernel(self):
        return csamatch_keyset_kernel(self.handle).decode("ascii")

    def find(self, bytes key not None):
        if PyBytes_GET_SIZE(key) != self.width:
            raise ValueError("wrong key width")
        return csamatch_keyset_find(self.handle, <const uint8_t *>PyBytes_AsString(key))

    def match(self, queries, size_t offset, size_t count, hits):
        """Fills hits, room for count pairs of uint64 (query, position), and returns
        how many there are."""
        cdef _Buffer asked = _Buffer(queries)
        cdef _Buffer answers = _Buffer(hits, True)
        cdef uint8_t *rows = asked.need(offset, count, <size_t>self.width)
        cdef csamatch_hit *out = <csamatch_hit *>answers.need(0, count, sizeof(csamatch_hit))
        cdef size_t found = 0
        cdef csamatch_status status
        with nogil:
            status = csamatch_keyset_match(self.handle, rows, count, out, &found)
        if status != CSAMATCH_OK:
            raise _failure(status)
        return found


# ---------------------------------------------------------------- digests --

cdef bint _is_hex_text(const char *text) noexcept:
    """Whether 32 bytes are all hex digits: an MD5 in ASCII, surely, and no SHA-256."""
    cdef int i
    for i in range(32):
        if not (b"0"[0] <= text[i] <= b"9"[0] or b"a"[0] <= (text[i] | 0x20) <= b"f"[0]):
            return False
    return True


cdef int _digest_parts(object item, const char **data, Py_ssize_t *size) except -2:
    """The width of a digest in bytes (raw) or str (hex), or 0 when its length
    fits none, or -1 when it is neither bytes nor str."""
    cdef int width
    if isinstance(item, bytes):
        data[0] = PyBytes_AsString(item)
        size[0] = PyBytes_Size(item)
        width = <int>size[0] if size[0] <= 32 else 0
        if width == 32 and _is_hex_text(data[0]):
            return 0
    elif isinstance(item, str):
        try:
            data[0] = PyUnicode_AsUTF8AndSize(item, size)
        except UnicodeEncodeError:
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


cdef int64_t _find_digest(object item, KeySet md5, KeySet sha1, KeySet sha256) except -2:
    """The position of one digest in the key set of its algorithm, or -1."""
    cdef const char *data = NULL
    cdef Py_ssize_t size = 0
    cdef uint8_t raw[32]
    cdef const uint8_t *key = raw
    cdef int width = _digest_parts(item, &data, &size)
    if width <= 0:
        raise _bad_digest(item, None)
    if size == width:
        key = <const uint8_t *>data
    elif csamatch_hex_decode(data, <size_t>size, raw, NULL) != CSAMATCH_OK:
        raise _bad_digest(item, None)
    cdef KeySet keys = md5 if width == 16 else sha1 if width == 20 else sha256
    return -1 if keys is None else csamatch_keyset_find(keys.handle, key)


cdef class DigestSets:
    """The key sets of a list of hashes. A base class, so that `in` needs no
    Python frame of its own."""
    cdef KeySet md5, sha1, sha256

    def _set_keys(self, KeySet md5, KeySet sha1, KeySet sha256):
        self.md5, self.sha1, self.sha256 = md5, sha1, sha256

    def __contains__(self, item):
        return _find_digest(item, self.md5, self.sha1, self.sha256) >= 0

    def _position(self, item):
        return _find_digest(item, self.md5, self.sha1, self.sha256)


cdef int _check_digests(tuple items, Py_ssize_t count) except -1:
    """Raises for the first of count items that is no digest."""
    cdef Py_ssize_t i
    for i in range(count):
        try:
            _find_digest(items[i], None, None, None)
        except DigestError:
            pass
        else:
            continue
        raise _bad_digest(items[i], i)
    return 0


def digest_rows(tuple items not None):
    """Digests packed by width: a list of (width, rows, places), places being
    int64 indices into items, or None where all are of one width."""
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
        width = _digest_parts(items[i], &data, &size)
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
        _digest_parts(items[i], &data, &size)
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


# -------------------------------------------------------------- addresses --

cdef int _text(object item, list keep, csamatch_text *out) except -1:
    """Points out at the bytes of a str or bytes. A str with lone surrogates is
    read as a browser reads it, with U+FFFD in their place; `keep` holds that."""
    cdef Py_ssize_t size = 0
    if isinstance(item, str):
        try:
            out.data = PyUnicode_AsUTF8AndSize(item, &size)
            out.length = <size_t>size
            return 0
        except UnicodeEncodeError:
            pass
        item = item.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
        keep.append(item)
    elif not isinstance(item, bytes):
        raise TypeError(f"expected str or bytes, not {type(item).__name__}")
    out.data = PyBytes_AsString(item)
    out.length = <size_t>PyBytes_Size(item)
    return 0


cdef tuple _normalize(object item, bint host_only):
    cdef csamatch_text text
    cdef csamatch_address address
    cdef csamatch_status status
    cdef uint8_t small[4096]
    cdef uint8_t *room = small
    cdef list keep = []
    _text(item, keep, &text)
    cdef size_t capacity = csamatch_address_capacity(text.length)
    if capacity > sizeof(small):
        room = <uint8_t *>PyMem_Malloc(capacity)
        if room == NULL:
            raise MemoryError()
    try:
        if host_only:
            status = csamatch_host_normalize(text.data, text.length, room, capacity, &address)
        else:
            status = csamatch_url_normalize(text.data, text.length, room, capacity, &address)
        if status != CSAMATCH_OK:
            raise _failure(status)
        canonical = PyUnicode_DecodeASCII(<char *>room, <Py_ssize_t>address.length, NULL)
        return canonical, address.host_length, address.path_length, address.port, address.flags
    finally:
        if room != small:
            PyMem_Free(room)


def url_normalize(url):
    """(canonical, host length, path length, port, flags) of a URL."""
    return _normalize(url, False)


def host_normalize(host):
    """The same of a host alone."""
    return _normalize(host, True)


cdef class _Texts:
    """Where the bytes of a tuple's items are, for use without the GIL. The
    tuple and `keep` hold them in place."""
    cdef tuple items
    cdef list keep
    cdef csamatch_text *spans

    def __cinit__(self, tuple items not None):
        cdef Py_ssize_t i, n = len(items)
        self.items = items
        self.keep = []
        self.spans = <csamatch_text *>PyMem_Malloc(
            <size_t>(n if n else 1) * sizeof(csamatch_text))
        if self.spans == NULL:
            raise MemoryError()
        for i in range(n):
            if not isinstance(items[i], (str, bytes)):
                raise TypeError(
                    f"address {i}: expected str or bytes, not {type(items[i]).__name__}")
            _text(items[i], self.keep, &self.spans[i])

    def __dealloc__(self):
        PyMem_Free(self.spans)


cdef bint _normalize_span(csamatch_text text, uint8_t *out, csamatch_address *address) noexcept nogil:
    return csamatch_url_normalize(text.data, text.length, out,
                                  csamatch_address_capacity(text.length), address) == CSAMATCH_OK


def urls_normalize(tuple urls not None):
    """Canonical forms of a batch, None where there is none."""
    cdef _Texts texts = _Texts(urls)
    cdef Py_ssize_t i, j, start, stop, n = len(urls)
    cdef csamatch_address addresses[64]
    cdef size_t offsets[65]
    cdef bint good[64]
    cdef uint8_t *room
    result = []
    offsets[0] = 0
    for start in range(0, n, 64):
        stop = min(start + 64, n)
        for i in range(start, stop):
            j = i - start
            offsets[j + 1] = offsets[j] + csamatch_address_capacity(texts.spans[i].length)
        room = <uint8_t *>PyMem_Malloc(offsets[stop - start])
        if room == NULL:
            raise MemoryError()
        try:
            with nogil:
                for i in range(start, stop):
                    j = i - start
                    good[j] = _normalize_span(texts.spans[i], room + offsets[j], &addresses[j])
            for j in range(stop - start):
                result.append(PyUnicode_DecodeASCII(
                    <char *>room + offsets[j], <Py_ssize_t>addresses[j].length, NULL)
                    if good[j] else None)
        finally:
            PyMem_Free(room)
    return result


def address_key(str canonical not None, size_t host_length):
    """The key of a canonical address."""
    cdef Py_ssize_t size = 0
    cdef const char *data = PyUnicode_AsUTF8AndSize(canonical, &size)
    cdef uint8_t key[16]
    cdef csamatch_status status = csamatch_address_key(
        <const uint8_t *>data, host_length, <size_t>size, key)
    if status != CSAMATCH_OK:
        raise _failure(status)
    return (<const char *>key)[:CSAMATCH_ADDRESS_KEY_WIDTH]


cdef const csamatch_keyset *_handle(KeySet keys):
    return NULL if keys is None else keys.handle


def urls_match(KeySet domain, KeySet host, KeySet url, KeySet prefix, tuple urls not None,
               positions, rules):
    """Fills positions (int64) and rules (uint8), one of each per URL."""
    cdef size_t n = <size_t>len(urls)
    cdef _Texts texts = _Texts(urls)
    cdef _Buffer position_buffer = _Buffer(positions, True)
    cdef _Buffer rule_buffer = _Buffer(rules, True)
    cdef int64_t *out = <int64_t *>position_buffer.need(0, n, sizeof(int64_t))
    cdef uint8_t *kinds = rule_buffer.need(0, n, 1)
    cdef csamatch_address_sets sets
    cdef csamatch_status status
    sets.domain = _handle(domain)
    sets.host = _handle(host)
    sets.url = _handle(url)
    sets.prefix = _handle(prefix)
    with nogil:
        status = csamatch_url_match(&sets, texts.spans, n, out, kinds)
    if status != CSAMATCH_OK:
        raise _failure(status)


# -------------------------------------------------------------- list file --

def listfile_parse(data):
    """(kind, header length, content digest, sections) of a list file; each
    section is (kind, subject, width, count, offset, length)."""
    cdef _Buffer buffer = _Buffer(data)
    cdef const uint8_t *start = <const uint8_t *>buffer.view.buf
    cdef size_t i, length = <size_t>buffer.view.len
    cdef csamatch_listfile file
    cdef csamatch_section s
    cdef csamatch_status status = csamatch_listfile_parse(start, length, &file)
    if status != CSAMATCH_OK:
        raise _failure(status)
    sections = []
    for i in range(file.section_count):
        status = csamatch_listfile_section(start, length, i, &s)
        if status != CSAMATCH_OK:
            raise _failure(status)
        sections.append((s.kind, s.subject, s.width, s.count, s.offset, s.length))
    digest = (<const char *>file.content_digest)[:32]
    return file.kind, file.header_length, digest, sections
