"""Where the laptop stack keeps what it writes: `.local/` in the project."""

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

PROJECT = Path(__file__).resolve().parents[2]


class AlreadyRunningError(Exception):
    """Another process holds this state directory."""


@dataclass(frozen=True, slots=True)
class State:
    """The paths of one stack. `cache` is shared by all stacks of the project."""

    root: Path = PROJECT / ".local"
    cache: Path = PROJECT / ".local" / "cache"

    @property
    def pgdata(self) -> Path:
        return self.root / "postgres"

    @property
    def pooler(self) -> Path:
        return self.root / "pgbouncer"

    @property
    def certs(self) -> Path:
        return self.root / "certs"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def keys(self) -> Path:
        """The gateway's keys: JWT secret, API keys, ES256 signing key."""
        return self.root / "keys.json"

    @property
    def passwords(self) -> Path:
        return self.root / "passwords.json"

    @property
    def processes(self) -> Path:
        """What runs: pid and start time of every child, to recognise leftovers of a crash."""
        return self.root / "processes.json"

    @property
    def stack(self) -> Path:
        """How to reach the stack that runs; absent when none does."""
        return self.root / "stack.json"

    @property
    def demo(self) -> Path:
        """What the placeholders of events stand for; absent when no stack with demo data runs."""
        return self.root / "demo.json"

    def prepare(self) -> None:
        """Make the directories. The root may be passed through: servers may be another user."""
        for directory in (self.root, self.cache, self.logs):
            directory.mkdir(parents=True, exist_ok=True)

    def password(self, name: str) -> str:
        """The password of that name, made at first use and kept in a file of mode 0600."""
        known: dict[str, str] = read_json(self.passwords) or {}
        return known.get(name) or self.keep_password(name, secrets.token_urlsafe(24))

    def keep_password(self, name: str, password: str) -> str:
        known: dict[str, str] = read_json(self.passwords) or {}
        write_private(self.passwords, json.dumps(known | {name: password}, indent=2))
        return password


class StateLock:
    """One stack per state directory: held by the process that runs it, freed when that dies."""

    def __init__(self, state: State, title: str) -> None:
        self._path = state.root / "lock"
        self._title = title
        self._file: int | None = None

    def __enter__(self) -> Self:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 200).decode(errors="replace")
            os.close(descriptor)
            message = f"This project's stack is already running: {owner or 'owner unknown'}."
            raise AlreadyRunningError(message) from None
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{self._title} (pid {os.getpid()})".encode(), 0)
        self._file = descriptor
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.truncate(self._file, 0)
            os.close(self._file)
            self._file = None


def owner_of(state: State) -> str | None:
    """Who runs the stack of this state directory, in words; None when nobody does."""
    try:
        with StateLock(state, "a check"):
            return None
    except AlreadyRunningError as running:
        return str(running)
    except FileNotFoundError:
        return None


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def read_json(path: Path) -> Any:
    """The contents of a JSON file of ours; None when it is absent or was cut short by a crash."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
