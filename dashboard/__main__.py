"""Commands that give the numbers of the screen: ``python -m dashboard indicators | ranking | page | briefing | catalogue | …``."""

from __future__ import annotations

import sys

import click

from dashboard.briefing.command_line import COMMANDS as BRIEFING_COMMANDS
from dashboard.grading.command_line import COMMANDS as GRADING_COMMANDS
from dashboard.indicators.command_line import COMMANDS, language_of, usage_text
from dashboard.screens.command_line import COMMANDS as PAGE_COMMANDS
from data_access.errors import DataAccessError

WRONG_USE, FAILED = 2, 1


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """平安态势: figures with limits, method, status and snapshot id."""


for command in (*COMMANDS, *PAGE_COMMANDS, *GRADING_COMMANDS, *BRIEFING_COMMANDS):
    main.add_command(command)


def run(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; errors go to stderr in the language asked for."""
    given = sys.argv[1:] if arguments is None else arguments
    language = language_of(given)
    try:
        return main.main(given, prog_name="python -m dashboard", standalone_mode=False) or 0
    except click.UsageError as error:
        click.echo(usage_text(error, language), err=True)
        return WRONG_USE
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except DataAccessError as error:
        click.echo(error.message_for_operator(language), err=True)
        return FAILED
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(run())
