"""The documentation site: it builds without a warning, its links lead somewhere, and its pages fit.

Needs the extra `docs`; what is measured in a browser needs playwright and a Chromium besides.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import csamatch

DOCS = Path(__file__).resolve().parent.parent / "docs"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built with warnings as errors."""
    for name in ("sphinx", "furo", "myst_parser"):
        pytest.importorskip(name, reason=f"{name} is missing: pip install '.[docs]'")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", out / ".trees"]
    result = subprocess.run([*command, DOCS, out], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    return out


class Page(HTMLParser):
    """What a page links to, loads, and can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.anchors.update(filter(None, [said.get("id"), said.get("name")]))
        if tag == "a" and said.get("href"):
            self.links.append(said["href"])
        elif tag == "link" and said.get("rel") in ("stylesheet", "icon"):
            self.loads.append(said["href"])
        elif tag in ("img", "script", "object") and (said.get("src") or said.get("data")):
            self.loads.append(said.get("src") or said["data"])


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_document_is_a_page(site, pages):
    wanted = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    wanted |= {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.rst")}
    assert len(wanted) > 20
    assert wanted <= {path.relative_to(site) for path in pages}


def test_links_within_the_site(pages):
    broken, checked = defaultdict(list), 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = {"", *pages[target].anchors} if target in pages else {""}
            checked += 1
            if not target.is_file() or unquote(parts.fragment) not in anchors:
                broken[path.name].append(link)
    assert not broken
    assert checked > 1000


def test_nothing_is_loaded_from_elsewhere(pages):
    for path, page in pages.items():
        assert page.loads, path
        for url in page.loads:
            parts = urlsplit(url)
            assert not parts.netloc, f"{path.name}: {url}"
            assert parts.scheme == "data" or (path.parent / unquote(parts.path)).is_file(), url


def test_every_public_name_has_an_anchor(pages):
    anchors = set().union(*(page.anchors for page in pages.values()))
    assert {f"csamatch.{name}" for name in csamatch.__all__} <= anchors
    assert {"csamatch.HashList.match", "csamatch.UrlList.match_text"} <= anchors


@pytest.fixture(scope="module")
def tab(site):
    """A page of a headless Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
    path = os.environ.get("CSAMATCH_CHROMIUM") or next(
        filter(None, map(shutil.which, BROWSERS)), None
    )
    if path is None:
        pytest.skip(f"there is no Chromium: none of {', '.join(BROWSERS)}, nor CSAMATCH_CHROMIUM")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


# How far anything sticks out, in pixels: of the window, and of the box that the theme lets all text
# scroll in. Code, tables and the picture have boxes of their own for that.
OVERFLOW = """() => {
    const root = document.documentElement;
    let most = root.scrollWidth - innerWidth;
    for (let e = document.querySelector("article") || root; e; e = e.parentElement)
        if (getComputedStyle(e).overflowX !== "visible")
            most = Math.max(most, e.scrollWidth - e.clientWidth);
    return most;
}"""

# The least contrast of a text with what is behind it, by WCAG 2, among all that can be seen.
CONTRAST = """() => {
    const parse = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = (color) => {
        const [r, g, b] = color.slice(0, 3).map((value) => {
            const share = value / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const color = parse(getComputedStyle(e).backgroundColor);
            if (color.length < 4 || color[3] > 0.9) return color;
        }
        return [255, 255, 255];
    };
    const article = document.querySelector("article");
    const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    let least = [99, ""];
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const style = getComputedStyle(element);
        if (!texts.currentNode.data.trim() || style.visibility === "hidden") continue;
        if (!element.getClientRects().length || parse(style.color)[3] === 0) continue;
        const [one, other] = [light(parse(style.color)), light(behind(element))];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (ratio < least[0]) least = [ratio, element.outerHTML.slice(0, 80)];
    }
    return least;
}"""


def test_pages_fit_and_can_be_read(site, pages, tab):
    """Nothing sticks out at the width of a phone or a desk, in light or dark; texts stand out."""
    wide, faint = [], []
    for path in pages:
        tab.goto(path.as_uri())
        for scheme in SCHEMES:
            tab.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                tab.set_viewport_size({"width": width, "height": 900})
                assert tab.evaluate("innerWidth") == width
                if tab.evaluate(OVERFLOW) > 0:
                    wide.append((path.name, width, scheme))
            ratio, where = tab.evaluate(CONTRAST) if tab.query_selector("article") else (99, "")
            if ratio < 4.5:
                faint.append((path.name, scheme, round(ratio, 2), where))
    assert not wide
    assert not faint


def test_the_measures_can_fail(site, tab):
    tab.goto((site / "index.html").as_uri())
    tab.set_viewport_size({"width": 390, "height": 900})
    backgrounds = []
    for scheme in SCHEMES:
        tab.emulate_media(color_scheme=scheme)
        backgrounds.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert tab.evaluate(CONTRAST)[0] > 4.5
        assert tab.evaluate(OVERFLOW) == 0
    assert len(set(backgrounds)) == 2
    tab.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend',"
        "'<p style=\"width: 1500px; color: #777; background: #888\">wide</p>')"
    )
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate(OVERFLOW) > 200
    assert tab.evaluate(CONTRAST)[0] < 1.5
