# Rows of comma-separated values. Part of _core.pyx.

cdef class CsvScanner:
    """Picks columns out of text, as csamatch_csv_scan does, into memory of its own.

    columns are (index, width) pairs, ascending; the outputs are of the last scan.
    """
    cdef csamatch_csv state
    cdef csamatch_csv_column picked[16]
    cdef list outputs
    cdef bytearray lines_room, issues_room

    def __cinit__(self, columns, size_t room, size_t least, size_t most, delimiter, quote,
                  comment, addresses=None):
        cdef size_t i
        if len(columns) > CSAMATCH_CSV_PICKED:
            raise ValueError(f"more than {CSAMATCH_CSV_PICKED} columns")
        if room == 0 or room > (1 << 24):
            raise ValueError("room: expected a number up to 2**24")
        self.outputs = []
        for i, (index, width) in enumerate(columns):
            self.picked[i].index = index
            self.picked[i].width = width
            numbers = bytearray(4 * room)
            data = bytearray(room * self.picked[i].width)
            self.picked[i].numbers = <uint32_t *><char *>numbers
            self.picked[i].bytes = <uint8_t *><char *>data
            self.outputs.append((numbers, data))
        self.state.columns = self.picked
        self.state.column_count = len(columns)
        self.lines_room = bytearray(4 * room)
        self.state.lines = <uint32_t *><char *>self.lines_room
        self.state.room = room
        self.state.issue_room = 1 << 10
        self.issues_room = bytearray(self.state.issue_room * sizeof(csamatch_csv_issue))
        self.state.issues = <csamatch_csv_issue *><char *>self.issues_room
        self.state.least = least
        self.state.most = most
        self.state.addresses = 0 if addresses is None else 1 + <size_t>addresses
        self.state.delimiter = ord(delimiter)
        self.state.quote = ord(quote) if quote else 0
        self.state.comment = ord(comment) if comment else 0

    def scan(self, text, size_t offset, bint last):
        """Reads rows of text from offset; the bytes they take."""
        cdef _Buffer buffer = _Buffer(text)
        cdef size_t i, length = <size_t>buffer.view.len
        if offset > length:
            raise ValueError("buffer too small")
        cdef const char *data = <const char *>buffer.need(offset, length - offset, 1)
        for i in range(self.state.column_count):
            if self.picked[i].width == 0 and <size_t>len(self.outputs[i][1]) < length - offset:
                out = bytearray(length - offset)
                self.picked[i].bytes = <uint8_t *><char *>out
                self.outputs[i] = (self.outputs[i][0], out)
        self.state.last = last
        cdef csamatch_status status
        with nogil:
            status = csamatch_csv_scan(&self.state, data, length - offset)
        if status != CSAMATCH_OK:
            raise _failure(status)
        return self.state.used

    @property
    def rows(self):
        return self.state.row_count

    @property
    def line_count(self):
        """Line ends passed."""
        return self.state.line_count

    @property
    def open_quote(self):
        """Whether the row in front of which it stopped has a quote without its end."""
        return self.state.open_quote != 0

    @property
    def unended(self):
        """Whether the last line of all lacked its end."""
        return self.state.unended != 0

    def lines(self):
        """For each row the line ends in front of it, uint32."""
        return self.lines_room[:4 * self.state.row_count]

    def digests(self, size_t i):
        """(the row of each digest, uint32; the digests packed) of column i of those picked."""
        cdef size_t count = self.picked[i].count
        numbers, data = self.outputs[i]
        return numbers[:4 * count], data[:count * self.picked[i].width]

    def texts(self, size_t i):
        """(where the text of each row ends, uint32; the texts) of column i of those picked."""
        numbers, data = self.outputs[i]
        return numbers[:4 * self.state.row_count], data[:self.picked[i].count]

    def issues(self):
        """What was wrong, as tuples of row, line, what, column, start, end."""
        cdef size_t i
        cdef csamatch_csv_issue *issue
        found = []
        for i in range(self.state.issue_count):
            issue = &self.state.issues[i]
            found.append((issue.row, issue.line, issue.what, issue.column, issue.start,
                          issue.end))
        return found


def number_texts(ends, text, dict known):
    """Each text's number in known, uint32, counted from 1 and 0 for an empty one;
    known, whose keys are bytes, takes in those that are new."""
    cdef _Buffer ends_buffer = _Buffer(ends)
    cdef _Buffer text_buffer = _Buffer(text)
    cdef size_t i, count = <size_t>ends_buffer.view.len // 4
    cdef const uint32_t *stops = <const uint32_t *>ends_buffer.view.buf
    cdef const char *data = <const char *>text_buffer.view.buf
    cdef bytearray numbers = bytearray(4 * count)
    cdef uint32_t *out = <uint32_t *><char *>numbers
    cdef size_t start = 0, before = 0, length, before_length = 0
    cdef uint32_t number = 0
    for i in range(count):
        if stops[i] < start or stops[i] > <size_t>text_buffer.view.len:
            raise ValueError("buffer too small")
        length = stops[i] - start
        if length != before_length or memcmp(data + start, data + before, length) != 0:
            word = data[start:start + length]
            number = known.setdefault(word, len(known) + 1) if length else 0
        out[i] = number
        before, before_length = start, length
        start = stops[i]
    return numbers
