/* The header and section table of a list file (docs/list-format.md).
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

enum {
    FIXED_LENGTH = 80, /* of the header, before the section table */
    ROW_LENGTH = 40,   /* of one line of the section table */
    MAX_SECTIONS = 256,
    ALIGNMENT = 64,
    MAJOR_VERSION = 1
};

static const uint8_t magic[8] = {0x89, 'C', 'S', 'M', 'L', 0x0D, 0x0A, 0x1A};

/* CRC-32 as in zlib and PNG, bit by bit: headers are small. */
static uint32_t crc32(const uint8_t *data, size_t length)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0 - (crc & 1)));
    }
    return ~crc;
}

static csamatch_section read_row(const uint8_t *data, size_t index)
{
    const uint8_t *row = data + FIXED_LENGTH + index * ROW_LENGTH;
    return (csamatch_section){
        .kind = csm_load_le32(row),
        .subject = csm_load_le32(row + 4),
        .width = csm_load_le64(row + 8),
        .count = csm_load_le64(row + 16),
        .offset = csm_load_le64(row + 24),
        .length = csm_load_le64(row + 32),
    };
}

/* Sections lie in the order of the table, apart, inside the file. */
static bool in_bounds(const csamatch_section *section, uint64_t after, uint64_t file_length)
{
    return section->offset % ALIGNMENT == 0 && section->offset >= after &&
           section->offset <= file_length && section->length <= file_length - section->offset &&
           section->width > 0 && section->count == section->length / section->width &&
           section->length % section->width == 0;
}

static const csamatch_section *find(const csamatch_section *sections, size_t count, uint32_t kind,
                                    uint32_t subject)
{
    for (size_t i = 0; i < count; i++) {
        if (sections[i].kind == kind && sections[i].subject == subject)
            return &sections[i];
    }
    return NULL;
}

/* The width that keys of a subject have, or 0 for a subject unknown here. */
static uint64_t key_width(const csamatch_listfile *file, uint32_t subject)
{
    if ((file->features & CSAMATCH_FEATURE_KEYED) != 0 && subject >= 1 && subject <= 3)
        return file->kind == CSAMATCH_LIST_HASHES ? CSAMATCH_HASH_WIDTH : 0;
    if (file->kind == CSAMATCH_LIST_ADDRESSES)
        return subject >= CSAMATCH_RULE_DOMAIN && subject <= CSAMATCH_RULE_PREFIX
                   ? CSAMATCH_ADDRESS_KEY_WIDTH
                   : 0;
    return subject == 1 ? 16 : subject == 2 ? 20 : subject == 3 ? 32 : 0;
}

/* What each known kind of section demands of itself and of its partner. */
static bool makes_sense(const csamatch_section *section, const csamatch_section *all, size_t count,
                        const csamatch_listfile *file)
{
    const csamatch_section *keys = find(all, count, CSAMATCH_SECTION_KEYS, section->subject);
    switch (section->kind) {
    case CSAMATCH_SECTION_KEYS:
        return section->width == key_width(file, section->subject);
    case CSAMATCH_SECTION_KEY_ENTRIES:
        return section->width == 4 && keys != NULL && keys->count == section->count;
    case CSAMATCH_SECTION_MORE_ENTRIES:
        return section->width == 8 && keys != NULL;
    case CSAMATCH_SECTION_DIRECTORY:
        return section->width == 64 && keys != NULL && keys->count <= UINT32_MAX &&
               section->count >= 2 && section->count <= UINT32_MAX;
    case CSAMATCH_SECTION_KEY_HINTS:
        return section->width == (section->subject == CSAMATCH_RULE_DOMAIN ? 1u
                                                                           : CSAMATCH_ADDRESS_KEY_WIDTH) &&
               file->kind == CSAMATCH_LIST_ADDRESSES && keys != NULL &&
               keys->count == section->count;
    case CSAMATCH_SECTION_ID_ENDS:
        return section->width == 8 && section->subject == 0 &&
               find(all, count, CSAMATCH_SECTION_ID_TEXT, 0) != NULL;
    case CSAMATCH_SECTION_CATEGORY_CODES:
        return (section->width == 1 || section->width == 2 || section->width == 4) &&
               section->subject == 0 && find(all, count, CSAMATCH_SECTION_CATEGORY_NAMES, 0);
    case CSAMATCH_SECTION_SOURCE_CODES:
        return (section->width == 1 || section->width == 2 || section->width == 4) &&
               section->subject == 0 && find(all, count, CSAMATCH_SECTION_SOURCE_NAMES, 0);
    case CSAMATCH_SECTION_KEY_CHECK:
        return section->width == 32 && section->count == 1 && section->subject == 0;
    case CSAMATCH_SECTION_CANARIES:
        return section->width == 8 && keys != NULL && section->count <= keys->count &&
               find(all, count, CSAMATCH_SECTION_CANARY_SEED, 0) != NULL;
    case CSAMATCH_SECTION_CANARY_SEED:
        return section->width == 1 && section->count == 16 && section->subject == 0;
    case CSAMATCH_SECTION_INFO:
    case CSAMATCH_SECTION_SOURCE_NAMES:
    case CSAMATCH_SECTION_ID_TEXT:
    case CSAMATCH_SECTION_CATEGORY_NAMES: return section->width == 1 && section->subject == 0;
    default: return true; /* of a later minor version: skipped */
    }
}

