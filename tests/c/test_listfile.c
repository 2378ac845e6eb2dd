#include "check.h"
#include "internal.h"

enum { HEADER = 256, LENGTH = 384 };

static uint32_t crc32(const uint8_t *data, size_t length)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return ~crc;
}

static void put(uint8_t *at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static void seal(uint8_t *file)
{
    put(file + HEADER - 4, crc32(file, HEADER - 4), 4);
}

static void put_section(uint8_t *file, int index, const uint64_t values[6])
{
    uint8_t *row = file + 80 + 40 * index;
    put(row, values[0], 4);
    put(row + 4, values[1], 4);
    for (int i = 2; i < 6; i++)
        put(row + 8 * (i - 1), values[i], 8);
}

/* A list of four MD5 keys: info at 256 (2 bytes), keys at 320 (64 bytes). */
static void make(uint8_t *file)
{
    memset(file, 0, LENGTH);
    memcpy(file, "\x89"
                 "CSML\r\n\x1a",
           8);
    put(file + 8, 1, 2);
    put(file + 16, CSAMATCH_LIST_HASHES, 4);
    put(file + 20, 2, 4);
    put(file + 24, HEADER, 8);
    put(file + 32, LENGTH, 8);
    put_section(file, 0, (const uint64_t[]){CSAMATCH_SECTION_INFO, 0, 1, 2, 256, 2});
    put_section(file, 1, (const uint64_t[]){CSAMATCH_SECTION_KEYS, 1, 16, 4, 320, 64});
    memcpy(file + 256, "{}", 2);
    for (int i = 0; i < 4; i++)
        file[320 + 16 * i] = (uint8_t)i;
    seal(file);
}

static csamatch_status parse(const uint8_t *file, size_t length)
{
    uint8_t *exact = exact_copy(file, length);
    csamatch_listfile parsed;
    csamatch_status status = csamatch_listfile_parse(exact, length, &parsed);
    if (status == CSAMATCH_OK) {
        for (size_t i = 0; i < parsed.section_count; i++) {
            csamatch_section s;
            CHECK(csamatch_listfile_section(exact, length, i, &s) == CSAMATCH_OK);
            CHECK(s.offset <= length && s.length <= length - s.offset);
            CHECK(s.width * s.count == s.length && s.offset % 64 == 0);
        }
    }
    free(exact);
    return status;
}

static void good_file(void)
{
    uint8_t file[LENGTH];
    csamatch_listfile parsed;
    csamatch_section s;
    make(file);
    CHECK(csamatch_listfile_parse(file, LENGTH, &parsed) == CSAMATCH_OK);
    CHECK(parsed.kind == CSAMATCH_LIST_HASHES && parsed.section_count == 2);
    CHECK(parsed.header_length == HEADER && parsed.length == LENGTH);
    CHECK(csamatch_listfile_section(file, LENGTH, 1, &s) == CSAMATCH_OK);
    CHECK(s.kind == CSAMATCH_SECTION_KEYS && s.subject == 1 && s.width == 16 && s.count == 4);
    CHECK(csamatch_listfile_section(file, LENGTH, 2, &s) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_listfile_parse(NULL, 1, &parsed) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_listfile_parse(file, LENGTH, NULL) == CSAMATCH_ERROR_ARGUMENT);
    file[10] = 9; /* a later minor version */
    seal(file);
    CHECK(parse(file, LENGTH) == CSAMATCH_OK);
}

static void every_truncation(void)
{
    uint8_t file[LENGTH + 1] = {0};
    make(file);
    for (size_t length = 0; length < LENGTH; length++)
        CHECK(parse(file, length) == (length == 0 ? CSAMATCH_ERROR_MAGIC
                                      : CSAMATCH_ERROR_TRUNCATED));
    CHECK(parse(file, LENGTH + 1) == CSAMATCH_ERROR_TRAILING);
}

static void every_bit_of_the_header(void)
{
    uint8_t file[LENGTH];
    for (size_t i = 0; i < HEADER; i++) {
        for (int bit = 0; bit < 8; bit++) {
            make(file);
            file[i] ^= (uint8_t)(1 << bit);
            /* The minor version is the one field without a meaning, but it
             * is under the checksum too. */
            CHECK(parse(file, LENGTH) != CSAMATCH_OK);
        }
    }
}

/* A liar: fields changed and the checksum made to fit. */
static void lie(size_t offset, uint64_t value, int size, csamatch_status expected)
{
    uint8_t file[LENGTH];
    make(file);
    put(file + offset, value, size);
    seal(file);
    csamatch_status status = parse(file, LENGTH);
    if (status != expected) {
        fprintf(stderr, "offset %zu: %s\n", offset, csamatch_status_text((int)status));
        failures++;
    }
}

static void lies(void)
{
    const size_t info = 80, keys = 120;
    lie(8, 2, 2, CSAMATCH_ERROR_VERSION);
    lie(12, 2, 4, CSAMATCH_ERROR_FEATURE);
    lie(12, 1, 4, CSAMATCH_ERROR_LAYOUT); /* keyed, without a check value */
    lie(40, 1, 8, CSAMATCH_ERROR_FEATURE);
    lie(16, 3, 4, CSAMATCH_ERROR_FEATURE);
    lie(20, 1, 4, CSAMATCH_ERROR_LAYOUT);
    lie(20, 3, 4, CSAMATCH_ERROR_LAYOUT);
    lie(20, UINT32_MAX, 4, CSAMATCH_ERROR_LAYOUT);
    lie(24, 0, 8, CSAMATCH_ERROR_LAYOUT);
    lie(24, UINT64_MAX - 63, 8, CSAMATCH_ERROR_LAYOUT);
    lie(32, UINT64_MAX, 8, CSAMATCH_ERROR_TRUNCATED);
    lie(keys, CSAMATCH_SECTION_INFO, 4, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 4, 2, 4, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 4, 16, 4, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 8, 0, 8, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 8, 32, 8, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 16, 5, 8, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 16, UINT64_C(1) << 60, 8, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 24, 0, 8, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 24, 321, 8, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 24, UINT64_MAX - 63, 8, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 32, UINT64_MAX, 8, CSAMATCH_ERROR_LAYOUT);
    lie(keys + 32, 48, 8, CSAMATCH_ERROR_LAYOUT);
    lie(info, 99, 4, CSAMATCH_ERROR_LAYOUT);
    lie(info + 4, 1, 4, CSAMATCH_ERROR_LAYOUT);
}

/* A section of a kind unknown here is passed over; a known one without its
 * partner is refused. */
static void other_sections(void)
{
    uint8_t file[LENGTH];
    make(file);
    put_section(file, 1, (const uint64_t[]){999, 5, 3, 0, 320, 0});
    put(file + 20, 2, 4);
    put_section(file, 1, (const uint64_t[]){999, 5, 64, 1, 320, 64});
    seal(file);
    CHECK(parse(file, LENGTH) == CSAMATCH_OK);
    static const uint32_t partnerless[] = {
        CSAMATCH_SECTION_KEY_ENTRIES, CSAMATCH_SECTION_MORE_ENTRIES, CSAMATCH_SECTION_ID_ENDS,
        CSAMATCH_SECTION_CATEGORY_CODES, CSAMATCH_SECTION_DIRECTORY};
    static const uint64_t widths[] = {4, 8, 8, 1, 64};
    for (int i = 0; i < 5; i++) {
        put_section(file, 1,
                    (const uint64_t[]){partnerless[i], i < 2 || i > 3, widths[i], 64 / widths[i], 320, 64});
        seal(file);
        CHECK(parse(file, LENGTH) == CSAMATCH_ERROR_LAYOUT);
    }
}

int main(void)
{
    good_file();
    every_truncation();
    every_bit_of_the_header();
    lies();
    other_sections();
    return failures != 0;
}
