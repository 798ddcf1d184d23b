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
    "cut_off": ("末尾被截去，应到第 {number} 行", "the end was cut off; it should reach line {number}"),
    "unrecorded_prune": (
        "第 {number} 行及以前已不在，但没有清理记录",
        "lines up to {number} are gone as if pruned, but no prune was recorded",
    ),
    "clock_back": (
        "提示：第 {number} 行的时间早于上一行，时钟曾被回拨；链条不受影响",
        "remark: line {number} is dated before the one that it follows: the clock was set back; the chain holds",
    ),
    "no_head": (
        "audit.head 丢失或损坏（本机写到第 {number} 行），无法判断末尾是否被截去；请由副本恢复，查明后可用 --renew-head 重立",
        "audit.head is missing or damaged (this machine wrote up to line {number}), so a cut-off end would not show; "
        "restore it from its copy, or begin it anew with --renew-head once that was looked into",
    ),
    "old_head": (
        "audit.head 早于本机写入的第 {number} 行：被换回旧文件，或程序写入时中断；请与副本核对，查明后可用 --renew-head 重立",
        "audit.head is older than line {number}, which this machine wrote: an old file was put back, or the program died "
        "while writing; compare it with its copy, and begin it anew with --renew-head once that was looked into",
    ),
}


@click.group("audit")
def audit_commands() -> None:
    """Verify, list and prune the audit record."""


@audit_commands.command("verify")
@click.option("--renew-head", is_flag=True, help="First let audit.head say the record's last line; this is recorded.")
@click.pass_context
def verify_command(context: click.Context, renew_head: bool) -> None:
    """Check the chain of hashes and its head; exit code 1 when a line or the head was removed or changed."""
    chinese = context.find_root().params.get("language", "zh") == "zh"
    book = AuditBook(context.find_object(Home) or Home.default())
    if renew_head:
        book.renew_head()
    read, findings = book.verify()
    for finding in findings:
        zh, en = _PROBLEMS[finding.problem]
        click.echo((zh if chinese else en).format(number=finding.sequence), err=True)
    if not all(finding.is_remark for finding in findings):
        sys.exit(1)
    click.echo(f"审计记录完整，共 {read} 行。" if chinese else f"The audit record is whole: {read} lines.")


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
