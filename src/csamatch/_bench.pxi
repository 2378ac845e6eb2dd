# What only benchmarks use. Part of _core.pyx.

cdef extern from "internal.h" nogil:
    uint64_t csm_limit_one_line(const uint8_t *memory, const uint32_t *lines, size_t count,
                                size_t ahead)
    uint64_t csm_limit_two_lines(const uint8_t *memory, const uint32_t *lines,
                                 const uint32_t *others, size_t count, size_t ahead)

cdef extern from *:
    """
    #if defined(__clang__)
    #define CSAMATCH_COMPILER __VERSION__
    #elif defined(__GNUC__)
    #define CSAMATCH_COMPILER "gcc " __VERSION__
    #else
    #define CSAMATCH_COMPILER ""
    #endif
    """
    const char *CSAMATCH_COMPILER


def compiler():
    """The compiler that built this module, or an empty str where it does not tell."""
    return CSAMATCH_COMPILER.decode("ascii", "replace")


cdef class LineReader:
    """Reads cache lines of 64 bytes by number, one or two at a time.

    `lines` and `others` hold uint32 numbers and are checked here, once, so that
    reading need not; both must stay as they are.
    """
    cdef _Buffer memory, lines, others
    cdef size_t count

    def __cinit__(self, memory, lines, others=None):
        self.memory = _Buffer(memory)
        self.lines = _Buffer(lines)
        self.count = <size_t>self.lines.view.len // sizeof(uint32_t)
        if <size_t>self.memory.view.buf % 64:
            raise ValueError("memory does not begin with a cache line")
        self._check(self.lines)
        if others is not None:
            self.others = _Buffer(others)
            self.others.need(0, self.count, sizeof(uint32_t))
            self._check(self.others)

    cdef int _check(self, _Buffer numbers) except -1:
        cdef size_t i, total = <size_t>self.memory.view.len // 64
        cdef const uint32_t *number = <const uint32_t *>numbers.need(
            0, self.count, sizeof(uint32_t))
        for i in range(self.count):
            if number[i] >= total:
                raise ValueError("no such line")
        return 0

    def read(self, size_t ahead):
        """The sum of the lines' first words, prefetched so many lines ahead."""
        cdef const uint8_t *memory = <const uint8_t *>self.memory.view.buf
        cdef const uint32_t *lines = <const uint32_t *>self.lines.view.buf
        cdef const uint32_t *others = NULL
        cdef uint64_t total
        if self.others is not None:
            others = <const uint32_t *>self.others.view.buf
        with nogil:
            if others == NULL:
                total = csm_limit_one_line(memory, lines, self.count, ahead)
            else:
                total = csm_limit_two_lines(memory, lines, others, self.count, ahead)
        return total


cdef class UrlSpans:
    """A tuple of URLs as the C library takes them, laid out once, so that going
    through them takes no Python for each."""
    cdef _Texts texts
    cdef size_t count, longest

    def __cinit__(self, tuple urls not None):
        cdef size_t i
        self.texts = _Texts(urls)
        self.count = <size_t>len(urls)
        for i in range(self.count):
            self.longest = max(self.longest, self.texts.spans[i].length)

    def __len__(self):
        return <Py_ssize_t>self.count

    @property
    def address(self):
        """Where the spans lie, for other libraries: pairs of address and length."""
        return <size_t>self.texts.spans

    def match(self, AddressSets addresses not None, positions, rules):
        """Looks all up in a list; fills positions (int64) and rules (uint8)."""
        cdef _Buffer position_buffer = _Buffer(positions, True)
        cdef _Buffer rule_buffer = _Buffer(rules, True)
        cdef int64_t *out = <int64_t *>position_buffer.need(0, self.count, sizeof(int64_t))
        cdef uint8_t *kinds = rule_buffer.need(0, self.count, 1)
        cdef csamatch_status status
        with nogil:
            status = csamatch_url_match(&addresses.sets, self.texts.spans, self.count, 0, out, kinds)
        if status != CSAMATCH_OK:
            raise _failure(status)

    def normalize(self):
        """How many have a canonical form, and how many bytes these take together."""
        cdef size_t i, good = 0, size = 0, capacity = csamatch_address_capacity(self.longest)
        cdef csamatch_address address
        cdef csamatch_text *span
        cdef uint8_t *room = <uint8_t *>PyMem_Malloc(capacity)
        if room == NULL:
            raise MemoryError()
        with nogil:
            for i in range(self.count):
                span = &self.texts.spans[i]
                if csamatch_url_normalize(span.data, span.length, 0, room, capacity,
                                          &address) == CSAMATCH_OK:
                    good += 1
                    size += address.length
        PyMem_Free(room)
        return good, size
