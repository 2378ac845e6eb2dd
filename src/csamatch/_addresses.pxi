# URLs and hosts in bytes and str. Part of _core.pyx.

cdef inline int _text(PyObject *item, list keep, csamatch_text *out) except -1:
    """Points out at the bytes of a str or bytes. A str with lone surrogates is
    read as a browser reads it, with U+FFFD in their place; `keep` holds that."""
    cdef Py_ssize_t size = 0
    cdef char *raw = NULL
    if _is_str(item):
        if not _utf8(item, &out.data, &size):
            units = (<str>item).encode("utf-16-le", "surrogatepass")
            replaced = units.decode("utf-16-le", "replace").encode()
            keep.append(replaced)
            bytes_parts(<PyObject *>replaced, &raw, &size)
            out.data = raw
    elif _is_bytes(item):
        bytes_parts(item, &raw, &size)
        out.data = raw
    else:
        raise TypeError(f"expected str or bytes, not {type(<object>item).__name__}")
    out.length = <size_t>size
    return 0


cdef uint8_t *_room(size_t capacity, uint8_t *small, size_t size) except NULL:
    """`small`, or memory of its own where its `size` bytes are too few."""
    if capacity <= size:
        return small
    cdef uint8_t *room = <uint8_t *>PyMem_Malloc(capacity)
    if room == NULL:
        raise MemoryError()
    return room


cdef tuple _normalize(object item, bint host_only, uint32_t readings, bint must=True):
    cdef csamatch_text text
    cdef csamatch_address address
    cdef csamatch_status status
    cdef uint8_t small[4096]
    cdef list keep = []
    _text(<PyObject *>item, keep, &text)
    cdef size_t capacity = csamatch_address_capacity(text.length)
    cdef uint8_t *room = _room(capacity, small, sizeof(small))
    try:
        if host_only:
            status = csamatch_host_normalize(text.data, text.length, room, capacity, &address)
        else:
            status = csamatch_url_normalize(
                text.data, text.length, readings, room, capacity, &address)
        if status >= CSAMATCH_ERROR_NO_HOST and not must:
            return None, 0, 0, -1, address.flags
        if status != CSAMATCH_OK:
            raise _failure(status)
        canonical = PyUnicode_DecodeASCII(<char *>room, <Py_ssize_t>address.length, NULL)
        return canonical, address.host_length, address.path_length, address.port, address.flags
    finally:
        if room != small:
            PyMem_Free(room)


def url_normalize(url, uint32_t readings=0):
    """(canonical, host length, path length, port, flags) of a URL."""
    return _normalize(url, False, readings)


def url_attempt(url, uint32_t readings):
    """The same; canonical is None where there is no such form, flags what was met."""
    return _normalize(url, False, readings, False)


def host_normalize(host):
    """The same of a host alone."""
    return _normalize(host, True, 0)


cdef object _no_text(str what, Py_ssize_t index, object item):
    return TypeError(f"{what} {index}: expected str or bytes, not {type(item).__name__}")


cdef class _Texts:
    """Where the bytes of a tuple's items are, for use without the GIL. The
    tuple and `keep` hold them in place."""
    cdef tuple items
    cdef list keep
    cdef csamatch_text *spans

    def __cinit__(self, tuple items not None):
        cdef Py_ssize_t n = len(items)
        self.items = items
        self.keep = []
        self.spans = <csamatch_text *>PyMem_Malloc(
            <size_t>(n if n else 1) * sizeof(csamatch_text))
        if self.spans == NULL:
            raise MemoryError()
        csm_visit(items, _find_texts, <void *>self)

    def __dealloc__(self):
        PyMem_Free(self.spans)


cdef int _find_texts(csm_items items, Py_ssize_t n, void *context) except -1:
    """Fills in the spans of a _Texts."""
    cdef _Texts texts = <_Texts>context
    cdef csamatch_text *span = texts.spans
    cdef Py_ssize_t i
    for i in range(n):
        if not _is_str(items[i]) and not _is_bytes(items[i]):
            raise _no_text("address", i, <object>items[i])
        _text(items[i], texts.keep, span)
        span += 1
    return 0


cdef bint _normalize_span(csamatch_text text, uint32_t readings, uint8_t *out,
                          csamatch_address *address) noexcept nogil:
    return csamatch_url_normalize(text.data, text.length, readings, out,
                                  csamatch_address_capacity(text.length), address) == CSAMATCH_OK


