"""Every minute: remind those who asked to be of shows that start soon."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from functions.jobs import send_show_reminders
from limelight.platform import mail
from limelight.platform.mail import Mail, MailRefused, MailUnavailable
from limelight.platform.observability import logger
from limelight.shows import service
from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.jobs.conftest import Run
from tests.integration.moments import in_days
from tests.integration.people import Owner, People, Person
from tests.integration.shows.acts import (
    announce,
    buy,
    cancel,
    end,
    events_of,
    remind,
    start,
)

REGION = "eu-west-1"
SENDER = "no-reply@limelight.example"
IN_AN_HOUR = 60 / 1440

type Inbox = Callable[[Person], list[tuple[str, str]]]
"""The subjects and texts of the mails that somebody got, oldest first."""


@pytest.fixture(autouse=True)
def no_other_reminder_is_due(owner: Owner) -> None:
    """Reminders of other tests are left alone."""
    owner.execute("delete from show_reminders")


@pytest.fixture(autouse=True)
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """SES, where the sender is verified."""
    for name, value in {
        "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "MAIL_SENDER": SENDER,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    mail.forget()
    with mock_aws():
        boto3.client("sesv2").create_email_identity(EmailIdentity=SENDER)

        def received(person: Person) -> list[tuple[str, str]]:
            sent = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
            return [
                (one.subject, one.body)
                for one in sent
                if one.destinations["ToAddresses"] == [person.email]
            ]

        yield received
    mail.forget()


@pytest.fixture
def show(api: Api, creator: Person) -> str:
    """A show that starts in an hour."""
    return announce(api, creator, scheduledStart=in_days(IN_AN_HOUR))


@pytest.fixture
def asked(api: Api, fan: Person, show: str) -> Person:
    """A fan who asked to be reminded of the show."""
    assert remind(api, show, fan).status == 200
    return fan


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """SES takes no mail, as the sender is not verified; the answer of the fixture mends it."""
    monkeypatch.setenv("MAIL_SENDER", "somebody-else@limelight.example")
    mail.forget()

    def mend() -> None:
        monkeypatch.setenv("MAIL_SENDER", SENDER)
        mail.forget()

    return mend


class Refusing:
    """SES, as it answers every address that is none."""

    def send(self, _: Mail) -> None:
        raise MailRefused("ses: BadRequestException")


def state(owner: Owner, person: Person) -> tuple[int, bool]:
    """How often a person's reminder was tried, and whether it was sent."""
    row = owner.execute(
        "select attempts, sent_at is not null from show_reminders where user_id = %s", (person.id,)
    ).fetchone()
    assert row is not None
    return row[0], row[1]


# What is sent


def test_a_reminder_is_an_event_and_a_mail(
    api: Api, owner: Owner, run: Run, clock: Clock, creator: Person, show: str, asked: Person,
    inbox: Inbox,
) -> None:  # fmt: skip
    clock.advance(minutes=46)

    assert run(send_show_reminders) == 1

    shown = api.get(f"/api/shows/{show}").json
    ((subject, text),) = inbox(asked)
    assert subject == "“Piano by candlelight” starts soon"
    day, time = shown["scheduledStart"][:10], shown["scheduledStart"][11:16]
    assert text.startswith(f"“Piano by candlelight” by {creator.username} starts on ")
    assert f" at {time} UTC.\n" in text
    assert day.rpartition("-")[2] in text
    ((event, told),) = events_of(owner, asked)
    assert event == "show_reminder"
    assert told.keys() == {"showId", "title", "scheduledStart", "status"}
    assert (told["showId"], told["title"], told["status"]) == (
        show, "Piano by candlelight", "scheduled",
    )  # fmt: skip
    assert state(owner, asked) == (1, True)


def test_the_sender_is_the_stages_own(run: Run, clock: Clock, asked: Person, inbox: Inbox) -> None:
    clock.advance(minutes=46)
    run(send_show_reminders)

    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    assert sent.source == f"Limelight <{SENDER}>"


def test_a_show_that_started_early_reminds_at_once_and_says_so(
    api: Api, run: Run, creator: Person, show: str, asked: Person, inbox: Inbox
) -> None:
    start(api, show, creator)

    assert run(send_show_reminders) == 1

    ((subject, text),) = inbox(asked)
    assert subject == "“Piano by candlelight” is live"
    assert "is live now." in text


def test_a_title_of_several_lines_is_one_line_of_a_subject(
    api: Api, run: Run, creator: Person, fan: Person, clock: Clock, inbox: Inbox
) -> None:
    show = announce(
        api, creator, title="Piano\r\nBcc: all@example.com", scheduledStart=in_days(IN_AN_HOUR)
    )
    remind(api, show, fan)
    clock.advance(minutes=46)

    run(send_show_reminders)

    assert inbox(fan)[0][0] == "“Piano Bcc: all@example.com” starts soon"


