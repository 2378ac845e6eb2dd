/* Version and messages.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

const char *csamatch_version(void)
{
    return CSAMATCH_VERSION;
}

const char *csamatch_status_text(int status)
{
    switch (status) {
    case CSAMATCH_OK: return "no error";
    case CSAMATCH_ERROR_ARGUMENT: return "an argument is NULL or out of range";
    case CSAMATCH_ERROR_MEMORY: return "out of memory";
    case CSAMATCH_ERROR_SPACE: return "the output buffer is too small";
    case CSAMATCH_ERROR_KERNEL: return "no such kernel on this machine";
    case CSAMATCH_ERROR_LENGTH: return "not the length of a known digest";
    case CSAMATCH_ERROR_ALPHABET: return "a character is not a hex digit";
    case CSAMATCH_ERROR_TRUNCATED: return "the file is shorter than its header says";
    case CSAMATCH_ERROR_TRAILING: return "the file is longer than its header says";
    case CSAMATCH_ERROR_MAGIC: return "not a csamatch list file";
    case CSAMATCH_ERROR_VERSION: return "made by a newer format version";
    case CSAMATCH_ERROR_FEATURE: return "needs a feature this version lacks";
    case CSAMATCH_ERROR_CHECKSUM: return "the header is damaged";
    case CSAMATCH_ERROR_LAYOUT: return "the section table is inconsistent";
    case CSAMATCH_ERROR_ORDER: return "the keys are out of order";
    case CSAMATCH_ERROR_DIRECTORY: return "the directory does not fit the keys";
    case CSAMATCH_ERROR_NO_HOST: return "there is no host in it";
    case CSAMATCH_ERROR_HOST: return "the host is not valid";
    case CSAMATCH_ERROR_NESTING: return "URLs are nested too deep";
    case CSAMATCH_ERROR_JSON_SYNTAX: return "a character that cannot stand there";
    case CSAMATCH_ERROR_JSON_END: return "it ends too early";
    case CSAMATCH_ERROR_JSON_TRAILING: return "something follows its end";
    case CSAMATCH_ERROR_JSON_DEPTH: return "nested deeper than 1,024 levels";
    case CSAMATCH_ERROR_JSON_NUMBER: return "a number without the digits it needs";
    case CSAMATCH_ERROR_JSON_CONTROL: return "a control character in a string";
    case CSAMATCH_ERROR_JSON_ESCAPE: return "no such escape";
    case CSAMATCH_ERROR_JSON_SURROGATE: return "half of a surrogate pair";
    case CSAMATCH_ERROR_JSON_UTF8: return "not UTF-8";
    case CSAMATCH_ERROR_VICS_LAYOUT: return "Media and Cases are not where the data model announces them";
    default: return "unknown status";
    }
}
