"""Messages with links planted in them: templates in several languages, and links of every kind."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple


class Message(NamedTuple):
    """A text, the links planted in it, and whether some are defanged."""

    text: str
    links: list[tuple[int, int, str]]
    defanged: bool


# Where a link goes there is a "{}"; the rest must not be taken for one.
BLANK_TEMPLATES = [
    "Have a look at {} when you have time.",
    "{}",
    "{}\n",
    "See {}, {} and {}; they are all the same!",
    "Is it {}? Or {}?! No...",
    "Version 2.10.3 (of 3.14.2026) is at {}.",
    "My files are report.final.pdf, setup.py and README.md, see {}",
    "Dr. Who, J.R.R. Tolkien and the U.S.A. vs. {} at 10.30 a.m., e.g. for $3.50",
    "mail me@example.com or me.too@mail.example.org, not {}",
    'He said: "{}".',
    "He wrote '{}', and then '{}'.",
    "read this ({}), or this [{}], or {{{}}}.",
    "<{}>, <{}>",
    "[a link]({}) and ![picture]({}), **{}**",
    "<a href=\"{}\">x</a><img src='{}'>",
    "[url]{}[/url] [url={}]here[/url]",
    "1) {}\n2) {}\n3) {}\n",
    "\t{}\r\n> {}\r\n",
    "yes…{}… no",
    "{}, 12.03.2026, 1.2.3.4, ::1, 10:30, v1.2.3-rc.1",
    "x = foo.bar(obj.id); // {} done",
    "👉 {} 👈 {}🔥",
    "Schau mal: {}. Das ist z.B. gut, d.h. „{}“ auch.",
    "Voilà : « {} » ; c'est bien, n'est-ce pas ? Cf. p.ex. {}",
    "¿Has visto {}? ¡Mira {}!",
    "Смотри {}, т.е. вот: «{}» и т.д.",
    "انظر {}، ثم {}؟",
    "ดู {} นะ",
    "Δες το {}· είναι π.χ. καλό.",
]

# The same without blanks around the link.
TIGHT_TEMPLATES = [
    "请看{}。谢谢！",
    "请看“{}”，还有（{}），再见。",
    "これは{}を見てください。",
    "「{}」と、{}と、",
    "여기{}에서 보세요.",
    "ดู{}นะ",
]

SCHEMES = ["http://", "https://", "HTTPS://", "ftp://", "wss://", "http:\\\\", "rtsp://"]
HOSTS = [
    "a.example",
    "www.b.example",
    "x.y.z.example.com",
    "EXAMPLE.ORG",
    "my-site.test",
    "under_score.example.net",
    "xn--bcher-kva.example",
    "bücher.example",
    "例え.example",
    "пример.example",
    "bücher。example",
    "bücher．example",
    "localhost",
    "a.example.",
    "%62ad.example",
    "203.0.113.7",
    "0xcb.0.0x71.7",
    "[2001:db8::7]",
    "[::ffff:203.0.113.7]",
]
BARE_HOSTS = [
    "example.com",
    "www.example.com",
    "Example.Com",
    "EXAMPLE.ORG",
    "a.b-c.example.net",
    "bücher.example.org",
    "xn--bcher-kva.example.com",
    "something.example",
    "www.name.test",
]
USERS = ["", "", "", "user@", "user:pass@", "good.example@", "a%40b:c@"]
PORTS = ["", "", "", ":8080", ":443", ":1"]
PATHS = [
    "",
    "/",
    "/a",
    "/a/b.html",
    "/wiki/Thing_(other)",
    "/a_(b_(c))/d",
    "/a,b;c=d/e",
    "/~user/*.txt",
    "/%E4%BE%8B",
    "/ü/日本",
    "/a'b",
    "/[1]/{2}",
    "/a//b/../c",
    "?q=1",
    "/?q=a&r=b+c%20d",
    "/a?u=http://other.example/x",
    "#top",
    "/a#b!c",
    "/a?b#c/d",
    "/@user/1234",
    "/a-",
    "/a_b-c~d$e",
]
DOTS = ["[.]", "(.)", "{.}", "[dot]", "(dot)", "{DOT}", "\\."]
FALSE_SCHEMES = [
    "hxxp://",
    "hXXps://",
    "h**p://",
    "meow://",
    "hxxp[:]//",
    "https[:]//",
    "http[://]",
]
DEFANGED_HOSTS = ["bad.example", "www.bad.example.com", "example.net", "203.0.113.7"]


def url(random_: random.Random) -> str:
    """Make a link with a scheme."""
    choice = random_.choice
    host, port, path = choice(HOSTS), choice(PORTS), choice(PATHS)
    if host.endswith(".") and not path.startswith("/"):
        path = "/" + path
    return choice(SCHEMES) + choice(USERS) + host + port + path


def bare(random_: random.Random) -> str:
    """Make one that begins with its host."""
    return random_.choice(BARE_HOSTS) + random_.choice(PORTS) + random_.choice(PATHS)


def defanged(random_: random.Random) -> str:
    """Make one that nobody can follow by mistake."""
    host = random_.choice(DEFANGED_HOSTS)
    dots = random_.choice(DOTS)
    host = host.replace(".", dots) if random_.random() < 0.7 else dots.join(host.rsplit(".", 1))
    port = random_.choice(["", "", ":8080", "[:]8080"])
    return random_.choice(["", *FALSE_SCHEMES]) + host + port + random_.choice(PATHS)


def fits(link: str, template: str) -> bool:
    """Whether a link can stand in a template at all without another meaning."""
    if "'{}'" in template and "'" in link:
        return False  # it ends the quotation
    if template in TIGHT_TEMPLATES:
        # Letters behind it belong to a path that ends in anything but a letter or digit.
        return link[-1].isascii() and link[-1].isalnum()
    return True


def messages(seed: int, count: int) -> Iterator[Message]:
    """Yield so many messages."""
    random_ = random.Random(seed)
    for number in range(count):
        template = random_.choice(TIGHT_TEMPLATES if number % 6 == 0 else BLANK_TEMPLATES)
        makers = [url, bare, defanged] if number % 3 == 0 else [url, bare]
        text, links = "", []
        *heads, tail = template.split("{}")
        for head in heads:
            link = random_.choice(makers)(random_)
            while not fits(link, template):
                link = random_.choice(makers)(random_)
            text += head.replace("{{", "{").replace("}}", "}")
            links.append((len(text), len(text) + len(link), link))
            text += link
        text += tail.replace("{{", "{").replace("}}", "}")
        yield Message(text, links, number % 3 == 0)


PROSE = [
    "3.14 2.718e-3 1,000.50 -0.5 .5 5.",
    "v1.2.3 1.2.3.4 10.0.0.1:80 192.168.0.0/16 ::1 fe80::1 2001:db8::7 1.2.3.4/index",
    "12.03.2026 2026.11.22 12.Mar.2026 10.30 a.m. 10.30am 22:15 22.15h",
    "$3.50 €9.99 £1.20 3.50€ 100.000,00",
    "Wait... what?... no..yes ...and so on. . . .",
    "J. R. R. Tolkien, J.R.R. Tolkien, U.S.A. U.S. U.K. E.U. Ph.D. M.A. a.k.a. e.g. i.e. etc. vs.",
    "z.B. d.h. u.a. o.ä. usw. i.d.R. S.à.r.l. p.ex. c.-à-d. т.е. и т.д. π.χ. κ.λπ.",
    "file.txt setup.py README.md archive.zip run.sh main.rs clip.mov script.pl image.jpeg a.tar.gz "
    "report.final.docx test_links.py docs/url-rules.md /etc/hosts.conf C:\\dir\\file.com "
    "../a.com ~a.com",
    "setup.py:12: error, see main.rs:10:5 and README.md#usage",
    "os.path.join(a.b, c.d) self.id = user.name; obj.method() e.target.value x.map(y) list.sort()",
    "np.array df.loc[0] std::vector foo->bar a.b.c.d Foo.Bar.Baz System.out.println(x)",
    "end.Next sentence. Done.Then more.The end.It was good.In fact.So what",
    "it.is that.is how.to do.it stop.it so.what no.no this.is.fine well.no",
    "me@example.com first.last@mail.example.org <a.b@example.net> "
    "mailto:a@example.com @user@example.com",
    "a.at p.m.to 1.to 2.is 3.11.is 10.30.pm 9.15.am. 1.2.3.in",
    "Gut.Aber das.ist ja.nein. Voilà.Merci. Bien.Y tú. Да.Нет. 好。不好。谢谢。再见 はい。いいえ。",
    "http https:// ftp: :// http:// // /// http:///// http://. http://? mailto: tel:+1 data:,x",
    "foo://,; x://",
    "#example.com $example.com %example.com",
    "Node.js Vue.js jQuery.min.js .NET .gitignore .bashrc",
    "user.name event.target doc.open node.style self.data this.info cls.test self.a.data Color.RED "
    "abc.ABC log.info(x) Name.Variable.Global self.host = x",
    "com .com co.uk example. test localhost gov.uk",
    "",
    " \t\r\n\0",
    "word " * 1000,
]

# What random texts are made of.
PIECE_LIST = (
    "http https :// hxxp a b example com . / @ : 8 [ ] ( ) ? # ' \" , ; - _ % %2e [.] "
    "(dot) 。 ． 例 ü 👉 \u200b \u00ad \ud800 \\ www. .com/ http://a.example/ 1.2.3.4 [::1] * h**p "
    "meow [:] [://] xn-- < > | ` ~ { } é ß ﷺ ·"
)

# What a text can repeat to send a careless scanner back again and again.
HOSTILE = (
    "http: http:// http://a@ a.b/, a.example/( ((( [://] hxxp[:] a谢 %25 http://a.example/,http:// "
    "\u200b 。 _. http://[:: http://(@ a.b\u200b. a.b:0"
)
