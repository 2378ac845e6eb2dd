# Links in bytes and str. Part of _core.pyx.

from libc.stdlib cimport free, realloc


cdef struct _Place:
    Py_ssize_t text  # which one it is in
    size_t start
    size_t end
    uint32_t kind


cdef int _written(PyObject *item, list keep, csamatch_text *out) except -1:
    """Points out at the bytes of a str or bytes. Every code point of a str keeps a lead byte
    of its own, a lone surrogate too: it ends links."""
    cdef Py_ssize_t size = 0
    cdef char *raw = NULL
    if _is_bytes(item):
        bytes_parts(item, &raw, &size)
        out.data = raw
    elif not _utf8(item, &out.data, &size):
        encoded = (<str>item).encode("utf-8", "surrogatepass")
        keep.append(encoded)
        bytes_parts(<PyObject *>encoded, &raw, &size)
        out.data = raw
    out.length = <size_t>size
    return 0


cdef int _write_texts(csm_items items, Py_ssize_t n, void *context) except -1:
    """Fills in the spans of Links."""
    cdef Links links = <Links>context
    cdef Py_ssize_t i
    for i in range(n):
        if not _is_str(items[i]) and not _is_bytes(items[i]):
            raise _no_text("text", i, <object>items[i])
        _written(items[i], links.bytes_kept, &links.spans[i])
    return 0


