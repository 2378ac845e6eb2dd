# JSON, and VICS written in it. Part of _core.pyx.

cdef class JsonCheck:
    """Whether a text is JSON, fed in chunks. `feed` and `finish` return None, or
    what is wrong: (reason, line, column)."""
    cdef csamatch_json *handle

    def __cinit__(self):
        self.handle = <csamatch_json *>PyMem_Malloc(csamatch_json_size())
        if self.handle == NULL:
            raise MemoryError
        csamatch_json_init(self.handle)

    def __dealloc__(self):
        PyMem_Free(self.handle)

    cdef object _problem(self, csamatch_status status):
        cdef uint64_t line = 0, column = 0
        if status == CSAMATCH_OK:
            return None
        csamatch_json_place(self.handle, &line, &column)
        return csamatch_status_text(status).decode("ascii"), line, column

    def feed(self, data):
        cdef _Buffer buffer = _Buffer(data)
        cdef const char *text = <const char *>buffer.view.buf
        cdef size_t length = <size_t>buffer.view.len
        cdef csamatch_status status
        with nogil:
            status = csamatch_json_feed(self.handle, text, length)
        return self._problem(status)

    def finish(self):
        return self._problem(csamatch_json_finish(self.handle))


# Rooms of the columns: so many records at a time, of about this size.
cdef enum:
    _ROWS = 1 << 14
    _ID_ROOM = 1 << 18
    _DIGESTS = 1 << 15
    _VALUES = 1 << 13
    _TEXT_ROOM = 1 << 19


cdef class VicsReader:
    """Reads VICS JSON in chunks into columns, which `take` empties."""
    cdef csamatch_vics *handle
    cdef csamatch_vics_columns columns
    cdef list rooms
    cdef csamatch_status status

    def __cinit__(self, bint cases):
        cdef csamatch_vics_columns *c = &self.columns
        cdef size_t i
        self.rooms = []
        self.handle = <csamatch_vics *>PyMem_Malloc(csamatch_vics_size())
        if self.handle == NULL:
            raise MemoryError
        csamatch_vics_init(self.handle, cases)
        c.size = sizeof(csamatch_vics_columns)
        c.row_room, c.id_room, c.digest_room = _ROWS, _ID_ROOM, _DIGESTS
        c.value_room, c.text_room = _VALUES, _TEXT_ROOM
        c.codes = <uint32_t *>self._room(4 * _ROWS)
        c.id_ends = <uint64_t *>self._room(8 * _ROWS)
        c.id_text = <uint8_t *>self._room(_ID_ROOM)
        for i, width in enumerate((16, 20, 32)):
            c.digest_rows[i] = <uint32_t *>self._room(4 * _DIGESTS)
            c.digests[i] = <uint8_t *>self._room(width * _DIGESTS)
        c.spelling_types = <uint8_t *>self._room(CSAMATCH_VICS_CATEGORIES)
        c.spelling_ends = <uint32_t *>self._room(4 * CSAMATCH_VICS_CATEGORIES)
        c.spelling_text = <uint8_t *>self._room(CSAMATCH_VICS_CATEGORIES * CSAMATCH_VICS_TEXT)
        c.values = <csamatch_vics_value *>self._room(sizeof(csamatch_vics_value) * _VALUES)
        c.text = <uint8_t *>self._room(_TEXT_ROOM)
        self._empty()

    def __dealloc__(self):
        PyMem_Free(self.handle)

    cdef void *_room(self, size_t size) except NULL:
        cdef bytearray room = bytearray(size)
        self.rooms.append(room)
        return <void *><char *>room

    cdef void _empty(self) noexcept:
        cdef csamatch_vics_columns *c = &self.columns
        c.row_count = c.id_length = c.spelling_count = c.value_count = c.text_length = 0
        c.digest_count[0] = c.digest_count[1] = c.digest_count[2] = 0

    @property
    def rows(self):
        """How many records there are to take."""
        return self.columns.row_count

    def feed(self, data, size_t offset):
        """Reads on from offset; returns how many bytes it read. It stops before
        the end of data when the columns are full, and at an error."""
        cdef _Buffer buffer = _Buffer(data)
        cdef size_t length = <size_t>buffer.view.len, used = 0
        if offset > length:
            raise ValueError("buffer too small")
        cdef const char *text = <const char *>buffer.view.buf + offset
        with nogil:
            self.status = csamatch_vics_feed(self.handle, text, length - offset, &self.columns,
                                             &used)
        return used

    @property
    def is_full(self):
        """Whether there was no room for all that was fed."""
        return self.status == CSAMATCH_ERROR_SPACE

    def finish(self):
        """No more follows."""
        self.status = csamatch_vics_finish(self.handle)

    def problem(self):
        """What is wrong: (reason, line, column, JSON path); None when nothing is."""
        cdef uint64_t line = 0, column = 0
        cdef char path[160]
        if self.status == CSAMATCH_OK or self.status == CSAMATCH_ERROR_SPACE:
            return None
        csamatch_vics_place(self.handle, &line, &column)
        csamatch_vics_path(self.handle, path, sizeof(path))
        reason = csamatch_status_text(self.status).decode("ascii")
        return reason, line, column, (<bytes>path).decode("ascii")

    def take(self):
        """The columns, which are empty then: digests by algorithm as (rows, packed),
        codes, ends of ids, ids, spellings as (type, text), values as (row, field,
        type, text)."""
        cdef csamatch_vics_columns *c = &self.columns
        cdef size_t i, start = 0
        cdef csamatch_vics_value *v
        digests, spellings, values = [], [], []
        for i, width in enumerate((16, 20, 32)):
            rows = (<char *>c.digest_rows[i])[:4 * c.digest_count[i]]
            digests.append((rows, (<char *>c.digests[i])[:<size_t>width * c.digest_count[i]]))
        for i in range(c.spelling_count):
            text = (<char *>c.spelling_text)[start:c.spelling_ends[i]]
            spellings.append((c.spelling_types[i], text))
            start = c.spelling_ends[i]
        for i in range(c.value_count):
            v = &c.values[i]
            text = (<char *>c.text)[v.offset:v.offset + v.length]
            values.append((v.row, v.field, v.type, text))
        codes = (<char *>c.codes)[:4 * c.row_count]
        ends = (<char *>c.id_ends)[:8 * c.row_count]
        ids = (<char *>c.id_text)[:c.id_length]
        self._empty()
        return digests, codes, ends, ids, spellings, values