# When


@pytest.mark.parametrize(("minutes", "due"), [(0, 0), (44.5, 0), (45.1, 1), (59, 1), (75, 1)])
def test_a_reminder_is_due_a_quarter_of_an_hour_before_the_start(
    run: Run, clock: Clock, asked: Person, minutes: float, due: int
) -> None:
    clock.advance(minutes=minutes)

    assert run(send_show_reminders) == due


def test_how_long_before_can_be_configured(
    run: Run, clock: Clock, asked: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOW_REMINDER_MINUTES", "59")
    assert run(send_show_reminders) == 0
    clock.advance(minutes=2)

    assert run(send_show_reminders) == 1


def test_a_reminder_is_sent_once(run: Run, clock: Clock, asked: Person, inbox: Inbox) -> None:
    clock.advance(minutes=46)

    assert [run(send_show_reminders) for _ in range(3)] == [1, 0, 0]
    clock.advance(minutes=10)
    assert run(send_show_reminders) == 0
    assert len(inbox(asked)) == 1


def test_a_show_that_moves_reminds_again(
    api: Api, owner: Owner, run: Run, clock: Clock, creator: Person, show: str, asked: Person,
    inbox: Inbox,
) -> None:  # fmt: skip
    clock.advance(minutes=46)
    run(send_show_reminders)
    later = {"scheduledStart": in_days(3 * IN_AN_HOUR)}
    assert api.call("PATCH", f"/api/shows/{show}", token=creator.token, body=later).status == 200

    assert run(send_show_reminders) == 0
    clock.advance(hours=2)
    assert run(send_show_reminders) == 1

    assert len(inbox(asked)) == len(events_of(owner, asked)) == 2


def test_a_change_of_anything_else_reminds_nobody_again(
    api: Api, run: Run, clock: Clock, creator: Person, show: str, asked: Person
) -> None:
    clock.advance(minutes=46)
    run(send_show_reminders)
    api.call("PATCH", f"/api/shows/{show}", token=creator.token, body={"title": "Jazz"})

    assert run(send_show_reminders) == 0


# To whom


@pytest.mark.parametrize("how", ["cancelled", "ended"])
def test_a_show_that_is_over_reminds_nobody(
    api: Api, owner: Owner, run: Run, clock: Clock, creator: Person, show: str, asked: Person,
    inbox: Inbox, how: str,
) -> None:  # fmt: skip
    if how == "cancelled":
        cancel(api, show, creator)
    else:
        start(api, show, creator)
        end(api, show, creator)
    clock.advance(minutes=46)

    assert run(send_show_reminders) == 0
    assert (inbox(asked), events_of(owner, asked)) == ([], [])


def test_who_is_blocked_or_suspended_is_not_reminded(
    api: Api, run: Run, clock: Clock, people: People, creator: Person, show: str, inbox: Inbox
) -> None:
    blocked, blocking, suspended, fine = (people.fan() for _ in range(4))
    for one in (blocked, blocking, suspended, fine):
        remind(api, show, one)
    people.block(creator, blocked)
    people.block(blocking, creator)
    people.suspend(suspended)
    clock.advance(minutes=46)

    assert run(send_show_reminders) == 1
    assert [len(inbox(one)) for one in (blocked, blocking, suspended, fine)] == [0, 0, 0, 1]


def test_a_suspended_creator_reminds_nobody(
    run: Run, clock: Clock, people: People, creator: Person, asked: Person
) -> None:
    people.suspend(creator)
    clock.advance(minutes=46)

    assert run(send_show_reminders) == 0


def test_who_has_a_ticket_and_asked_for_nothing_is_not_mailed(
    api: Api, run: Run, clock: Clock, creator: Person, fan: Person, inbox: Inbox
) -> None:
    show = announce(api, creator, ticketPrice=0, scheduledStart=in_days(IN_AN_HOUR))
    buy(api, show, fan)
    clock.advance(minutes=46)

    assert run(send_show_reminders) == 0
    assert inbox(fan) == []


def test_an_account_without_an_address_is_told_and_not_mailed(
    owner: Owner, run: Run, clock: Clock, people: People, asked: Person
) -> None:
    people.set(asked, email="")
    clock.advance(minutes=46)

    assert run(send_show_reminders) == 1
    assert [event for event, _ in events_of(owner, asked)] == ["show_reminder"]
    assert ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages == []


# When mail does not go out


def test_a_mail_that_is_not_taken_is_tried_again_later_each_time(
    owner: Owner, run: Run, clock: Clock, asked: Person, inbox: Inbox,
    broken: Callable[[], None],
) -> None:  # fmt: skip
    clock.advance(minutes=46)
    assert [run(send_show_reminders) for _ in range(2)] == [0, 0]
    assert state(owner, asked) == (1, False)

    clock.advance(seconds=121)
    assert run(send_show_reminders) == 0
    assert state(owner, asked) == (2, False)
    clock.advance(seconds=121)
    assert run(send_show_reminders) == 0
    assert state(owner, asked) == (2, False)

    broken()
    clock.advance(seconds=120)
    assert run(send_show_reminders) == 1
    assert len(inbox(asked)) == 1
    assert state(owner, asked) == (3, True)
    assert len(events_of(owner, asked)) == 1


def test_after_the_fifth_attempt_it_is_given_up(
    api: Api, owner: Owner, run: Run, clock: Clock, creator: Person, show: str, asked: Person,
    broken: Callable[[], None],
) -> None:  # fmt: skip
    start(api, show, creator)
    for _ in range(7):
        run(send_show_reminders)
        clock.advance(hours=1)
    broken()

    assert run(send_show_reminders) == 0
    assert state(owner, asked) == (5, False)


def test_an_address_that_is_none_is_given_up_at_once(
    owner: Owner, run: Run, clock: Clock, asked: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "Ses", lambda _: Refusing())
    mail.forget()
    clock.advance(minutes=46)
    assert run(send_show_reminders) == 0
    clock.advance(minutes=10)

    assert run(send_show_reminders) == 0
    assert state(owner, asked) == (5, False)


def test_one_that_fails_does_not_stop_the_others(
    api: Api, run: Run, clock: Clock, people: People, show: str, asked: Person, inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    other = people.fan()
    remind(api, show, other)
    ses = mail.mailer()

    class Picky:
        def send(self, mail: Mail) -> None:
            if mail.to == asked.email:
                raise MailUnavailable("ses: TooManyRequestsException")
            ses.send(mail)

    monkeypatch.setattr(mail, "Ses", lambda _: Picky())
    mail.forget()
    clock.advance(minutes=46)

    assert run(send_show_reminders) == 1
    assert len(inbox(other)) == 1


def test_without_a_sender_the_event_goes_out_alone(
    owner: Owner, run: Run, clock: Clock, asked: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_SENDER", "")
    mail.forget()
    clock.advance(minutes=46)

    assert run(send_show_reminders) == 1
    assert len(events_of(owner, asked)) == 1
    assert ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages == []


# The run


def test_a_run_that_died_with_a_claimed_reminder_leaves_it_to_a_later_one(
    owner: Owner, run: Run, clock: Clock, asked: Person, inbox: Inbox
) -> None:
    clock.advance(minutes=46)
    claimed = owner.execute(
        "select email from private.claim_show_reminders(10, '15 minutes', '2 minutes')"
    ).fetchall()
    assert claimed == [(asked.email,)]

    assert run(send_show_reminders) == 0
    clock.advance(seconds=121)
    assert run(send_show_reminders) == 1
    assert len(inbox(asked)) == len(events_of(owner, asked)) == 1


def test_runs_at_the_same_time_share_the_reminders(
    api: Api, run: Run, clock: Clock, people: People, show: str, inbox: Inbox, crowd: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "REMINDER_BATCH", 2)
    fans = [people.fan() for _ in range(9)]
    for one in fans:
        remind(api, show, one)
    clock.advance(minutes=46)

    with ThreadPoolExecutor(3) as threads:
        sent = list(threads.map(run, [send_show_reminders] * 3))

    assert sum(sent) == 9
    assert [len(inbox(one)) for one in fans] == [1] * 9


def test_a_run_without_time_left_claims_nothing(owner: Owner, clock: Clock, asked: Person) -> None:
    clock.advance(minutes=46)
    context: Any = SimpleNamespace(
        aws_request_id=str(uuid4()), get_remaining_time_in_millis=lambda: 15_000
    )

    assert send_show_reminders.handler({}, context) == {"done": 0}
    assert state(owner, asked) == (0, False)


@pytest.mark.parametrize("works", [True, False])
def test_no_address_and_no_title_is_ever_logged(
    run: Run, clock: Clock, asked: Person, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, works: bool,
) -> None:  # fmt: skip
    if not works:
        request.getfixturevalue("broken")
    log = io.StringIO()
    (handler,) = (one for one in logger.handlers if isinstance(one, logging.StreamHandler))
    monkeypatch.setattr(handler, "stream", log)
    clock.advance(minutes=46)
    capsys.readouterr()

    run(send_show_reminders)

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    printed = "".join([log.getvalue(), *capsys.readouterr()])
    assert [line["cause"] for line in lines if line.get("message") == "mail not taken"] == (
        [] if works else ["ses: MessageRejected"]
    )
    assert asked.email not in printed
    assert "candlelight" not in printed