cdef class Links:
    """What may be links in the texts of a tuple, each numbered, in their order."""
    cdef tuple texts
    cdef list bytes_kept
    cdef csamatch_text *spans
    cdef _Place *found
    cdef size_t count, room
    cdef uint32_t readings

    def __cinit__(self, tuple texts not None, uint32_t readings):
        cdef Py_ssize_t i, n = len(texts)
        cdef bint done = True
        self.texts = texts
        self.bytes_kept = []
        self.readings = readings
        self.spans = <csamatch_text *>PyMem_Malloc(<size_t>(n if n else 1) * sizeof(csamatch_text))
        if self.spans == NULL:
            raise MemoryError()
        csm_visit(texts, _write_texts, <void *>self)
        with nogil:
            for i in range(n):
                done = done and self.find(i)
        if not done:
            raise MemoryError()

    def __dealloc__(self):
        PyMem_Free(self.spans)
        free(self.found)

    def __len__(self):
        return <Py_ssize_t>self.count

    cdef bint find(self, Py_ssize_t text) noexcept nogil:
        """Adds the links of one text; False when there is no memory for them."""
        cdef csamatch_link some[64]
        cdef csamatch_link_cursor cursor
        cdef size_t i, n = 0, wanted
        cdef _Place *more
        cursor.at = cursor.bare = 0
        while cursor.at < self.spans[text].length:
            csamatch_links_find(self.spans[text].data, self.spans[text].length, self.readings,
                                &cursor, some, 64, &n)
            if self.count + n > self.room:
                wanted = 2 * self.room + 64
                more = <_Place *>realloc(self.found, wanted * sizeof(_Place))
                if more == NULL:
                    return False
                self.found = more
                self.room = wanted
            for i in range(n):
                self.found[self.count].text = text
                self.found[self.count].start = some[i].start
                self.found[self.count].end = some[i].end
                self.found[self.count].kind = some[i].kind
                self.count += 1
        return True

    cdef csamatch_text span(self, size_t number) noexcept nogil:
        cdef csamatch_text text
        text.data = self.spans[self.found[number].text].data + self.found[number].start
        text.length = self.found[number].end - self.found[number].start
        return text

    def forms(self, bint every):
        """(number, canonical form or None, kind, bytes as written, the byte behind or -1) of
        links that are not links for certain, or of every one."""
        cdef uint32_t doubtful = CSAMATCH_LINK_HOST | CSAMATCH_LINK_SENTENCE
        cdef size_t i, capacity, largest = 0
        cdef csamatch_text text, whole
        cdef csamatch_address address
        cdef uint8_t small[4096]
        cdef int behind
        for i in range(self.count):
            if every or self.found[i].kind & doubtful:
                largest = max(largest, self.found[i].end - self.found[i].start)
        capacity = csamatch_address_capacity(largest)
        cdef uint8_t *room = _room(capacity, small, sizeof(small))
        result = []
        try:
            for i in range(self.count):
                if not every and not self.found[i].kind & doubtful:
                    continue
                text = self.span(i)
                whole = self.spans[self.found[i].text]
                behind = -1
                if self.found[i].end < whole.length:
                    behind = <uint8_t>whole.data[self.found[i].end]
                form = None
                if _normalize_span(text, self.readings, room, &address):
                    form = PyUnicode_DecodeASCII(<char *>room, <Py_ssize_t>address.length, NULL)
                result.append((i, form, self.found[i].kind, text.data[:text.length], behind))
        finally:
            if room != small:
                PyMem_Free(room)
        return result

    def keep(self, list lengths not None):
        """Gives links new lengths, in (number, length) by ascending number, drops those of length
        0, and then those that lie inside another."""
        cdef size_t i, number, length, n = 0
        for number, length in lengths:
            if number >= self.count or length > self.found[number].end - self.found[number].start:
                raise IndexError("no such link")
            self.found[number].end = self.found[number].start + length
        for i in range(self.count):
            if self.found[i].end == self.found[i].start or (
                    n > 0 and self.found[n - 1].text == self.found[i].text
                    and self.found[i].start < self.found[n - 1].end):
                continue
            self.found[n] = self.found[i]
            n += 1
        self.count = n

    def places(self, numbers):
        """(text, start, end) of links of these ascending numbers, in the offsets of their texts:
        code points of a str."""
        cdef Py_ssize_t text = -1, points = 0
        cdef size_t at = 0, start
        cdef bint plain = False
        result = []
        for i in numbers:
            if not 0 <= i < self.count:
                raise IndexError("no such link")
            if self.found[<size_t>i].text != text:
                text = self.found[<size_t>i].text
                item = self.texts[text]
                plain = isinstance(item, bytes) or <size_t>len(item) == self.spans[text].length
                at = 0
                points = 0
            if plain:
                result.append((text, self.found[<size_t>i].start, self.found[<size_t>i].end))
                continue
            points += _points(self.spans[text].data, at, self.found[<size_t>i].start)
            start = <size_t>points
            at = self.found[<size_t>i].end
            points += _points(self.spans[text].data, self.found[<size_t>i].start, at)
            result.append((text, start, points))
        return result

    def match(self, AddressSets addresses not None, positions, rules):
        """Looks all up in a list; fills positions (int64) and rules (uint8), one of each per link."""
        cdef size_t i, n = self.count
        cdef _Buffer position_buffer = _Buffer(positions, True)
        cdef _Buffer rule_buffer = _Buffer(rules, True)
        cdef int64_t *out = <int64_t *>position_buffer.need(0, n, sizeof(int64_t))
        cdef uint8_t *kinds = rule_buffer.need(0, n, 1)
        cdef csamatch_status status
        cdef csamatch_text *asked = <csamatch_text *>PyMem_Malloc(
            (n if n else 1) * sizeof(csamatch_text))
        if asked == NULL:
            raise MemoryError()
        try:
            with nogil:
                for i in range(n):
                    asked[i] = self.span(i)
                status = csamatch_url_match(
                    &addresses.sets, asked, n, self.readings, out, kinds)
            if status != CSAMATCH_OK:
                raise _failure(status)
        finally:
            PyMem_Free(asked)


cdef Py_ssize_t _points(const char *text, size_t start, size_t end) noexcept nogil:
    """How many code points begin in these bytes of UTF-8."""
    cdef size_t i
    cdef Py_ssize_t points = 0
    for i in range(start, end):
        points += (<uint8_t>text[i] & 0xC0) != 0x80
    return points
