#include "check.h"
#include "csamatch.h"

enum { ROOM = 5, TEXT = 512, TRACE = 4096 };

/* What was read, written out: "line:text,digest,text;" a row, with what is
 * wrong as "!what@line". Short digests are of 2 bytes, long ones of 3. */
static char trace[TRACE];

static size_t addresses; /* 1 + the column that holds them, or 0 */

static void say(const char *text, size_t length)
{
    size_t filled = strlen(trace);
    if (filled + length + 1 > sizeof trace)
        abort();
    memcpy(trace + filled, text, length);
    trace[filled + length] = '\0';
}

static void say_number(char before, size_t number)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%c%zu", before, number);
    say(text, (size_t)length);
}

static void say_digest(const csamatch_csv_column *column, size_t row)
{
    for (size_t i = 0; i < column->count; i++) {
        if (column->numbers[i] != row)
            continue;
        for (size_t j = 0; j < column->width; j++) {
            char text[3];
            snprintf(text, sizeof text, "%02x", column->bytes[i * column->width + j]);
            say(text, 2);
        }
    }
}

static void say_text(const csamatch_csv_column *column, size_t row)
{
    size_t start = row > 0 ? column->numbers[row - 1] : 0;
    say((char *)column->bytes + start, column->numbers[row] - start);
}

static void say_issues(const csamatch_csv *scan, size_t row, size_t line)
{
    for (size_t i = 0; i < scan->issue_count; i++) {
        if (scan->issues[i].row != row)
            continue;
        say_number('!', scan->issues[i].what);
        say_number('@', line + scan->issues[i].line);
    }
}

static void say_rows(const csamatch_csv *scan, size_t line)
{
    for (size_t row = 0; row < scan->row_count; row++) {
        say_issues(scan, row, line);
        say_number(' ', line + scan->lines[row]);
        say(":", 1);
        say_text(&scan->columns[0], row);
        say(",", 1);
        say_digest(&scan->columns[1], row);
        say_digest(&scan->columns[2], row);
        say(",", 1);
        say_text(&scan->columns[3], row);
        say(";", 1);
    }
}

typedef struct outputs {
    uint8_t first[TEXT], narrow[2 * ROOM], wide[3 * ROOM], third[TEXT];
    uint32_t numbers[4][ROOM], lines[ROOM];
    csamatch_csv_issue issues[6];
    csamatch_csv_column columns[4];
} outputs;

static csamatch_csv set_up(outputs *o)
{
    memset(o, 0xEE, sizeof *o);
    o->columns[0] = (csamatch_csv_column){0, 0, o->first, o->numbers[0], 9};
    o->columns[1] = (csamatch_csv_column){1, 2, o->narrow, o->numbers[1], 9};
    o->columns[2] = (csamatch_csv_column){1, 3, o->wide, o->numbers[2], 9};
    o->columns[3] = (csamatch_csv_column){2, 0, o->third, o->numbers[3], 9};
    return (csamatch_csv){.columns = o->columns, .column_count = 4, .lines = o->lines,
                          .room = ROOM, .issues = o->issues, .issue_room = 6,
                          .least = 3, .most = 3, .addresses = addresses, .delimiter = ',', .quote = '"',
                          .comment = '#'};
}

/* Whether a document, given in pieces, reads as expected. */
static int reads_in(const char *document, size_t piece, const char *expected)
{
    outputs *o = malloc(sizeof *o);
    csamatch_csv scan = set_up(o);
    size_t length = strlen(document), at = 0, known = 0, line = 1;
    trace[0] = '\0';
    do {
        known = length - known > piece ? known + piece : length;
        scan.last = known == length;
        do {
            char *text = exact_copy(document + at, known - at);
            CHECK(csamatch_csv_scan(&scan, text, known - at) == CSAMATCH_OK);
            free(text);
            say_rows(&scan, line);
            at += scan.used;
            line += scan.line_count;
        } while (scan.used > 0 && at < known);
    } while (known < length);
    if (scan.open_quote)
        say("?", 1);
    if (scan.unended)
        say("$", 1);
    free(o);
    if (strcmp(trace, expected) != 0)
        fprintf(stderr, "in pieces of %zu: %s\n", piece, trace);
    return strcmp(trace, expected) == 0;
}

static int reads(const char *document, const char *expected)
{
    size_t length = strlen(document);
    int same = 1;
    for (size_t piece = 1; piece <= length + 1; piece++)
        same &= reads_in(document, piece, expected);
    return same;
}

