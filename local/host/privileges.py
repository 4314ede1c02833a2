"""Servers that refuse to run as root (PostgreSQL, PgBouncer) run as another user when we are root.

In containers and CI one is often root, and the project may lie where other users may not enter
(`/root/limelight`). So the servers change to an unprivileged user and keep one capability, to pass
through such directories (`setpriv` of util-linux). Without `setpriv` they change user alone.
"""

import os
import pwd
import shutil
import sys
from pathlib import Path

CANDIDATES = ("postgres", "nobody")


def server_user() -> pwd.struct_passwd | None:
    """The user that servers run as, or None when we are not root and they run as ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in CANDIDATES if name in known)


def as_server_user(argv: list[str]) -> list[str]:
    """The command line that runs `argv` as the server user; `argv` itself when we are not root."""
    user = server_user()
    if user is None:
        return argv
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        change = (
            f"import os, sys; os.setgroups([]); os.setgid({user.pw_gid}); os.setuid({user.pw_uid})"
        )
        become = f"{change}; os.execvp(sys.argv[1], sys.argv[1:])"
        return [sys.executable, "-I", "-S", "-c", become, *argv]
    identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    # Without the secure bit, access(2) would not count the capability, and initdb asks access(2).
    passing = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    passing.append("--securebits=+no_setuid_fixup")
    return [setpriv, *identity, *passing, "--", *argv]


def give_to_server_user(path: Path) -> None:
    """Hand a file, or a directory with all in it, to the user that servers run as."""
    user = server_user()
    if user is None:
        return
    os.chown(path, user.pw_uid, user.pw_gid)
    for directory, names, files in os.walk(path):
        for name in (*names, *files):
            os.chown(Path(directory, name), user.pw_uid, user.pw_gid, follow_symlinks=False)
