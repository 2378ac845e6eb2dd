# cython: language_level=3, boundscheck=False, wraparound=False
"""The C library, translated: buffers and bytes in, numbers and bytes out."""

from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.bytearray cimport PyByteArray_FromStringAndSize
from cpython.bytes cimport (
    PyBytes_AsString, PyBytes_FromStringAndSize, PyBytes_Size,
)
from cpython.exc cimport PyErr_Clear, PyErr_ExceptionMatches
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memmove, memset

from csamatch._c cimport *

from csamatch.errors import DigestError, Error, ListFileError, UrlError


cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    object PyUnicode_DecodeASCII(const char *text, Py_ssize_t size, const char *errors)

    # The same without references taken and dropped, which are calls in the stable ABI.
    bint is_exactly_bytes "PyBytes_CheckExact"(PyObject *item) noexcept
    bint is_some_bytes "PyBytes_Check"(PyObject *item) noexcept
    bint is_exactly_str "PyUnicode_CheckExact"(PyObject *item) noexcept
    bint is_some_str "PyUnicode_Check"(PyObject *item) noexcept
    int bytes_parts "PyBytes_AsStringAndSize"(
        PyObject *item, char **data, Py_ssize_t *size) except -1
    const char *str_parts "PyUnicode_AsUTF8AndSize"(
        PyObject *text, Py_ssize_t *size) noexcept
    PyObject *ascii_str "PyUnicode_DecodeASCII"(
        const char *text, Py_ssize_t size, const char *errors) except NULL
    int put_item "PyList_SetItem"(list items, Py_ssize_t i, PyObject *item) except -1


cdef bytearray _unwritten(size_t size):
    """So many bytes that hold nothing yet: all of them must be written."""
    return PyByteArray_FromStringAndSize(NULL, <Py_ssize_t>size)


cdef inline bint _is_str(PyObject *item) noexcept:
    return is_exactly_str(item) or is_some_str(item)


cdef inline bint _is_bytes(PyObject *item) noexcept:
    return is_exactly_bytes(item) or (not is_exactly_str(item) and is_some_bytes(item))


cdef int _utf8(PyObject *text, const char **data, Py_ssize_t *size) except -1:
    """1, and the bytes of a str; 0 where it has none, for lone surrogates. A try
    statement costs more than all the rest of a look-up in the stable ABI."""
    data[0] = str_parts(text, size)
    if data[0] != NULL:
        return 1
    if not PyErr_ExceptionMatches(UnicodeEncodeError):
        return -1
    PyErr_Clear()
    return 0


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


def rows_split(rows, size_t count, size_t width, ranks, records):
    """Takes sorted rows apart, each a key of `width` bytes and a big-endian number:
    moves the distinct keys to the front, packed, and returns how many there are;
    fills ranks and records, uint32, with which key each row has, and its number."""
    cdef _Buffer buffer = _Buffer(rows, True), first = _Buffer(ranks, True)
    cdef _Buffer second = _Buffer(records, True)
    cdef uint8_t *data = buffer.need(0, count, width + 4)
    cdef uint32_t *rank = <uint32_t *>first.need(0, count, 4)
    cdef uint32_t *record = <uint32_t *>second.need(0, count, 4)
    cdef size_t i, unique = 0
    cdef uint8_t *row = data
    cdef uint8_t *number
    if count >= <size_t>1 << 32:
        raise ValueError("too many rows")
    with nogil:
        for i in range(count):
            number = row + width
            record[i] = (<uint32_t>number[0] << 24 | <uint32_t>number[1] << 16
                         | <uint32_t>number[2] << 8 | number[3])
            if unique == 0 or memcmp(data + (unique - 1) * width, row, width) != 0:
                memmove(data + unique * width, row, width)
                unique += 1
            rank[i] = <uint32_t>(unique - 1)
            row += width + 4
    return unique


def rows_hash(hash_key, rows, size_t count, size_t width):
    """The hashes of rows under a key of 16 bytes, packed."""
    cdef _Buffer key = _Buffer(hash_key), buffer = _Buffer(rows)
    cdef uint8_t *secret = key.need(0, 1, CSAMATCH_HASH_WIDTH)
    cdef uint8_t *data = buffer.need(0, count, width)
    cdef bytearray hashes = bytearray(count * CSAMATCH_HASH_WIDTH)
    cdef uint8_t *out = <uint8_t *><char *>hashes
    cdef csamatch_status status
    with nogil:
        status = csamatch_rows_hash(secret, data, count, width, out)
    if status != CSAMATCH_OK:
        raise _failure(status)
    return hashes


# -------------------------------------------------------------- directory --

