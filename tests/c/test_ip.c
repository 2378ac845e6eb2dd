#include "check.h"
#include "internal.h"

static void ipv4(const char *text, int kind, uint32_t expected)
{
    uint32_t address = 0;
    uint8_t *exact = exact_copy(text, strlen(text));
    int found = csm_ipv4_parse(exact, strlen(text), &address);
    free(exact);
    if (found != kind || (kind == 1 && address != expected)) {
        fprintf(stderr, "%s: %d, %08x\n", text, found, address);
        failures++;
    }
}

/* `expected` is the canonical text, or NULL when it is no address. */
static void ipv6(const char *text, const char *expected)
{
    uint16_t pieces[8];
    uint8_t out[41];
    uint8_t *exact = exact_copy(text, strlen(text));
    bool found = csm_ipv6_parse(exact, strlen(text), pieces);
    free(exact);
    size_t size = found ? csm_ipv6_write(pieces, out) : 0;
    bool good = expected == NULL
                    ? !found
                    : found && size == strlen(expected) && memcmp(out, expected, size) == 0;
    if (!good) {
        fprintf(stderr, "%s: %d %.*s\n", text, found, (int)size, (const char *)out);
        failures++;
    }
}

static void ipv4_forms(void)
{
    ipv4("203.0.113.7", 1, 0xCB007107);
    ipv4("0xCB.0.0x71.7", 1, 0xCB007107);
    ipv4("0313.0.0161.7", 1, 0xCB007107);
    ipv4("3405803783", 1, 0xCB007107);
    ipv4("0xcb007107", 1, 0xCB007107);
    ipv4("203.28935", 1, 0xCB007107);
    ipv4("203.0.28935", 1, 0xCB007107);
    ipv4("0", 1, 0);
    ipv4("0x", 1, 0);
    ipv4("4294967295", 1, 0xFFFFFFFF);
    ipv4("4294967296", -2, 0);
    ipv4("99999999999999999999999999", -2, 0);
    ipv4("256.1.1.1", -2, 0);
    ipv4("1.2.3.256", -2, 0);
    ipv4("1.2.65536", -2, 0);
    ipv4("1.2.3.08", -1, 0);
    ipv4("1.2.3.4.5", -1, 0);
    ipv4("a.1", -1, 0);
    ipv4("1.2.3.0x100", -2, 0);
    ipv4("bad.example", 0, 0);
    ipv4("1.2.3.4a", 0, 0);
    ipv4("1.2.3.0xg", 0, 0);
    ipv4("", 0, 0);
}

static void ipv6_forms(void)
{
    ipv6("2001:db8:0:0:0:0:0:7", "[2001:db8::7]");
    ipv6("2001:DB8::7", "[2001:db8::7]");
    ipv6("2001:0db8:0000::0007", "[2001:db8::7]");
    ipv6("::", "[::]");
    ipv6("::1", "[::1]");
    ipv6("1::", "[1::]");
    ipv6("1:0:0:2:0:0:0:3", "[1:0:0:2::3]");
    ipv6("1:0:0:2:3:0:0:4", "[1::2:3:0:0:4]");
    ipv6("1:0:2:3:4:5:6:7", "[1:0:2:3:4:5:6:7]");
    ipv6("1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]");
    ipv6("::2:3:4:5:6:7:8", "[0:2:3:4:5:6:7:8]");
    ipv6("0:0:0:0:1:0:0:0", "[::1:0:0:0]");
    ipv6("::ffff:1.2.3.4", "[::ffff:102:304]");
    ipv6("1:2:3:4:5:6:1.2.3.4", "[1:2:3:4:5:6:102:304]");
    ipv6("", NULL);
    ipv6(":", NULL);
    ipv6(":::", NULL);
    ipv6("1:2:3:4:5:6:7", NULL);
    ipv6("1:2:3:4:5:6:7:8:9", NULL);
    ipv6("1:2:3:4:5:6:7:8:", NULL);
    ipv6("1::2::3", NULL);
    ipv6("1:2:3:4:5:6:7:8::", NULL);
    ipv6("12345::", NULL);
    ipv6("g::", NULL);
    ipv6("1:", NULL);
    ipv6(":1", NULL);
    ipv6("::1.2.3", NULL);
    ipv6("::1.2.3.4.5", NULL);
    ipv6("::01.2.3.4", NULL);
    ipv6("::1.2.3.256", NULL);
    ipv6("::1.2.3.4:5", NULL);
    ipv6("1:2:3:4:5:6:7:1.2.3.4", NULL);
}

int main(void)
{
    ipv4_forms();
    ipv6_forms();
    return failures != 0;
}
