"""What people type, as HTML: links, mentions and code. Everything else is text.

It is read once from left to right; no pattern below goes over the same text again and again,
whatever that is.
"""

import re
from collections.abc import Collection
from html import escape

from django.utils.safestring import SafeString, mark_safe

MENTION = re.compile(r"(?<![\w@./-])@([\w.@+-]+)")

# What may be more than plain text; most messages have none of it.
_HINT = re.compile(r"(?i:https?://)|`|@")

_MARKUP = re.compile(
    r"\n?```(?:[\w+#.-]*\n)?(?P<block>.+?)\n?```\n?"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<!\w)(?P<url>(?i:https?)://[\w\[][^\s<>\"`]*)"
    rf"|(?P<mention>{MENTION.pattern})",
    re.DOTALL,
)
_AFTER_LINKS = ".,:;!?'*~…"
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def render_if_needed(body: str, mentions: Collection[str] = ()) -> SafeString:
    """The HTML of a body, or "" where that is its text, escaped."""
    return render(body, mentions) if _HINT.search(body) else SafeString()


def render(body: str, mentions: Collection[str] = ()) -> SafeString:
    """`mentions`: the user names that are somebody's. To be shown with `white-space: pre-wrap`."""
    html: list[str] = []
    end = 0
    for match in _MARKUP.finditer(body):
        html += escape(body[end : match.start()]), _element(match, mentions)
        end = match.end()
    html.append(escape(body[end:]))
    return mark_safe("".join(html))  # noqa: S308  (escaped, piece by piece)


def _element(match: re.Match[str], mentions: Collection[str]) -> str:
    block, code, url = match["block"], match["code"], match["url"]
    if block is not None:
        return f"<pre><code>{escape(block)}</code></pre>"
    if code is not None:
        return f"<code>{escape(code)}</code>"
    if url is not None:
        return _link(url)
    return _mention(match["mention"], mentions)


def _link(text: str) -> str:
    length = _length_of_link(text)
    url = escape(text[:length])
    link = f'<a href="{url}" target="_blank" rel="noopener noreferrer nofollow">{url}</a>'
    return link + escape(text[length:])


def _length_of_link(text: str) -> int:
    """Without the punctuation of the sentence, and brackets that were opened before the link."""
    surplus = {close: text.count(close) - text.count(begin) for close, begin in _BRACKETS.items()}
    length = len(text)
    while (last := text[length - 1]) in _AFTER_LINKS or surplus.get(last, 0) > 0:
        if last in surplus:
            surplus[last] -= 1
        length -= 1
    return length


def _mention(text: str, mentions: Collection[str]) -> str:
    name = text[1:]
    if name not in mentions:  # or it is, without the punctuation after it
        name = name.rstrip(".-+@")
    if name not in mentions:
        return escape(text)
    rest = escape(text[1 + len(name) :])
    return f'<span class="mention" data-user="{escape(name)}">@{escape(name)}</span>{rest}'
