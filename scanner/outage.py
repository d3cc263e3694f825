"""Outage: why the database cannot take something now, as a stable code: busy, disk_full, read_only or no_database.

SQLite names its errors, PostgreSQL numbers them (https://www.postgresql.org/docs/current/errcodes-appendix.html).
Whatever is not listed here is no outage but a fault of ours.
"""

from __future__ import annotations

import errno
from typing import Final, Literal

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

Outage = Literal["busy", "disk_full", "read_only", "no_database"]

SQLITE: Final[dict[str, Outage]] = {  # by the name's first two words; the third is a detail
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_PROTOCOL": "busy",
    "SQLITE_NOMEM": "busy",
    "SQLITE_FULL": "disk_full",
    "SQLITE_READONLY": "read_only",
    "SQLITE_PERM": "read_only",
    "SQLITE_CANTOPEN": "no_database",
    "SQLITE_IOERR": "no_database",
    "SQLITE_CORRUPT": "no_database",
    "SQLITE_NOTADB": "no_database",
}
POSTGRESQL: Final[dict[str, Outage]] = {
    "53100": "disk_full",
    "25006": "read_only",  # a standby, or default_transaction_read_only
    "25P03": "busy",  # idle_in_transaction_session_timeout
    "55P03": "busy",  # lock_timeout
    "57014": "busy",  # statement_timeout
    "3D000": "no_database",
    "3F000": "no_database",
    "42P01": "no_database",  # there, but without our tables
}
POSTGRESQL_CLASSES: Final[dict[str, Outage]] = {
    "08": "no_database",  # the connection
    "28": "no_database",  # its password
    "40": "busy",  # deadlock, serialization
    "53": "busy",  # connections, memory
    "57": "no_database",  # shut down, starting
    "58": "no_database",  # its disk
    "XX": "no_database",  # its files
}
FILE: Final[dict[int, Outage]] = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
}


def outage(error: DBAPIError) -> Outage | None:
    """What ails the database behind an error; None for an error that another program or another day would not mend."""
    if error.orig is not None and hasattr(error.orig, "sqlite_errorname"):
        return sqlite_outage(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    if state:
        return POSTGRESQL.get(state) or POSTGRESQL_CLASSES.get(state[:2])
    is_lost = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return "no_database" if is_lost else None


def sqlite_outage(error: BaseException) -> Outage | None:
    """The same for an error of SQLite's driver."""
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_ERROR" and str(error).startswith("no such table"):
        return "no_database"
    return SQLITE.get("_".join(name.split("_")[:2]))


def file_outage(error: OSError) -> Outage:
    """The same for a file beside the database that could not be opened."""
    return FILE.get(error.errno or 0, "no_database")
