"""E-mail, through Amazon SES. Neither an address nor a word of a mail is ever logged.

boto3 costs a quarter of a second of a cold start: it is loaded with the first mail, and so by the
jobs that send some alone.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Protocol

from limelight.platform.settings import MailSettings
from limelight.platform.snapstart import around_snapshot

SENDER_NAME: Final = "Limelight"
CONNECT_SECONDS: Final = 2
READ_SECONDS: Final = 5
TRIES: Final = 2
LONGEST_SECONDS: Final = TRIES * (CONNECT_SECONDS + READ_SECONDS) + 1
"""What one mail takes at most, the pause between its tries included."""

_NEVER: Final = frozenset({"BadRequestException"})
"""What SES answers to a mail that it will not take tomorrow either: an address that is none."""


class MailUnavailable(Exception):
    """The mail was not taken now. The message may be logged: it holds no values."""


class MailRefused(Exception):
    """The mail will never be taken: its address is none."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in plain text."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)


class Mailer(Protocol):
    """Something that takes mail."""

    def send(self, mail: Mail) -> None:
        """Sends one mail. Raises MailUnavailable or MailRefused, and then has not sent it."""


class Ses:
    """Mail from `sender`, an address that SES has verified."""

    def __init__(self, sender: str) -> None:
        import boto3
        from botocore.config import Config

        self._sender = f"{SENDER_NAME} <{sender}>"
        self._client: Any = boto3.client(
            "sesv2",
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": TRIES},
            ),
        )

    def send(self, mail: Mail) -> None:
        """As `Mailer.send`. The errors of botocore are left behind: they name addresses."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [mail.to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": _one_line(mail.subject), "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": mail.text, "Charset": "UTF-8"}},
                    }
                },
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            raise (MailRefused if code in _NEVER else MailUnavailable)(f"ses: {code}") from None
        except BotoCoreError as error:
            raise MailUnavailable(f"ses: {type(error).__name__}") from None


class Nobody:
    """Where no sender is configured, mail goes nowhere."""

    def send(self, mail: Mail) -> None:
        """Lets the mail fall."""


@lru_cache(maxsize=1)
def mailer() -> Mailer:
    """Whoever takes this stage's mail."""
    sender = MailSettings().mail_sender
    return Ses(sender) if sender else Nobody()


def forget() -> None:
    """Makes the client anew for the next mail (SnapStart, tests)."""
    mailer.cache_clear()


def _one_line(text: str) -> str:
    return " ".join(text.split())


around_snapshot(forget)
