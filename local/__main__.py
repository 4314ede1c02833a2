"""`python -m local …`: the command line over the laptop stack."""

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run, serve, smoke-test and invoke Limelight on this machine."""


if __name__ == "__main__":
    cli(prog_name="python -m local")
