"""``python -m data_access audit verify | list | prune``."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from data_access.access import Scope
from data_access.audit.book import AuditBook
from data_access.home import Home

_PROBLEMS = {
    "changed": ("第 {number} 行被改动", "line {number} was changed"),
    "missing": ("第 {number} 行起有缺失", "lines are missing from {number} on"),
    "out_of_chain": ("第 {number} 行与上一行不衔接", "line {number} does not follow the one before"),
    "cut_off": ("末尾被截去,应到第 {number} 行", "the end was cut off; it should reach line {number}"),
}


@click.group("audit")
def audit_commands() -> None:
    """Verify, list and prune the audit record."""


@audit_commands.command("verify")
@click.pass_context
def verify_command(context: click.Context) -> None:
    """Check the chain of hashes; exit code 1 when a line was removed or changed."""
    chinese = context.find_root().params.get("language", "zh") == "zh"
    read, findings = AuditBook(context.find_object(Home) or Home.default()).verify()
    for finding in findings:
        zh, en = _PROBLEMS[finding.problem]
        click.echo((zh if chinese else en).format(number=finding.sequence), err=True)
    if findings:
        sys.exit(1)
    click.echo(f"审计记录完整,共 {read} 行。" if chinese else f"The audit record is whole: {read} lines.")


@audit_commands.command("list")
@click.option("--kind")
@click.option("--limit", type=click.IntRange(1, 2_000), default=50)
@click.pass_context
def list_command(context: click.Context, kind: str | None, limit: int) -> None:
    """Print the newest lines as CSV."""
    book = AuditBook(context.find_object(Home) or Home.default())
    click.echo(book.lines(Scope("auditor", ""), kind, limit=limit).to_csv(index=False), nl=False)


@audit_commands.command("prune")
@click.option("--before", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.pass_context
def prune_command(context: click.Context, before: datetime) -> None:
    """Take away lines older than a day at least six months ago; the chain still verifies."""
    click.echo(AuditBook(context.find_object(Home) or Home.default()).prune(before.date()))
