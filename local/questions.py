"""The three questions that decide an endpoint's access pattern, answered from what it does.

A REST endpoint becomes SQL when one answer is yes, unless the database answers it by itself: one of
its functions, called once, is a transaction, and PostgREST embeds what a foreign key leads to.
"""

import re
from dataclasses import dataclass

from limelight.http import Pattern
from local.endpoints import HttpFunction
from local.footprint import Footprint, footprint_of
from local.indexes import indexes_of

_LOCK = re.compile(r"\bfor (?:no key )?(?:update|share)\b")
_ADVISORY = re.compile(r"\bpg_advisory_xact_lock\w*\(")
_TABLE = re.compile(r"\b(?:from|join|update|only)\s+((?:public|private|ledger)\.\w+)")
_JOIN = re.compile(r"\bjoin\b")
_AGGREGATE = re.compile(r"\b(count|sum|avg|min|max|bool_or|bool_and|array_agg|jsonb?_\w*agg)\(")
_KEYSET = re.compile(r"\)\s*[<>]\s*\(")
_PLANNED = {
    "lateral": re.compile(r"\blateral\b"),
    "skip locked": re.compile(r"\bskip locked\b"),
    "a keyset": _KEYSET,
    "similarity of words": re.compile(r"\bsimilarity\(|<->|%>|\bilike\b"),
}
_PLAIN = ("_pkey", "_key")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and what it rests on."""

    yes: bool
    because: str

    def __str__(self) -> str:
        return f"**yes**: {self.because}" if self.yes else f"no: {self.because}"


@dataclass(frozen=True, slots=True)
class Answers:
    """To the three questions, in their order."""

    transaction: Answer
    joins: Answer
    plan: Answer

    @property
    def any(self) -> bool:
        return self.transaction.yes or self.joins.yes or self.plan.yes


def answers_of(function: HttpFunction) -> Answers:
    """What the endpoint needs of the database."""
    footprint = footprint_of(function)
    return Answers(
        _in_the_database(_transaction(footprint, function.router.pattern), function),
        _in_the_database(_joins(footprint), function),
        _in_the_database(_plan(footprint), function),
    )


def _in_the_database(answer: Answer, function: HttpFunction) -> Answer:
    """What the database does by itself for one request over REST."""
    if function.router.pattern in (Pattern.REST, Pattern.ADMIN) and answer.yes:
        return Answer(answer.yes, f"{answer.because}; the database does it, for one request")
    return answer


def _transaction(footprint: Footprint, pattern: Pattern) -> Answer:
    locked = sorted({_short(table) for text in footprint.texts for table in _locked(text)})
    written = len(footprint.writes)
    because = ["its key and its effect are one"] if pattern is Pattern.MONEY else []
    if locked:
        because.append(f"locks rows of {', '.join(locked)}")
    if any(_ADVISORY.search(text) for text in footprint.texts):
        because.append("takes an advisory lock")
    if written > 1:
        because.append(f"writes {written} tables together")
    elif written and footprint.queries and footprint.reads - footprint.writes:
        because.append("what it checks and what it writes are one")
    if because:
        return Answer(yes=True, because="; ".join(because))
    return Answer(yes=False, because="one statement writes one table" if written else "it reads")


def _locked(text: str) -> list[str]:
    """The tables of the statements that lock what they read."""
    return [
        table
        for statement in text.split(";")
        if _LOCK.search(statement)
        for table in _TABLE.findall(statement)
    ]


def _joins(footprint: Footprint) -> Answer:
    texts = _main(footprint)
    joins = sum(len(_JOIN.findall(text)) for text in texts)
    aggregates = sorted({name for text in texts for name in _AGGREGATE.findall(text)})
    because = [f"{joins} join{'s' if joins > 1 else ''}"] if joins else []
    because += [", ".join(aggregates)] if aggregates else []
    if because:
        return Answer(yes=True, because="; ".join(because))
    if footprint.embeds:
        return Answer(yes=True, because=f"embeds {', '.join(sorted(footprint.embeds))}")
    return Answer(yes=False, because="rows as they are")


def _plan(footprint: Footprint) -> Answer:
    indexes = [index for index in indexes_of(footprint) if not index.endswith(_PLAIN)]
    forms = [name for name, form in _PLANNED.items() if any(map(form.search, _main(footprint)))]
    because = [f"along {', '.join(f'`{index}`' for index in indexes)}"] if indexes else []
    because += [", ".join(forms)] if forms else []
    if because:
        return Answer(yes=True, because="; ".join(because))
    return Answer(yes=False, because="found by a key")


def _main(footprint: Footprint) -> list[str]:
    """What is sent, and the functions and views that it names; not what those call in turn."""
    sent = list(footprint.asked.values())
    named = [body for name, body in footprint.bodies.items() if any(name in one for one in sent)]
    return sent + named


def _short(table: str) -> str:
    return table.removeprefix("public.")
