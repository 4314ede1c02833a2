"""`python -m local gateway`: the gateway in the foreground, over any PostgreSQL."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import uvicorn
from jwt import PyJWK

from local.gateway.bootstrap import BootstrapError, bootstrap, check_request_roles
from local.gateway.keys import LocalKeys, read_signing_key
from local.gateway.settings import GatewaySettings

LOG_LEVELS = ("critical", "error", "warning", "info", "debug")


@click.command(context_settings={"auto_envvar_prefix": "GATEWAY", "show_default": True})
@click.option("--database-url", required=True, help="As the database's owner.")
@click.option("--rest-database-url", help="For /rest/v1, as authenticator; else --database-url.")
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=54321, help="0 takes any free port.")
@click.option("--external-url", help="What clients call it by; it makes the tokens' issuer.")
@click.option("--jwt-secret", help="The legacy HS256 secret; random when absent.")
@click.option("--anon-key", help="sb_publishable_… or a legacy JWT; random when absent.")
@click.option("--secret-key", help="sb_secret_… or a legacy JWT; random when absent.")
@click.option(
    "--signing-key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="ES256 private key, PEM or JWK; made in memory when absent.",
)
@click.option(
    "--keys-file", type=click.Path(dir_okay=False, path_type=Path), help="Made if absent."
)
@click.option("--schemas", default="public", help="Schemas that /rest/v1 serves, by commas.")
@click.option("--extra-search-path", default="public,extensions")
@click.option("--max-rows", default=1000)
@click.option("--autoconfirm/--no-autoconfirm", default=True, help="Accounts need no mail.")
@click.option("--bcrypt-cost", default=10, type=click.IntRange(4, 31))
@click.option("--log-level", default="warning", type=click.Choice(LOG_LEVELS))
def gateway(
    database_url: str,
    rest_database_url: str | None,
    host: str,
    port: int,
    external_url: str | None,
    jwt_secret: str | None,
    anon_key: str | None,
    secret_key: str | None,
    signing_key_file: Path | None,
    keys_file: Path | None,
    schemas: str,
    extra_search_path: str,
    max_rows: int,
    autoconfirm: bool,
    bcrypt_cost: int,
    log_level: str,
) -> None:
    """Serve a Supabase-compatible API over --database-url until Ctrl-C.

    Every option may come from the environment (GATEWAY_DATABASE_URL, GATEWAY_JWT_SECRET, …).
    """
    logging.basicConfig(level=log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    keys = LocalKeys.load_or_create(keys_file) if keys_file else LocalKeys.create()
    listener = _listen(host, port)
    settings = GatewaySettings(
        database_url=database_url,
        rest_database_url=rest_database_url,
        jwt_secret=jwt_secret or keys.jwt_secret,
        anon_key=anon_key or keys.publishable_key,
        secret_key=secret_key or keys.secret_key,
        signing_key=_signing_key(signing_key_file, keys),
        host=host,
        port=listener.getsockname()[1],
        external_url=external_url,
        schemas=_names(schemas),
        extra_search_path=_names(extra_search_path),
        max_rows=max_rows,
        autoconfirm=autoconfirm,
        bcrypt_cost=bcrypt_cost,
    )
    _prepare(settings)
    if not _serve(settings, listener, log_level):
        raise click.ClickException("the gateway did not start; the log above says why")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sends without delay only on sockets that name it:
    # otherwise every answer with a body waits 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name != "nt":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def _signing_key(file: Path | None, keys: LocalKeys) -> PyJWK:
    if file is None:
        return keys.signing_key
    try:
        return read_signing_key(file)
    except ValueError as error:
        raise click.ClickException(f"{file}: {error}") from error


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _prepare(settings: GatewaySettings) -> None:
    try:
        for skipped in bootstrap(settings.database_url):
            click.echo(f"Skipped in the database: {skipped}", err=True)
        check_request_roles(settings.rest_database_url or settings.database_url)
    except BootstrapError as error:
        raise click.ClickException(str(error)) from error


class _Server(uvicorn.Server):
    """Says when it is ready, and ends on a signal with exit status 0."""

    def __init__(self, config: uvicorn.Config, greeting: str) -> None:
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            click.echo(self._greeting)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own raises the signal again once it has stopped."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def _serve(settings: GatewaySettings, listener: socket.socket, log_level: str) -> bool:
    # Not at the top: `python -m local --help` need not load every product.
    from local.gateway.app import create_gateway

    config = uvicorn.Config(
        create_gateway(settings),
        lifespan="on",
        ws="websockets-sansio",
        log_level=log_level,
        access_log=log_level in ("info", "debug"),
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    server = _Server(config, f"Gateway ready on {settings.url} (anon key {settings.anon_key})")
    asyncio.run(server.serve(sockets=[listener]))
    return server.started