static void rows(void)
{
    CHECK(reads("", ""));
    CHECK(reads("a,abcd,c\n", " 1:a,abcd,c;"));
    CHECK(reads("a,abcd,c", " 1:a,abcd,c;$"));
    CHECK(reads("a,abcd,c\r\nb,ABCD01,d\r\n", " 1:a,abcd,c; 2:b,abcd01,d;"));
    CHECK(reads("a,abcd,c\r", " 1:a,abcd,c;$"));
    CHECK(reads("\"a\",\"abcd\",\"c\"\n", " 1:a,abcd,c;"));
    CHECK(reads("\"a\",\"abcd\",\"c\"", " 1:a,abcd,c;$"));
    CHECK(reads("\"a\"\"b,\n\r\n\"\"\",\"abcd\",c\nd,abcdef,\n",
                " 1:a\"b,\n\r\n\",abcd,c; 4:d,abcdef,;"));
    CHECK(reads(" a b ,  abcd\t,\t\"c\" \n", " 1:a b,abcd,\"c\";"));
    CHECK(reads("  \" a\",  \"abcd\",c\n", " 1:a,abcd,c;"));
    CHECK(reads("a\"b,abcd,\"\"\n", " 1:a\"b,abcd,;"));
    CHECK(reads("a,,c\n,,\n", " 1:a,,c; 2:,,;"));
    CHECK(reads("\n\r\n \t\n#x,\"\na,abcd,c\n\n", " 5:a,abcd,c;"));
    CHECK(reads("1,0001,\n2,0002,\n3,000003,\n4,0004,\n5,0005,\n6,0006,\n",
                " 1:1,0001,; 2:2,0002,; 3:3,000003,; 4:4,0004,; 5:5,0005,; 6:6,0006,;"));
}

static void wrong(void)
{
    CHECK(reads("a,abc,c\nb,abcd,d\n", "!1@1 1:a,,c; 2:b,abcd,d;"));
    CHECK(reads("a,abcx,c\nb,abcd,d\n", "!2@1 1:a,,c; 2:b,abcd,d;"));
    CHECK(reads("a,\"ab\"\"d\",c\n", "!1@1 1:a,,c;"));
    CHECK(reads("a,abcdeg,c\n", "!2@1 1:a,,c;"));
    CHECK(reads("a,abcd\nb,abcd,c,d\n", "!3@1 1:a,abcd,;!3@2 2:b,abcd,c;"));
    CHECK(reads("a,abcd", "!3@1 1:a,abcd,;$"));
    CHECK(reads("a,ab\"cd\n,x\n", "!3@1!1@1 1:a,,;!3@2!1@2 2:,,;"));
    CHECK(reads("\"a\"b,abcd,c\nb,abcd,c\n", "!4@1 1:,,; 2:b,abcd,c;"));
    CHECK(reads("a,abcd,\"c\nb,abcd,\"d\"\n", "!4@1 1:,,; 2:b,abcd,d;"));
    CHECK(reads("a,abcd,\"c\n\nb,abcd,\"d\"", "!4@1 1:,,; 3:b,abcd,d;$"));
    CHECK(reads("a,abcd,c\rb,abcd,d\ne,abcd,f\n", "!5@1 1:,,; 2:e,abcd,f;"));
    CHECK(reads("\"a\"b", "!4@1 1:,,;"));
    CHECK(reads("x,abcd,\n\"a\n\nb", " 1:x,abcd,;?"));
    CHECK(reads("a,\"abcd", "?"));
    CHECK(reads("!,#,\n!,#,\n!,#,\n", "!1@1 1:!,,;!1@2 2:!,,;!1@3 3:!,,;"));
}

/* Lines that read like rows neither vanish between quotes nor as comments. */
static void hidden(void)
{
    CHECK(reads("a,abcd,\"c\nb,abce,d\ne,abcf,f\"\n",
                "!6@1 1:,,; 2:b,abce,d; 3:e,abcf,f\";"));
    CHECK(reads("\"a,abcd,c\nb\",abce,d\n", "!6@1 1:,,; 2:b\",abce,d;"));
    CHECK(reads("\"a,abcd,c\r\nb\",abce,d\r\n", "!6@1 1:,,; 2:b\",abce,d;"));
    CHECK(reads("a,abcd,\"c\nb,abce\"\n", " 1:a,abcd,c\nb,abce;")); /* too few columns */
    CHECK(reads("a,abcd,\"c\nb,abcx,d\"\n", " 1:a,abcd,c\nb,abcx,d;"));
    CHECK(reads("\"a\nb,c\",abcd,d\n", " 1:a\nb,c,abcd,d;"));
    CHECK(reads("\"\n,a\",\"abcd\",d\n", " 1:\n,a,abcd,d;"));
    CHECK(reads("\"a\nb\",abcd,\"c\nd\"\n", " 1:a\nb,abcd,c\nd;")); /* its own digest */
    CHECK(reads("#a,abcd,c\n#,\n#a,abcx,c\n#a,abcd\n#,abcdef,,", "!7@1 1:,,;!7@5 5:,,;"));
}

