/* A list file: its header and sections, and look-ups in whatever keys and
 * directory it has. Hostile content may give wrong answers, never a wild read.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

static void store_le32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Makes the checksum of the header right, where the header says that it lies;
 * a fuzzer would hardly find it. */
static bool seal(uint8_t *data, size_t size)
{
    uint64_t end = size >= 32 ? csm_load_le64(data + 24) : 0;
    if (end < 36 || end > size)
        return false;
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < end - 4; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    store_le32(data + end - 4, ~crc);
    return true;
}

static bool find_section(const uint8_t *data, size_t size, uint32_t kind, uint32_t subject,
                         csamatch_section *section)
{
    for (size_t i = 0; csamatch_listfile_section(data, size, i, section) == CSAMATCH_OK; i++) {
        if (section->kind == kind && section->subject == subject)
            return true;
    }
    return false;
}

/* Searches on every kernel. Copies of the exact size show reads beyond keys or
 * directory that would still be inside the file. Only checked keys may be
 * told from others by what is found. */
static void search(const uint8_t *keys, const csamatch_section *rows, const uint8_t *directory,
                   size_t lines)
{
    size_t count = (size_t)rows->count, width = (size_t)rows->width, found, bad;
    bool sorted = csamatch_rows_check(keys, count, width, &bad) == CSAMATCH_OK;
    bool right = sorted && (lines == 0 || csamatch_directory_check(keys, count, width, directory,
                                                                   lines) == CSAMATCH_OK);
    csamatch_hit *hits = fuzz_room(count * sizeof *hits);
    for (size_t k = 0; k < csamatch_kernel_count(); k++) {
        csamatch_keyset_options options = {.size = sizeof options,
                                           .kernel = csamatch_kernel_name(k),
                                           .directory = directory,
                                           .directory_lines = lines};
        csamatch_keyset *set;
        if (csamatch_keyset_create(keys, count, width, &options, &set) != CSAMATCH_OK)
            continue;
        REQUIRE(csamatch_keyset_match(set, keys, count, hits, &found) == CSAMATCH_OK);
        REQUIRE(found <= count && (!right || found == count));
        for (size_t i = 0; i < found; i++)
            REQUIRE(memcmp(keys + hits[i].query * width, keys + hits[i].position * width, width) ==
                    0);
        for (size_t i = 0; i < count && i < 16; i++) {
            int64_t position = csamatch_keyset_find(set, keys + i * width);
            REQUIRE(position < (int64_t)count && (!right || position == (int64_t)i));
        }
        csamatch_keyset_free(set);
    }
    free(hits);
}

static void check_keys(const uint8_t *data, size_t size, const csamatch_section *rows)
{
    csamatch_section lines;
    uint8_t *keys = fuzz_copy(data + rows->offset, (size_t)rows->length);
    search(keys, rows, NULL, 0);
    if (find_section(data, size, CSAMATCH_SECTION_DIRECTORY, rows->subject, &lines)) {
        uint8_t *directory = fuzz_copy(data + lines.offset, (size_t)lines.length);
        search(keys, rows, directory, (size_t)lines.count - 1);
        free(directory);
    }
    free(keys);
}

static void check_file(const uint8_t *data, size_t size, const csamatch_listfile *file)
{
    uint64_t after = file->header_length;
    csamatch_section section;
    REQUIRE(file->length == size && file->header_length <= size);
    for (size_t i = 0; i < file->section_count; i++) {
        REQUIRE(csamatch_listfile_section(data, size, i, &section) == CSAMATCH_OK);
        REQUIRE(section.offset % 64 == 0 && section.offset >= after && section.offset <= size);
        REQUIRE(section.length <= size - section.offset && section.width > 0);
        REQUIRE(section.count <= section.length &&
                section.width * section.count == section.length);
        after = section.offset + section.length;
        if (section.kind == CSAMATCH_SECTION_KEYS)
            check_keys(data, size, &section);
    }
    REQUIRE(after == size);
    REQUIRE(csamatch_listfile_section(data, size, file->section_count, &section) ==
            CSAMATCH_ERROR_ARGUMENT);
}

static csamatch_status parse(const uint8_t *data, size_t size)
{
    uint8_t *exact = fuzz_copy(data, size);
    csamatch_listfile file;
    csamatch_status status = csamatch_listfile_parse(exact, size, &file);
    if (status == CSAMATCH_OK)
        check_file(exact, size, &file);
    REQUIRE(fuzz_same(exact, data, size));
    free(exact);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse(data, size);
    uint8_t *sealed = fuzz_room(size + 1);
    if (size > 0)
        memcpy(sealed, data, size);
    sealed[size] = 0;
    if (seal(sealed, size) && parse(sealed, size) == CSAMATCH_OK) {
        REQUIRE(parse(sealed, size - 1) == CSAMATCH_ERROR_TRUNCATED);
        REQUIRE(parse(sealed, size + 1) == CSAMATCH_ERROR_TRAILING);
    }
    free(sealed);
    return 0;
}
