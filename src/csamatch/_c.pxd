# csamatch.h, once, as Cython reads it.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "csamatch.h" nogil:
    ctypedef int csamatch_status

    enum:
        CSAMATCH_OK
        CSAMATCH_ERROR_ARGUMENT
        CSAMATCH_ERROR_MEMORY
        CSAMATCH_ERROR_SPACE
        CSAMATCH_ERROR_KERNEL
        CSAMATCH_ERROR_LENGTH
        CSAMATCH_ERROR_ALPHABET
        CSAMATCH_ERROR_TRUNCATED
        CSAMATCH_ERROR_ORDER
        CSAMATCH_ERROR_NO_HOST
        CSAMATCH_ADDRESS_IP
        CSAMATCH_ADDRESS_KEY_WIDTH
        CSAMATCH_VICS_TEXT
        CSAMATCH_VICS_CATEGORIES

    const char *csamatch_version()
    const char *csamatch_status_text(int status)
    size_t csamatch_kernel_count()
    const char *csamatch_kernel_name(size_t index)

    csamatch_status csamatch_hex_decode(const char *text, size_t digits, uint8_t *out,
                                        size_t *bad)
    csamatch_status csamatch_hex_lines(const char *text, size_t length, size_t width,
                                       uint8_t *keys, size_t room, size_t *count, size_t *used)

    enum:
        CSAMATCH_CSV_PICKED
    ctypedef struct csamatch_csv_column:
        size_t index
        size_t width
        uint8_t *bytes
        uint32_t *numbers
        size_t count
    ctypedef struct csamatch_csv_issue:
        uint32_t row
        uint32_t line
        uint32_t what
        uint32_t column
        uint32_t start
        uint32_t end
    ctypedef struct csamatch_csv:
        csamatch_csv_column *columns
        size_t column_count
        uint32_t *lines
        size_t room
        csamatch_csv_issue *issues
        size_t issue_room
        size_t least
        size_t most
        size_t addresses
        uint8_t delimiter
        uint8_t quote
        uint8_t comment
        uint8_t last
        uint8_t open_quote
        uint8_t unended
        size_t row_count
        size_t issue_count
        size_t line_count
        size_t used
    csamatch_status csamatch_csv_scan(csamatch_csv *scan, const char *text, size_t length)

    csamatch_status csamatch_rows_sort(uint8_t *rows, size_t count, size_t width)
    csamatch_status csamatch_rows_unique(uint8_t *rows, size_t count, size_t width,
                                         size_t *unique)
    csamatch_status csamatch_rows_check(const uint8_t *rows, size_t count, size_t width,
                                        size_t *bad)
    csamatch_status csamatch_rows_locate(const uint8_t *rows, size_t count, size_t width,
                                         const uint8_t *queries, size_t query_count,
                                         int64_t *places)
    csamatch_status csamatch_rows_splice(const uint8_t *rows, size_t count, size_t width,
                                         const uint64_t *removed, size_t removed_count,
                                         const uint8_t *added, const uint64_t *places,
                                         size_t added_count, uint8_t *out)
    csamatch_status csamatch_rows_seek(const uint8_t *rows, size_t count, size_t width,
                                       const uint8_t *data, size_t length, size_t *found)

    enum:
        CSAMATCH_HASH_WIDTH
    csamatch_status csamatch_rows_hash(const uint8_t *key, const uint8_t *rows, size_t count,
                                       size_t width, uint8_t *out)

    ctypedef struct csamatch_keyset:
        pass
    ctypedef struct csamatch_keyset_options:
        size_t size
        const char *kernel
        const uint8_t *directory
        size_t directory_lines
        const uint8_t *hash_key
        size_t query_width
    ctypedef struct csamatch_hit:
        uint64_t query
        uint64_t position
    size_t csamatch_directory_lines(size_t count)
    csamatch_status csamatch_directory_build(const uint8_t *keys, size_t count, size_t width,
                                             uint8_t *directory, size_t lines)
    ctypedef struct csamatch_directory_state:
        pass
    csamatch_status csamatch_directory_add(csamatch_directory_state *state, const uint8_t *keys,
                                           size_t count, size_t width, uint8_t *directory,
                                           size_t lines)
    csamatch_status csamatch_directory_end(csamatch_directory_state *state, uint8_t *directory,
                                           size_t lines)
    csamatch_status csamatch_directory_check(const uint8_t *keys, size_t count, size_t width,
                                             const uint8_t *directory, size_t lines)
    csamatch_status csamatch_keyset_create(const uint8_t *keys, size_t count, size_t width,
                                           const csamatch_keyset_options *options,
                                           csamatch_keyset **out)
    void csamatch_keyset_free(csamatch_keyset *set)
    size_t csamatch_keyset_size(const csamatch_keyset *set)
    size_t csamatch_keyset_width(const csamatch_keyset *set)
    size_t csamatch_keyset_query_width(const csamatch_keyset *set)
    const char *csamatch_keyset_kernel(const csamatch_keyset *set)
    int64_t csamatch_keyset_find(const csamatch_keyset *set, const uint8_t *key)
    csamatch_status csamatch_keyset_match(const csamatch_keyset *set, const uint8_t *queries,
                                          size_t count, csamatch_hit *hits,
                                          size_t *hit_count)

    ctypedef struct csamatch_address:
        size_t host_length
        size_t path_length
        size_t length
        int32_t port
        uint32_t flags
    size_t csamatch_address_capacity(size_t length)
    csamatch_status csamatch_url_normalize(const char *text, size_t length, uint32_t readings,
                                           uint8_t *out, size_t capacity, csamatch_address *address)
    csamatch_status csamatch_host_normalize(const char *text, size_t length, uint8_t *out,
                                            size_t capacity, csamatch_address *address)
    csamatch_status csamatch_address_hash(const uint8_t *hash_key, const uint8_t *canonical,
                                          size_t host_length, size_t length, uint8_t *key)

    ctypedef struct csamatch_address_sets:
        const csamatch_keyset *domain
        const csamatch_keyset *host
        const csamatch_keyset *url
        const csamatch_keyset *prefix
        const csamatch_keyset *page_hosts
        size_t domain_labels
        const uint8_t *hash_key
    enum:
        CSAMATCH_RULE_INVALID
    ctypedef struct csamatch_text:
        const char *data
        size_t length
    csamatch_status csamatch_url_match(const csamatch_address_sets *sets,
                                       const csamatch_text *urls, size_t count,
                                       uint32_t readings, int64_t *positions, uint8_t *rules)

    ctypedef struct csamatch_form:
        int64_t position
        size_t start
        size_t end
        uint8_t rule
    csamatch_status csamatch_url_find(const csamatch_address_sets *sets, const csamatch_text *url,
                                      uint32_t readings, uint8_t *out, size_t capacity,
                                      csamatch_form *form)

    enum:
        CSAMATCH_LINK_HOST
        CSAMATCH_LINK_SENTENCE
    ctypedef struct csamatch_link:
        size_t start
        size_t end
        uint32_t kind
    ctypedef struct csamatch_link_cursor:
        size_t at
        size_t bare
    csamatch_status csamatch_links_find(const char *text, size_t length, uint32_t readings,
                                        csamatch_link_cursor *cursor, csamatch_link *links,
                                        size_t capacity, size_t *count)

    ctypedef struct csamatch_listfile:
        uint32_t kind
        uint32_t section_count
        uint64_t header_length
        uint64_t length
        uint8_t content_digest[32]
        uint32_t features
    ctypedef struct csamatch_section:
        uint32_t kind
        uint32_t subject
        uint64_t width
        uint64_t count
        uint64_t offset
        uint64_t length
    csamatch_status csamatch_listfile_parse(const uint8_t *data, size_t length,
                                            csamatch_listfile *file)
    csamatch_status csamatch_listfile_section(const uint8_t *data, size_t length, size_t index,
                                              csamatch_section *section)

    ctypedef struct csamatch_json:
        pass
    size_t csamatch_json_size()
    csamatch_status csamatch_json_init(csamatch_json *json)
    csamatch_status csamatch_json_feed(csamatch_json *json, const char *data, size_t length)
    csamatch_status csamatch_json_finish(csamatch_json *json)
    void csamatch_json_place(const csamatch_json *json, uint64_t *line, uint64_t *column)

    ctypedef struct csamatch_vics:
        pass
    ctypedef struct csamatch_vics_value:
        uint32_t row
        uint16_t field
        uint16_t type
        uint32_t offset
        uint32_t length
    ctypedef struct csamatch_vics_columns:
        size_t size
        size_t row_room
        size_t row_count
        uint32_t *codes
        uint64_t *id_ends
        uint8_t *id_text
        size_t id_room
        size_t id_length
        size_t digest_room
        size_t digest_count[3]
        uint32_t *digest_rows[3]
        uint8_t *digests[3]
        size_t spelling_count
        uint8_t *spelling_types
        uint32_t *spelling_ends
        uint8_t *spelling_text
        size_t value_room
        size_t value_count
        csamatch_vics_value *values
        size_t text_room
        size_t text_length
        uint8_t *text
    size_t csamatch_vics_size()
    csamatch_status csamatch_vics_init(csamatch_vics *reader, int cases)
    csamatch_status csamatch_vics_feed(csamatch_vics *reader, const char *data, size_t length,
                                       csamatch_vics_columns *columns, size_t *used)
    csamatch_status csamatch_vics_finish(csamatch_vics *reader)
    void csamatch_vics_place(const csamatch_vics *reader, uint64_t *line, uint64_t *column)
    size_t csamatch_vics_path(const csamatch_vics *reader, char *out, size_t capacity)
