"""Where sign-in may be left off: on this machine alone, with made-up or openly published data, or by express word."""

from __future__ import annotations

import os
from typing import NoReturn

from streamlit import config

from dashboard.front.loopback import is_loopback
from dashboard.sign_in.accounts import SignInRequired
from dashboard.sign_in.settings import MODE_VARIABLE, declared_mode
from data_access.errors import ConfigError, DataAccessError
from data_access.home import Home
from data_access.queries import SnapshotInfo, SnapshotReader

HOW = "docs/deployment.md"


def check_start(home: Home) -> None:
    """Refuse to start where anybody could read what only some may.

    Raises
    ------
    ConfigError
        Saying what to set.
    """
    if config.get_option("server.baseUrlPath"):
        raise ConfigError(
            "server.baseUrlPath puts the cockpit below a path, where its checks don't look. Leave it out, and give the cockpit "
            f"a name of its own (see {HOW}).",
            f"server.baseUrlPath 会使页面位于子路径之下，访问检查无法覆盖。请删去该设置，并为本系统使用单独的域名（见 {HOW}）。",
        )
    mode = declared_mode()
    if mode in ("oidc", "proxy"):
        return
    address = config.get_option("server.address")
    if not is_loopback(address):
        raise ConfigError(
            f"Without sign-in the cockpit is served on this machine only, not on {address or 'every address'}. "
            f"Set up sign-in ([auth] in .streamlit/secrets.toml, see {HOW}), or use --server.address 127.0.0.1.",
            f"未设置登录时只能在本机提供服务，不能绑定到 {address or '所有地址'}。"
            f"请设置登录（.streamlit/secrets.toml 的 [auth]，见 {HOW}），或使用 --server.address 127.0.0.1。",
        )
    if mode is None and not _may_be_read_by_anybody(home):
        _refuse_real_data(ConfigError)


def check_open(snapshot: SnapshotInfo) -> None:
    """Refuse real data where nobody has to sign in: at the start they may not have been there, or their database away.

    Raises
    ------
    SignInRequired
        Saying what to set.
    """
    if declared_mode() is None and not _is_open(snapshot):
        _refuse_real_data(SignInRequired)


def _refuse_real_data(refusal: type[DataAccessError]) -> NoReturn:
    """Say of data that only some may read that anybody could."""
    raise refusal(
        f"These are real data, and there is no sign-in. Set it up (see {HOW}), or say expressly that everybody at this "
        f"machine may read them: {MODE_VARIABLE}=off.",
        f"这是真实数据，且未设置登录。请设置登录（见 {HOW}），或明确声明本机使用者均可查看：{MODE_VARIABLE}=off。",
        code="real_data",
    )


def _may_be_read_by_anybody(home: Home) -> bool:
    try:
        snapshot = SnapshotReader(home).snapshot()
    except DataAccessError:
        return True  # nothing to read yet, or a database that the pages will speak of themselves
    return _is_open(snapshot)


def _is_open(snapshot: SnapshotInfo) -> bool:
    return snapshot.is_demonstration or snapshot.dataset.get("open_data") == "1"


def start_message(error: DataAccessError) -> str:
    """Return the sentence a refused start ends with, in the language of the machine."""
    spoken = os.environ.get("LANG", "zh")
    return error.message_for_operator("zh" if spoken.startswith(("zh", "C", "POSIX")) or not spoken else "en")
