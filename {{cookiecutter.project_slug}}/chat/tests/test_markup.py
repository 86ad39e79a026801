import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chat.markup import render, render_if_needed

CORPUS = Path(__file__).with_name("xss_corpus.txt").read_text().splitlines()
LINK = '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'
BOB = '<span class="mention" data-user="bob">@bob</span>'

ALLOWED = {
    "a": {"href", "target", "rel"},
    "code": set(),
    "pre": set(),
    "span": {"class", "data-user"},
}


class Reader(HTMLParser):
    """What a browser makes of HTML: its text; anything but our own elements is an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert set(values) == ALLOWED[tag]
        if tag == "a":
            assert re.match("(?i)https?://", values["href"] or "")
            assert values["rel"] == "noopener noreferrer nofollow"
        if tag == "span":
            assert values["class"] == "mention"
            assert values["data-user"] == "bob"

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def without_marks(text: str) -> str:
    return re.sub(r"`|\s", "", text)


@pytest.mark.parametrize("attack", CORPUS)
@pytest.mark.parametrize("around", ["{}", "https://example.com/ {} @bob", "`code` {} ```\n{}\n```"])
def test_whatever_is_typed_is_text(attack: str, around: str) -> None:
    body = around.replace("{}", attack)
    assert without_marks(Reader(render(body, ["bob"])).text) == without_marks(body)


@pytest.mark.parametrize(
    ("body", "url", "rest"),
    [
        ("https://example.com", "https://example.com", ""),
        ("http://example.com/a?b=c#d", "http://example.com/a?b=c#d", ""),
        ("HTTPS://Example.com", "HTTPS://Example.com", ""),
        ("https://example.com.", "https://example.com", "."),
        ("https://example.com/?!,", "https://example.com/", "?!,"),
        ("https://en.wikipedia.org/wiki/A_(b)", "https://en.wikipedia.org/wiki/A_(b)", ""),
        ("https://example.com/a)", "https://example.com/a", ")"),
        ("https://example.com/a_(b)).", "https://example.com/a_(b)", ")."),
        ("https://example.com/茶", "https://example.com/茶", ""),
    ],
)
def test_a_link_ends_before_the_punctuation_of_its_sentence(body: str, url: str, rest: str) -> None:
    assert render(f"({body}") == f"({LINK.format(url)}{rest}"


def test_a_link_keeps_what_its_address_needs() -> None:
    assert 'href="https://example.com/?a=1&amp;b=2"' in render("https://example.com/?a=1&b=2")


@pytest.mark.parametrize("body", ["http://", "https://.", "xhttps://example.com", "ftp://a.b"])
def test_other_addresses_are_text(body: str) -> None:
    assert render(body) == body


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("run `a < b`!", "run <code>a &lt; b</code>!"),
        ("a ` b", "a ` b"),
        ("`two\nlines`", "`two\nlines`"),
        ("before\n```\n  x = 1\n```\nafter", "before<pre><code>  x = 1</code></pre>after"),
        ("```python\nx\n```", "<pre><code>x</code></pre>"),
        ("```x```", "<pre><code>x</code></pre>"),
        ("```never closed", "```never closed"),
        ("`https://a.b @bob`", "<code>https://a.b @bob</code>"),
    ],
)
def test_code_is_kept_as_it_was_typed(body: str, html: str) -> None:
    assert render(body, ["bob"]) == html


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("@bob", BOB),
        ("@bob.", f"{BOB}."),
        ("(@bob)", f"({BOB})"),
        ("@bobby", "@bobby"),
        ("mail@bob", "mail@bob"),
        ("@alice", "@alice"),
    ],
)
def test_only_those_who_are_meant_are_mentioned(body: str, html: str) -> None:
    assert render(body, ["bob"]) == html


def test_plain_text_needs_no_html() -> None:
    assert render_if_needed("a < b & 茶\nnew line") == ""


@pytest.mark.parametrize(
    "piece",
    ["`", "```", "``` ", "```a\n", "`a\n", "@", "@a ", "http://", "http://a(", "(.", "<", "&", "a"],
)
def test_nothing_is_gone_over_again_and_again(piece: str) -> None:
    """Where the time grows with the square of the length, this takes hours."""
    body = ("see " + piece * 300_000)[:300_000]
    assert render(body, ["a"]).startswith("see ")
