# -------------------------------------------- sorted rows within sorted rows --

def rows_locate(rows, size_t offset, size_t count, size_t width, queries, places):
    """Fills places, int64, with the position of each of the sorted queries among `count` sorted
    rows from an offset, or with -1 - p for one that belongs in front of row p."""
    cdef _Buffer held = _Buffer(rows), asked = _Buffer(queries), answers = _Buffer(places, True)
    cdef uint8_t *data = held.need(offset, count, width)
    cdef size_t n = <size_t>answers.view.len // 8
    cdef uint8_t *query = asked.need(0, n, width)
    cdef int64_t *place = <int64_t *>answers.need(0, n, 8)
    cdef csamatch_status status
    with nogil:
        status = csamatch_rows_locate(data, count, width, query, n, place)
    if status != CSAMATCH_OK:
        raise _failure(status)


def rows_splice(rows, size_t count, size_t width, removed, added, places, out):
    """Copies rows to out, without those at the positions removed, with those added in front of
    the positions places; both are uint64 and ascend."""
    cdef _Buffer held = _Buffer(rows), gone = _Buffer(removed), come = _Buffer(added)
    cdef _Buffer where = _Buffer(places), made = _Buffer(out, True)
    cdef uint8_t *data = held.need(0, count, width)
    cdef size_t gone_count = <size_t>gone.view.len // 8, come_count = <size_t>where.view.len // 8
    cdef const uint64_t *gone_at = <const uint64_t *>gone.need(0, gone_count, 8)
    cdef const uint64_t *come_at = <const uint64_t *>where.need(0, come_count, 8)
    cdef uint8_t *new = come.need(0, come_count, width)
    if gone_count > count:
        raise ValueError("more rows to take out than there are")
    cdef uint8_t *room = made.need(0, count - gone_count + come_count, width)
    cdef csamatch_status status
    with nogil:
        status = csamatch_rows_splice(
            data, count, width, gone_at, gone_count, new, come_at, come_count, room)
    if status != CSAMATCH_OK:
        raise _failure(status)


def rows_seek(rows, size_t count, size_t width, data):
    """The offset in data of any of the sorted rows, at every byte, or -1."""
    cdef _Buffer held = _Buffer(rows), searched = _Buffer(data)
    cdef uint8_t *sought = held.need(0, count, width)
    cdef size_t length = <size_t>searched.view.len, found = 0
    cdef const uint8_t *start = <const uint8_t *>searched.view.buf
    cdef csamatch_status status
    with nogil:
        status = csamatch_rows_seek(sought, count, width, start, length, &found)
    if status != CSAMATCH_OK:
        raise _failure(status)
    return -1 if found == length else <int64_t>found
