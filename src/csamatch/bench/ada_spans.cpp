// What the benchmarks ask of ada, the URL parser: to go through many URLs without Python for each.
// Compiled where it is run, with ada's own sources.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "ada.cpp"

struct span {
    const char *data;
    std::size_t length;
};

static ada::result<ada::url_aggregator> parse(const span &url)
{
    return ada::parse<ada::url_aggregator>(std::string_view(url.data, url.length));
}

// How many of the URLs ada takes; *size becomes the bytes of their normalised forms together, so
// that no compiler can leave the parsing out.
extern "C" std::size_t spans_parse(const span *urls, std::size_t count, std::size_t *size)
{
    std::size_t good = 0, total = 0;
    for (std::size_t i = 0; i < count; i++) {
        auto url = parse(urls[i]);
        if (url) {
            good++;
            total += url->get_href().size();
        }
    }
    *size = total;
    return good;
}

// Writes the hosts to `out`, a line each; a space, which no host contains, stands for a URL that
// ada refuses. Returns the bytes of them all, of which no more than `room` are written.
extern "C" std::size_t spans_hosts(const span *urls, std::size_t count, char *out, std::size_t room)
{
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; i++) {
        auto url = parse(urls[i]);
        std::string_view host = url ? url->get_hostname() : std::string_view(" ");
        if (size + host.size() < room) {
            std::memcpy(out + size, host.data(), host.size());
            out[size + host.size()] = '\n';
        }
        size += host.size() + 1;
    }
    return size;
}

extern "C" const char *spans_version()
{
    return ADA_VERSION;
}