def directory_build(keys, size_t count, size_t width):
    """The directory of sorted distinct keys, as packed bytes."""
    cdef _Buffer buffer = _Buffer(keys)
    cdef uint8_t *data = buffer.need(0, count, width)
    cdef size_t lines = csamatch_directory_lines(count)
    cdef bytearray directory = _unwritten(64 * (lines + 1))
    cdef uint8_t *out = <uint8_t *><char *>directory
    cdef csamatch_status status
    with nogil:
        status = csamatch_directory_build(data, count, width, out, lines)
    if status != CSAMATCH_OK:
        raise _failure(status)
    return directory


cdef class DirectoryMaker:
    """Makes the directory of so many keys as they come, in order, bit by bit."""
    cdef readonly bytearray lines  # complete after end()
    cdef csamatch_directory_state state
    cdef size_t width, line_count

    def __cinit__(self, size_t count, size_t width):
        self.width, self.line_count = width, csamatch_directory_lines(count)
        self.lines = _unwritten(64 * (self.line_count + 1))
        memset(&self.state, 0, sizeof(self.state))

    def add(self, keys):
        """Takes in the next keys, packed. ListFileError where one belongs before earlier ones."""
        cdef _Buffer buffer = _Buffer(keys)
        cdef size_t count = <size_t>buffer.view.len // self.width
        cdef uint8_t *data = buffer.need(0, count, self.width)
        cdef uint8_t *out = <uint8_t *><char *>self.lines
        cdef csamatch_status status
        with nogil:
            status = csamatch_directory_add(
                &self.state, data, count, self.width, out, self.line_count)
        if status != CSAMATCH_OK:
            raise _failure(status)

    def end(self):
        """Makes the directory complete."""
        cdef uint8_t *out = <uint8_t *><char *>self.lines
        cdef csamatch_status status = csamatch_directory_end(&self.state, out, self.line_count)
        if status != CSAMATCH_OK:
            raise _failure(status)


def directory_check(data, size_t keys, size_t count, size_t width, size_t directory, size_t lines):
    """Raises ListFileError unless the directory at this offset of data fits its keys."""
    cdef _Buffer buffer = _Buffer(data)
    cdef uint8_t *key_data = buffer.need(keys, count, width)
    cdef uint8_t *found = buffer.need(directory, lines + 1, 64)
    cdef csamatch_status status
    with nogil:
        status = csamatch_directory_check(key_data, count, width, found, lines)
    if status != CSAMATCH_OK:
        raise _failure(status)


# ---------------------------------------------------------------- key set --

cdef class KeySet:
    """Sorted distinct keys in a buffer that this object keeps alive.

    `directory` is None, or (its offset in the same buffer, its lines). With a
    hash key, 16 bytes, the keys are hashes of queries, of `query_width` bytes.
    """
    cdef _Buffer buffer, secret
    cdef csamatch_keyset *handle
    cdef readonly Py_ssize_t width  # of queries

    def __cinit__(self, data, size_t offset, size_t count, size_t width, kernel=None,
                  directory=None, hash_key=None, size_t query_width=0):
        cdef csamatch_keyset_options options
        cdef size_t place, lines
        cdef bytes name = b""
        self.buffer = _Buffer(data)
        options.size = sizeof(options)
        options.kernel = NULL
        options.directory = NULL
        options.directory_lines = 0
        options.hash_key = NULL
        options.query_width = query_width
        if hash_key is not None:
            self.secret = _Buffer(hash_key)
            options.hash_key = self.secret.need(0, 1, CSAMATCH_HASH_WIDTH)
        else:
            options.query_width = width
        if kernel is not None:
            name = kernel.encode("utf-8")
            options.kernel = PyBytes_AsString(name)
        if directory is not None:
            place, lines = directory
            options.directory = self.buffer.need(place, lines + 1, 64)
            options.directory_lines = lines
        cdef uint8_t *keys = self.buffer.need(offset, count, width)
        cdef csamatch_status status = csamatch_keyset_create(
            keys, count, width, &options, &self.handle)
        if status == CSAMATCH_ERROR_KERNEL:
            raise ValueError(f"no such kernel here; there are {', '.join(kernels())}")
        if status != CSAMATCH_OK:
            raise _failure(status)
        self.width = <Py_ssize_t>csamatch_keyset_query_width(self.handle)

    def __dealloc__(self):
        csamatch_keyset_free(self.handle)

    def __len__(self):
        return <Py_ssize_t>csamatch_keyset_size(self.handle)

    @property
    def kernel(self):
        return csamatch_keyset_kernel(self.handle).decode("ascii")

    def find(self, bytes key not None):
        if PyBytes_Size(key) != self.width:
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


include "_items.pxi"
include "_digests.pxi"
include "_texts.pxi"
include "_csv.pxi"
include "_splice.pxi"
include "_addresses.pxi"
include "_links.pxi"
include "_json.pxi"
include "_bench.pxi"


# -------------------------------------------------------------- list file --

def listfile_parse(data):
    """(kind, features, header length, content digest, sections) of a list file; each
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
    return file.kind, file.features, file.header_length, digest, sections
