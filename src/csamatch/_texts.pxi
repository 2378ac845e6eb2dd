# ----------------------------------------- texts in one run, rows by number --

cdef bint _fit(const uint64_t *end, size_t count, uint64_t size) noexcept nogil:
    """Whether texts lie one after another within so many bytes."""
    cdef uint64_t start = 0
    cdef size_t i
    for i in range(count):
        if end[i] < start:
            return False
        start = end[i]
    return start <= size


cdef int _bounds(const uint64_t *end, size_t count, uint64_t size, uint32_t number,
                 uint64_t *start, uint64_t *length) noexcept nogil:
    """Where a text begins and how long it is; 1 where there is none, 2 where ends are wrong."""
    if number >= count:
        return 1
    start[0] = end[number - 1] if number > 0 else 0
    if start[0] > end[number] or end[number] > size:
        return 2
    length[0] = end[number] - start[0]
    return 0


cdef int _complain(int wrong) except -1:
    if wrong == 1:
        raise IndexError("no such text")
    if wrong:
        raise ValueError("the ends are out of order")
    return 0


def texts_take(text, ends, numbers, new_ends):
    """Those of many texts, one after another, whose numbers are given, as bytes;
    fills new_ends with where each ends. ends and new_ends are uint64, numbers uint32."""
    cdef _Buffer source = _Buffer(text), limits = _Buffer(ends)
    cdef _Buffer chosen = _Buffer(numbers), made = _Buffer(new_ends, True)
    cdef size_t n = <size_t>chosen.view.len // 4, count = <size_t>limits.view.len // 8
    cdef const uint64_t *end = <const uint64_t *>limits.need(0, count, 8)
    cdef const uint32_t *number = <const uint32_t *>chosen.need(0, n, 4)
    cdef uint64_t *new_end = <uint64_t *>made.need(0, n, 8)
    cdef const char *data = <const char *>source.view.buf
    cdef uint64_t size = <uint64_t>source.view.len, start = 0, length = 0, total = 0
    cdef size_t i
    cdef int wrong = 0
    with nogil:
        for i in range(n):
            wrong = _bounds(end, count, size, number[i], &start, &length)
            if wrong:
                break
            total += length
            new_end[i] = total
    _complain(wrong)
    cdef bytes taken = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>total)
    cdef char *out = PyBytes_AsString(taken)
    with nogil:
        for i in range(n):
            start = end[number[i] - 1] if number[i] > 0 else 0
            memcpy(out, data + start, end[number[i]] - start)
            out += end[number[i]] - start
    return taken


def texts_hash(hash_key, text, ends):
    """64 bits of the hash of each of many texts, one after another, under a key of 16 bytes,
    as packed uint64; ends, uint64, say where each of them ends."""
    cdef _Buffer key = _Buffer(hash_key), source = _Buffer(text), limits = _Buffer(ends)
    cdef size_t i, n = <size_t>limits.view.len // 8
    cdef uint8_t *secret = key.need(0, 1, CSAMATCH_HASH_WIDTH)
    cdef const uint64_t *end = <const uint64_t *>limits.need(0, n, 8)
    cdef const uint8_t *data = <const uint8_t *>source.view.buf
    cdef uint64_t start = 0
    cdef bint fit
    with nogil:
        fit = _fit(end, n, <uint64_t>source.view.len)
    _complain(0 if fit else 2)
    cdef bytearray hashes = bytearray(n * 8)
    cdef uint8_t *out = <uint8_t *><char *>hashes
    cdef uint8_t[CSAMATCH_HASH_WIDTH] hash
    with nogil:
        for i in range(n):
            csamatch_address_hash(secret, data + start, 0, <size_t>(end[i] - start), hash)
            memcpy(out + 8 * i, hash, 8)
            start = end[i]
    return hashes


def texts_same(text, ends, these, those, same):
    """Clears, in same, whatever stands for two texts that differ, by their numbers."""
    cdef _Buffer source = _Buffer(text), limits = _Buffer(ends)
    cdef _Buffer left = _Buffer(these), right = _Buffer(those), answers = _Buffer(same, True)
    cdef size_t i, n = <size_t>answers.view.len, count = <size_t>limits.view.len // 8
    cdef const uint64_t *end = <const uint64_t *>limits.need(0, count, 8)
    cdef const uint32_t *one = <const uint32_t *>left.need(0, n, 4)
    cdef const uint32_t *two = <const uint32_t *>right.need(0, n, 4)
    cdef uint8_t *answer = answers.need(0, n, 1)
    cdef const uint8_t *data = <const uint8_t *>source.view.buf
    cdef uint64_t size = <uint64_t>source.view.len
    cdef uint64_t start = 0, other = 0, length = 0, other_length = 0
    cdef int wrong = 0
    with nogil:
        for i in range(n):
            wrong = (_bounds(end, count, size, one[i], &start, &length)
                     or _bounds(end, count, size, two[i], &other, &other_length))
            if wrong:
                break
            if length != other_length or memcmp(data + start, data + other, length) != 0:
                answer[i] = 0
    _complain(wrong)


def rows_same(rows, size_t width, these, those, same):
    """Clears, in same, whatever stands for two rows that differ, by their numbers; a
    number of no row stands for nothing, which is the same as nothing only."""
    cdef _Buffer source = _Buffer(rows), left = _Buffer(these), right = _Buffer(those)
    cdef _Buffer answers = _Buffer(same, True)
    cdef size_t i, n = <size_t>answers.view.len, count = <size_t>source.view.len // width
    cdef const uint32_t *one = <const uint32_t *>left.need(0, n, 4)
    cdef const uint32_t *two = <const uint32_t *>right.need(0, n, 4)
    cdef uint8_t *answer = answers.need(0, n, 1)
    cdef const uint8_t *data = <const uint8_t *>source.view.buf
    with nogil:
        for i in range(n):
            if one[i] < count and two[i] < count:
                if memcmp(data + one[i] * width, data + two[i] * width, width) != 0:
                    answer[i] = 0
            elif one[i] != two[i]:
                answer[i] = 0