def urls_normalize(tuple urls not None, uint32_t readings=0):
    """Canonical forms of a batch, None where there is none."""
    cdef _Texts texts = _Texts(urls)
    cdef Py_ssize_t i, j, start, stop, n = len(urls)
    cdef csamatch_address addresses[64]
    cdef size_t offsets[65]
    cdef bint good[64]
    cdef uint8_t *room
    cdef list none = [None]
    cdef list result = none * n # in one call; of [None] * n the stable ABI makes many
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
                    good[j] = _normalize_span(
                        texts.spans[i], readings, room + offsets[j], &addresses[j])
            for j in range(stop - start):
                if good[j]:
                    put_item(result, start + j, ascii_str(
                        <char *>room + offsets[j], <Py_ssize_t>addresses[j].length, NULL))
        finally:
            PyMem_Free(room)
    return result


def address_key(str canonical not None, size_t host_length, hash_key=None):
    """The key of a canonical address, under a secret of 16 bytes or the public one."""
    cdef _Buffer secret = None if hash_key is None else _Buffer(hash_key)
    cdef const uint8_t *with_key = NULL
    if secret is not None:
        with_key = secret.need(0, 1, CSAMATCH_HASH_WIDTH)
    cdef Py_ssize_t size = 0
    cdef const char *data = PyUnicode_AsUTF8AndSize(canonical, &size)
    cdef uint8_t key[16]
    cdef csamatch_status status = csamatch_address_hash(
        with_key, <const uint8_t *>data, host_length, <size_t>size, key)
    if status != CSAMATCH_OK:
        raise _failure(status)
    return (<const char *>key)[:CSAMATCH_ADDRESS_KEY_WIDTH]


cdef const csamatch_keyset *_handle(KeySet keys):
    return NULL if keys is None else keys.handle


cdef class AddressSets:
    """The key sets of a list of addresses, one for each rule, and what is known
    of them."""
    cdef csamatch_address_sets sets
    cdef tuple keep
    cdef _Buffer secret

    def _set_keys(self, KeySet domain, KeySet host, KeySet url, KeySet prefix,
                  KeySet page_hosts=None, size_t domain_labels=0, hash_key=None):
        """To be called once, before anything else. `hash_key` is the secret of 16 bytes
        that the keys were made with, or None for the public one."""
        if hash_key is not None:
            self.secret = _Buffer(hash_key)
            self.sets.hash_key = self.secret.need(0, 1, CSAMATCH_HASH_WIDTH)
        self.keep = (domain, host, url, prefix, page_hosts)
        self.sets.domain = _handle(domain)
        self.sets.host = _handle(host)
        self.sets.url = _handle(url)
        self.sets.prefix = _handle(prefix)
        self.sets.page_hosts = _handle(page_hosts)
        self.sets.domain_labels = domain_labels

    def __contains__(self, item):
        """As `find` decides; UrlError when the item has no canonical form."""
        cdef csamatch_text text
        cdef csamatch_status status
        cdef int64_t position
        cdef uint8_t rule
        cdef list keep = []
        _text(<PyObject *>item, keep, &text)
        if text.length <= 4096: # quicker done than the GIL given away and taken back
            status = csamatch_url_match(&self.sets, &text, 1, 0, &position, &rule)
        else:
            with nogil:
                status = csamatch_url_match(&self.sets, &text, 1, 0, &position, &rule)
        if status != CSAMATCH_OK:
            raise _failure(status)
        if rule == CSAMATCH_RULE_INVALID:
            _normalize(item, False, 0)  # raises, with the reason
        return position >= 0

    def _match_urls(self, tuple urls not None, uint32_t readings, positions, rules):
        """Fills positions (int64) and rules (uint8), one of each per URL."""
        cdef size_t n = <size_t>len(urls)
        cdef _Texts texts = _Texts(urls)
        cdef _Buffer position_buffer = _Buffer(positions, True)
        cdef _Buffer rule_buffer = _Buffer(rules, True)
        cdef int64_t *out = <int64_t *>position_buffer.need(0, n, sizeof(int64_t))
        cdef uint8_t *kinds = rule_buffer.need(0, n, 1)
        cdef csamatch_status status
        with nogil:
            status = csamatch_url_match(&self.sets, texts.spans, n, readings, out, kinds)
        if status != CSAMATCH_OK:
            raise _failure(status)

    def _find_url(self, item, uint32_t readings):
        """(position, rule, form that is listed) of one URL; position -1 when none is."""
        cdef csamatch_text text
        cdef csamatch_form form
        cdef csamatch_status status
        cdef uint8_t small[4096]
        cdef list keep = []
        _text(<PyObject *>item, keep, &text)
        cdef size_t capacity = csamatch_address_capacity(text.length)
        cdef uint8_t *room = _room(capacity, small, sizeof(small))
        try:
            with nogil:
                status = csamatch_url_find(&self.sets, &text, readings, room, capacity, &form)
            if status != CSAMATCH_OK:
                raise _failure(status)
            listed = PyUnicode_DecodeASCII(
                <char *>room + form.start, <Py_ssize_t>(form.end - form.start), NULL)
            return form.position, form.rule, listed
        finally:
            if room != small:
                PyMem_Free(room)