static csamatch_status check_sections(const uint8_t *data, const csamatch_listfile *file)
{
    csamatch_section sections[MAX_SECTIONS];
    uint64_t after = file->header_length;
    size_t count = file->section_count;
    for (size_t i = 0; i < count; i++) {
        sections[i] = read_row(data, i);
        if (!in_bounds(&sections[i], after, file->length))
            return CSAMATCH_ERROR_LAYOUT;
        if (find(sections, i, sections[i].kind, sections[i].subject) != NULL)
            return CSAMATCH_ERROR_LAYOUT;
        after = sections[i].offset + sections[i].length;
    }
    if (after != file->length || find(sections, count, CSAMATCH_SECTION_INFO, 0) == NULL)
        return CSAMATCH_ERROR_LAYOUT;
    bool keyed = (file->features & CSAMATCH_FEATURE_KEYED) != 0;
    if (keyed != (find(sections, count, CSAMATCH_SECTION_KEY_CHECK, 0) != NULL))
        return CSAMATCH_ERROR_LAYOUT;
    for (size_t i = 0; i < count; i++) {
        if (!makes_sense(&sections[i], sections, count, file))
            return CSAMATCH_ERROR_LAYOUT;
    }
    return CSAMATCH_OK;
}

csamatch_status csamatch_listfile_parse(const uint8_t *data, size_t length,
                                        csamatch_listfile *file)
{
    if ((data == NULL && length > 0) || file == NULL)
        return CSAMATCH_ERROR_ARGUMENT;
    size_t known = length < sizeof magic ? length : sizeof magic;
    if (length == 0 || memcmp(data, magic, known) != 0)
        return CSAMATCH_ERROR_MAGIC;
    if (length < FIXED_LENGTH)
        return CSAMATCH_ERROR_TRUNCATED;
    if ((csm_load_le32(data + 8) & 0xFFFF) != MAJOR_VERSION)
        return CSAMATCH_ERROR_VERSION;
    *file = (csamatch_listfile){
        .kind = csm_load_le32(data + 16),
        .section_count = csm_load_le32(data + 20),
        .header_length = csm_load_le64(data + 24),
        .length = csm_load_le64(data + 32),
        .features = csm_load_le32(data + 12),
    };
    memcpy(file->content_digest, data + 48, sizeof file->content_digest);
    if (file->section_count > MAX_SECTIONS || file->header_length % ALIGNMENT != 0 ||
        file->header_length < FIXED_LENGTH + (uint64_t)file->section_count * ROW_LENGTH + 4 ||
        file->header_length > file->length)
        return CSAMATCH_ERROR_LAYOUT;
    if (file->length > length)
        return CSAMATCH_ERROR_TRUNCATED;
    if (file->length < length)
        return CSAMATCH_ERROR_TRAILING;
    size_t sum_at = (size_t)file->header_length - 4;
    if (crc32(data, sum_at) != csm_load_le32(data + sum_at))
        return CSAMATCH_ERROR_CHECKSUM;
    if ((file->features & ~(uint32_t)CSAMATCH_FEATURE_KEYED) != 0 || csm_load_le64(data + 40) != 0)
        return CSAMATCH_ERROR_FEATURE;
    if (file->kind != CSAMATCH_LIST_HASHES && file->kind != CSAMATCH_LIST_ADDRESSES)
        return CSAMATCH_ERROR_FEATURE;
    return check_sections(data, file);
}

csamatch_status csamatch_listfile_section(const uint8_t *data, size_t length, size_t index,
                                          csamatch_section *section)
{
    if (data == NULL || section == NULL || length < FIXED_LENGTH ||
        index >= csm_load_le32(data + 20) ||
        length < FIXED_LENGTH + (index + 1) * (uint64_t)ROW_LENGTH)
        return CSAMATCH_ERROR_ARGUMENT;
    *section = read_row(data, index);
    return CSAMATCH_OK;
}