/* Nor do lines with an address where addresses are. */
static void hidden_addresses(void)
{
    static const char *const hosts[] = {
        "b.example", "B-1.example.", "b[.]example", "hxxp://b", "https://[::1]/", "192.0.2.1",
        "b.example:80", "'b.example'", "\xC3\xBC.example?q", "b_1.xn--p1ai"
    };
    static const char *const others[] = {
        "b", "v1.2", "b..example", ".example", "b c.example", "x@b.example", "1.2.3", "b.e1",
        "http://", "a/b://c", "\"", "b.e\"xample", "1.2.3.4.5"
    };
    addresses = 1;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char document[128], expected[128];
        snprintf(document, sizeof document, "a.example,,\"c\n%s,,d\"\n#%s,,\n", hosts[i], hosts[i]);
        snprintf(expected, sizeof expected, "!6@1 1:,,; 2:%s,,d\";!7@3 3:,,;", hosts[i]);
        CHECK(reads(document, expected));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char document[128];
        snprintf(document, sizeof document, "#%s,,\n#,b.example,\n#b.example,\nb,,\n", others[i]);
        CHECK(reads(document, " 4:b,,;"));
    }
    CHECK(reads("\"b.example\",,\"c\nd\"\n", " 1:b.example,,c\nd;")); /* its own */
    CHECK(reads("\"a,b.example\nb\",,c\n", " 1:a,b.example\nb,,c;")); /* in another column */
    addresses = 0;
    CHECK(reads("#b.example,,\nb,,\n", " 2:b,,;"));
}

/* Long fields, in which many bytes are passed at once. */
static void wide(void)
{
    CHECK(reads("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,abcd,\"ccccccc\ncccccccccccccccc\"\"cccc\n\n\"\n"
                "b,abcd,ccccccccccccccccc\n",
                " 1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,abcd,ccccccc\ncccccccccccccccc\"cccc\n\n;"
                " 5:b,abcd,ccccccccccccccccc;"));
}

static int refuses(csamatch_csv scan)
{
    return csamatch_csv_scan(&scan, "a,b\n", 4) == CSAMATCH_ERROR_ARGUMENT;
}

static void arguments(void)
{
    outputs o;
    csamatch_csv scan = set_up(&o), bad;
    CHECK(csamatch_csv_scan(NULL, "", 0) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_csv_scan(&scan, NULL, 1) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_csv_scan(&scan, NULL, 0) == CSAMATCH_OK && scan.row_count == 0);
    bad = scan, bad.column_count = 17;
    CHECK(refuses(bad));
    bad = scan, bad.issue_room = 4;
    CHECK(refuses(bad));
    bad = scan, bad.issues = NULL;
    CHECK(refuses(bad));
    bad = scan, bad.lines = NULL;
    CHECK(refuses(bad));
    bad = scan, bad.delimiter = '\n';
    CHECK(refuses(bad));
    bad = scan, bad.delimiter = '"';
    CHECK(refuses(bad));
    o.columns[1].width = 65;
    CHECK(refuses(scan));
    o.columns[1].width = 3;
    CHECK(refuses(scan)); /* two alike */
    o.columns[1].width = 2;
    o.columns[1].bytes = NULL;
    CHECK(refuses(scan));
    scan = set_up(&o);
    o.columns[3].index = 0;
    CHECK(refuses(scan));
    scan = set_up(&o), scan.room = 0;
    CHECK(csamatch_csv_scan(&scan, "a,b\n", 4) == CSAMATCH_OK && scan.used == 0);
}

/* No quotes, no comments, another delimiter, any number of columns. */
static void options(void)
{
    outputs o;
    csamatch_csv scan = set_up(&o);
    scan.quote = scan.comment = 0;
    scan.delimiter = '\t';
    scan.least = 0, scan.most = SIZE_MAX;
    const char text[] = "#\"a\tabcd\t\"\"\nb\n";
    CHECK(csamatch_csv_scan(&scan, text, sizeof text - 1) == CSAMATCH_OK);
    CHECK(scan.row_count == 2 && scan.issue_count == 0 && scan.used == sizeof text - 1);
    CHECK(memcmp(o.first, "#\"ab", 4) == 0 && o.numbers[0][0] == 3 && o.numbers[0][1] == 4);
    CHECK(memcmp(o.third, "\"\"", 2) == 0 && o.numbers[3][1] == 2);
}

int main(void)
{
    rows();
    wrong();
    hidden();
    hidden_addresses();
    wide();
    arguments();
    options();
    return failures != 0;
}
