"""What people type to search, and what they are shown of what was found.

Words must all be there, each perhaps longer: `deploy` finds "deployed", which stemming would do for
one language only. "Words in quotes" are to be so, and -words are not to be there.
"""

import re
from dataclasses import dataclass
from typing import Self

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

TERMS_AT_MOST = 10
SNIPPET_LENGTH = 240
BEFORE_HIT = 60  # characters, in a snippet
TERM = re.compile(r'(?P<without>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
LETTER = r"[^\W_]"  # what words consist of, for both databases


@dataclass(frozen=True, slots=True)
class Term:
    text: str
    exact: bool
    without: bool

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        exact = match["word"] is None
        return cls(match["phrase"] if exact else match["word"], exact, match["without"] == "-")

    def pattern(self) -> str:
        words = [re.escape(word) for word in re.findall(f"{LETTER}+", self.text)]
        end = f"(?!{LETTER})" if self.exact else f"{LETTER}*"
        return f"(?<!{LETTER})" + r"[\W_]+".join(words) + end


@dataclass(frozen=True, slots=True)
class Search:
    """False if it asks for nothing that could be found."""

    terms: tuple[Term, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        matches = TERM.finditer(text.replace("\0", " "))
        terms = [Term.of(match) for match in matches]
        some = [term for term in terms if re.search(LETTER, term.text)]
        return cls(tuple(some[:TERMS_AT_MOST]))

    def __bool__(self) -> bool:
        return bool(self.wanted)

    @property
    def wanted(self) -> list[Term]:
        return [term for term in self.terms if not term.without]

    @property
    def unwanted(self) -> list[Term]:
        return [term for term in self.terms if term.without]

    def as_tsquery(self) -> str:
        """For PostgreSQL's to_tsquery(). All of its syntax is quoted."""
        return " & ".join(("!" if term.without else "") + _tsquery(term) for term in self.terms)

    def as_fts5(self) -> str:
        """For SQLite's MATCH. All of its syntax is quoted."""
        wanted = " AND ".join(_fts5(term) for term in self.wanted)
        return f"({wanted})" + "".join(f" NOT {_fts5(term)}" for term in self.unwanted)

    def snippet(self, body: str) -> SafeString:
        """The part of a body around the first hit, with hits marked. All else is text."""
        hits = re.compile("|".join(term.pattern() for term in self.wanted), re.IGNORECASE)
        first = hits.search(body)
        start = max(first.start() - BEFORE_HIT, 0) if first else 0
        if start:
            start = body.find(" ", start, start + BEFORE_HIT) + 1 or start
        part = body[start : start + SNIPPET_LENGTH]
        end = "…" if start + SNIPPET_LENGTH < len(body) else ""
        html, done = "…" if start else "", 0
        for hit in hits.finditer(part):
            html += f"{escape(part[done : hit.start()])}<mark>{escape(hit.group())}</mark>"
            done = hit.end()
        return mark_safe(html + escape(part[done:]) + end)  # noqa: S308  (escaped)


def _tsquery(term: Term) -> str:
    text = term.text.replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'" + ("" if term.exact else ":*")


def _fts5(term: Term) -> str:
    return f'"{term.text}"' + ("" if term.exact else " *")
