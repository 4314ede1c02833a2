"""`python -m local …`: the command line over the laptop stack."""

from importlib import import_module

import click

COMMANDS = {
    "apidiff": "local.documents.apidiff:command",
    "clean": "local.clean:command",
    "console": "local.web.command:command",
    "dev": "local.dev:command",
    "docs": "local.documents.command:command",
    "gateway": "local.gateway.cli:gateway",
    "invoke": "local.invoke:command",
    "migrate": "local.services.migrate:command",
    "requirements": "local.requirements:command",
    "run": "local.run:command",
    "seed": "local.seed.command:command",
    "smoke": "local.smoke:command",
    "vendor": "local.web.vendor:command",
}


class Commands(click.Group):
    """Imports a command when it is called: the gateway need not wait for the deployer's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run, serve, smoke-test and invoke Limelight on this machine."""


if __name__ == "__main__":
    cli(prog_name="python -m local")
