"""Errors a user can cause, each with a plain message in Chinese and English."""

from __future__ import annotations


class DataAccessError(Exception):
    """Say what is wrong, where, and what to do, in both languages.

    Parameters
    ----------
    english, chinese : str
        The whole sentence in each language.
    code : str, optional
        A stable key for tests and logs.
    operator : str
        What only whoever runs the server may read beside the sentence: an address, a role, an error code.
    **details
        The values the sentence names (file, row, column, value, …).
    """

    default_code = "data_access_error"

    def __init__(
        self, english: str, chinese: str, *, code: str | None = None, operator: str = "", **details: object
    ) -> None:
        super().__init__(english)
        self.english = english
        self.chinese = chinese
        self.code = code or self.default_code
        self.operator = operator
        self.details = details

    def message(self, language: str = "zh") -> str:
        """Return the sentence in ``language`` (``zh`` or ``en``)."""
        return self.english if language == "en" else self.chinese

    def message_for_operator(self, language: str = "zh") -> str:
        """Return the sentence, and what only whoever runs the server may read, for commands and logs; not for a screen."""
        said = self.operator or getattr(self.__cause__, "operator", "")
        return f"{self.message(language)} [{said}]" if said else self.message(language)


class ConfigError(DataAccessError):
    """A file under config/ or a mapping says something impossible."""

    default_code = "config_error"


class ScopeError(DataAccessError):
    """The viewer asked for a region outside their scope."""

    default_code = "scope_error"


class NoSnapshotError(DataAccessError):
    """Nothing has been published yet."""

    default_code = "no_snapshot"


class StoreBusyError(DataAccessError):
    """Another process is importing or publishing."""

    default_code = "store_busy"


class StoreUnavailableError(DataAccessError):
    """The shared database can't be reached now; what is asked works again by itself when it can."""

    default_code = "store_unavailable"


class StoreRefusedError(DataAccessError):
    """The store answers but refuses: not set up, no right, no space, or an answer that takes too long."""

    default_code = "store_refused"


class StoreTooSlowError(StoreRefusedError):
    """The store was given too little time for an answer."""

    default_code = "statement_timeout"


class ClusterError(DataAccessError):
    """The cluster can't be used: not installed here, not reachable, without workers, or it failed; nothing was published."""

    default_code = "cluster_unavailable"


class SchemaVersionError(DataAccessError):
    """The file was written by another version of this program."""

    default_code = "schema_version"


class ImportRefused(DataAccessError):
    """A file or mapping can't be imported at all; nothing was changed."""

    default_code = "import_refused"


class PublishRefused(DataAccessError):
    """The data don't reconcile; the last published state stays served."""

    default_code = "publish_refused"


class WriteRefused(DataAccessError):
    """What was typed can't be kept: too long, an impossible date, a missing reason, an identity, a step not allowed."""

    default_code = "write_refused"


class ConflictError(DataAccessError):
    """Somebody else changed the item since it was read; ``details["current"]`` is what it says now."""

    default_code = "conflict"


class AuditUnavailableError(DataAccessError):
    """The audit record can't be written; what would have been recorded is not done."""

    default_code = "audit_unavailable"
