// The header in C++: prints the version, and makes and searches a key set.
// SPDX-License-Identifier: Apache-2.0
#include <csamatch.h>

#include <cstring>
#include <iostream>

int main()
{
    const std::uint8_t keys[] = {1, 2, 3, 5, 8, 13, 21, 34};
    csamatch_keyset *set = nullptr;
    if (csamatch_keyset_create(keys, sizeof keys / 2, 2, nullptr, &set) != CSAMATCH_OK)
        return 1;
    const bool found = csamatch_keyset_find(set, &keys[4]) == 2;
    csamatch_keyset_free(set);
    std::cout << csamatch_version() << '\n';
    return found && std::strcmp(csamatch_version(), CSAMATCH_VERSION) == 0 ? 0 : 1;
}
