"""`python -m local …`: the command line over the laptop stack."""

import click

from local.gateway.cli import gateway


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run, serve, smoke-test and invoke Limelight on this machine."""


cli.add_command(gateway)

if __name__ == "__main__":
    cli(prog_name="python -m local")
