"""Mail goes through SES, and its errors tell no address."""

import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from limelight.platform import mail
from limelight.platform.mail import Mail, MailRefused, MailUnavailable, Nobody, Ses
from local.host.state import PROJECT

SENDER = "no-reply@limelight.example"
REGION = "eu-west-1"
LETTER = Mail("nova@example.com", "“Piano”\r\nstarts  soon", "At 20:00 UTC.\n")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "MAIL_SENDER": SENDER,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    mail.forget()
    with mock_aws():
        yield
    mail.forget()


def test_a_mail_is_sent_in_the_name_of_the_product(aws: None) -> None:
    boto3.client("sesv2").create_email_identity(EmailIdentity=SENDER)

    mail.mailer().send(LETTER)

    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    assert sent.source == f"Limelight <{SENDER}>"
    assert sent.destinations == {"ToAddresses": ["nova@example.com"]}
    assert (sent.subject, sent.body) == ("“Piano” starts soon", "At 20:00 UTC.\n")


def test_the_client_is_made_once(aws: None) -> None:
    assert mail.mailer() is mail.mailer()


def test_without_a_sender_mail_goes_nowhere(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL_SENDER")
    mail.forget()

    mailer = mail.mailer()
    mailer.send(LETTER)

    assert isinstance(mailer, Nobody)
    assert ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages == []


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("BadRequestException", MailRefused),
        ("MessageRejected", MailUnavailable),
        ("TooManyRequestsException", MailUnavailable),
        ("AccountSuspendedException", MailUnavailable),
        ("SendingPausedException", MailUnavailable),
        ("AccessDeniedException", MailUnavailable),
    ],
)
def test_what_ses_answers_says_whether_to_try_again_and_names_nobody(
    aws: None, code: str, raised: type[Exception]
) -> None:
    ses = Ses(SENDER)
    with Stubber(ses._client) as answers:
        answers.add_client_error("send_email", code, "nova@example.com is not what we like")
        with pytest.raises(raised) as refusal:
            ses.send(LETTER)

    assert str(refusal.value) == f"ses: {code}"
    assert refusal.value.__suppress_context__


def test_a_ses_that_does_not_answer_is_an_outage(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ses = Ses(SENDER)

    def silence(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="https://email.example")

    monkeypatch.setattr(ses._client, "send_email", silence)

    with pytest.raises(MailUnavailable, match=r"^ses: ConnectTimeoutError$"):
        ses.send(LETTER)


def test_a_mail_shows_nothing_of_itself() -> None:
    assert repr(LETTER) == "Mail()"


def test_aws_is_not_loaded_before_the_first_mail() -> None:
    code = "import sys, limelight.platform.mail; print('boto3' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(PROJECT / "layers" / "common")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "False\n"
