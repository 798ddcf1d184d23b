"""What the server or its driver says, in words a reader understands; the driver's own text goes to the log only."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import sqlalchemy as sa

from data_access.errors import DataAccessError, StoreBusyError, StoreRefusedError, StoreTooSlowError
from data_access.store.postgresql.columnar import is_lost

log = logging.getLogger("pingan.database")
log.addHandler(logging.NullHandler())  # commands say what their user may read themselves; a server keeps a log
logging.getLogger("psycopg").addHandler(logging.NullHandler())  # a broken COPY is told by its own error
_CONNECTING = ("", "08")
"""Classes of SQLSTATE while a connection is made, to the server or from there to a shard; mostly there is none."""


@dataclass(frozen=True)
class _Refusal:
    """A kind of refusal: how it is known, and what is said of it."""

    english: str
    chinese: str
    code: str = ""
    kind: type[DataAccessError] = StoreRefusedError
    states: tuple[str, ...] = ()
    """SQLSTATE, or the beginning of it."""
    words: tuple[str, ...] = ()
    """What is said where no code is given: while a connection is made there is none."""

    def fits(self, state: str, said: str) -> bool:
        if state.startswith(self.states or "-"):
            return True
        return state[:2] in _CONNECTING and any(words in said for words in self.words)


_REFUSALS = (
    _Refusal(
        "The shared database took too long and the question was given up. Ask for a smaller region or period.",
        "共享数据库响应超时，查询已取消。请选择更小的区域或时段。",
        kind=StoreTooSlowError,
        states=("57014",),
    ),
    _Refusal(
        "Others are writing to the shared database, or all its connections are taken. Try again in a few seconds.",
        "共享数据库正被他人写入，或连接已用尽，请几秒后重试。",
        kind=StoreBusyError,
        states=("55P03", "53300"),
        words=("too many clients", "too many connections", "connection slots"),
    ),
    _Refusal(
        "The shared database has no space left. Nothing was changed. Whoever runs it must make room; then try again.",
        "共享数据库空间不足，未作任何更改。请数据库管理员清理空间后重试。",
        "store_full",
        states=("53100", "53200", "53400"),
    ),
    _Refusal(
        "The address of the shared database holds a value that can't be used. The administrator must correct DATABASE_URL.",
        "共享数据库地址中有不可用的参数。请管理员更正 DATABASE_URL。",
        "store_address",
        words=(
            "connection is bad: invalid",
            "Failed to connect: invalid",
            "invalid connection option",
            "invalid channel_binding",
            "invalid sslmode",
        ),
    ),
    _Refusal(
        "The connection to the shared database can't be made as secure as its address demands. The administrator must check "
        "sslmode and sslrootcert in DATABASE_URL, and the certificate of the server.",
        "无法按地址要求与共享数据库建立加密连接。请管理员检查 DATABASE_URL 中的 sslmode 与 sslrootcert，以及服务器证书。",
        "store_not_secure",
        words=("does not support SSL", "certificate", "handshake failure"),  # a lost connection says "SSL", too
    ),
    _Refusal(
        "The shared database refuses this program's login. The administrator must check the name and password in "
        "DATABASE_URL, the roles granted to it, and pg_hba.conf (docs/deployment.md, section 2).",
        "共享数据库拒绝本程序的登录。请管理员检查 DATABASE_URL 中的用户名与密码、所授角色及 pg_hba.conf"
        "（见 docs/deployment.md 第 2 节）。",
        "store_forbidden",
        states=("28",),
        words=(
            "authentication failed",
            "no password supplied",
            "pg_hba.conf",
            "is not permitted to log in",
            'FATAL:  role "',
        ),
    ),
    _Refusal(
        "The shared database does not give this program the right to do this. The administrator must grant its login the "
        "role that it needs (docs/deployment.md, section 2).",
        "共享数据库未授予本程序此项权限。请管理员向其登录授予所需角色（见 docs/deployment.md 第 2 节）。",
        "store_forbidden",
        states=("42501",),
        words=("permission denied",),
    ),
    _Refusal(
        "The server of the shared database has no database of the name given. The administrator must correct DATABASE_URL, "
        "or create the database and run `python -m data_access migrate`.",
        "共享数据库服务器上没有所指定的数据库。请管理员更正 DATABASE_URL，或创建该数据库后运行 python -m data_access migrate。",
        "store_not_set_up",
        states=("3D000",),
        words=('FATAL:  database "',),
    ),
    _Refusal(
        "The shared database is not set up for this version of the program. The administrator must run "
        "`python -m data_access migrate`.",
        "共享数据库尚未按本程序版本完成初始化。请管理员运行 python -m data_access migrate。",
        "store_not_set_up",
        states=("3F000", "42P01", "22023", "42704", "42883", "42703"),
    ),
    _Refusal(
        "The shared database can only be read at present: it is a copy, or was set so. Nothing was changed. The "
        "administrator must let DATABASE_URL name the server that takes changes.",
        "共享数据库目前只读（备用库或被设为只读），未作任何更改。请管理员将 DATABASE_URL 指向可写的服务器。",
        "store_read_only",
        states=("25006",),
    ),
)
_OTHER = _Refusal(
    "The shared database refused this. Nothing was changed. If it recurs, tell the administrator the time: the server's "
    "log says more.",
    "共享数据库拒绝执行，未作任何更改。如再次出现，请将发生时间告知管理员，服务器日志中有详细原因。",
)


def refusal(error: Exception, place: str, login_state: Callable[[str], str]) -> DataAccessError | None:
    """Return what is to be said of an error of the driver, or None when the database can't be reached.

    Parameters
    ----------
    error : Exception
        What SQLAlchemy or the driver raised.
    place : str
        Which database was asked, as which role; for whoever runs it.
    login_state : callable
        Gives the SQLSTATE of a login of which there are words only, in a language that isn't known.
    """
    cause = driver_error(error)
    state, said = getattr(cause, "sqlstate", None) or "", str(cause)
    known = _known(state, said) or (None if state else _known(login_state(said), said))
    if known is None:
        if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) or is_lost(cause):
            return None
        known = _OTHER
    logged(cause, place)
    return known.kind(known.english, known.chinese, code=known.code or None, operator=operator_text(cause, place))


def _known(state: str, said: str) -> _Refusal | None:
    return next((each for each in _REFUSALS if each.fits(state, said)), None)


def driver_error(error: Exception) -> BaseException:
    """Return the error of the driver itself."""
    return error.orig or error if isinstance(error, sa.exc.DBAPIError) else error


def logged(cause: BaseException, place: str) -> None:
    """Write the driver's own words to the log, in one line."""
    log.warning("%s: %s: %s", place, type(cause).__name__, " | ".join(str(cause).split("\n")))


def operator_text(cause: BaseException, place: str) -> str:
    """Return what whoever runs the database may read: which one, as whom, and the code of the error.

    While a connection is made nothing was asked yet, so that the driver's words can't hold a value; later they can.
    """
    state = getattr(cause, "sqlstate", None)
    if state:
        return f"{place}; {state} {type(cause).__name__}"
    lines = str(cause).strip().splitlines()
    return f"{place}; {lines[0]}" if lines else place
