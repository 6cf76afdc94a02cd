"""Ways to the database: a pool, a connection, and the errors of one that is gone."""

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from geopush.errors import DatabaseError

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
)

_JSONB_VERSION = b"\x01"  # the one byte before the text in jsonb's binary form
_PATIENCE = 20.0  # seconds for one statement, a little above the server's own limit
_SERVER_SETTINGS = {
    "application_name": "geopush",
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
# What a lost database raises; some of it has other reasons too, so ask lost().
GONE: tuple[type[Exception], ...] = (
    OSError,  # no socket, refused, reset; TimeoutError is one too
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,  # starting up, recovering, shutting down
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,  # the connection or the pool is closed
    asyncpg.InternalClientError,  # the protocol broke off in the middle of an answer
)
_SHUT_OUT: tuple[type[Exception], ...] = (
    *GONE,
    asyncpg.InvalidAuthorizationSpecificationError,  # a wrong password is one too
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    ValueError,  # what was given names no place
)
_OUR_FAULT: tuple[type[Exception], ...] = (
    asyncpg.DataError,  # an argument that asyncpg itself could not encode
    asyncpg.UnsupportedClientFeatureError,
)
# What a database raises that is there and has too much to do.
_BUSY: tuple[type[Exception], ...] = (
    asyncpg.QueryCanceledError,  # the statement took too long
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # another server is about to take over
)


def lost(error: BaseException) -> bool:
    """Tell whether the error means that the database is gone: try again later."""
    return isinstance(error, GONE) and not isinstance(error, _OUR_FAULT)


async def reach(dsn: str) -> None:
    """Connect once, to say in words why that cannot be: ``DatabaseError``."""
    try:
        connection = await open_connection(dsn)
    except _SHUT_OUT as error:
        why = str(error) or type(error).__name__
        raise DatabaseError(f"the database cannot be reached: {why}") from error
    await connection.close()


def busy(error: BaseException) -> bool:
    """Tell whether the database is there and could not do it now: try again later."""
    return isinstance(error, _BUSY)


async def open_pool(dsn: str, *, size: int = 4) -> Pool:
    """Open a pool of at most ``size`` connections that speak our types."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=0,  # else asyncpg itself tries again and again while there is none
        max_size=size,
        init=_teach,
        command_timeout=_PATIENCE,
        server_settings=_SERVER_SETTINGS,
    )
    try:
        await pool.fetchval("SELECT 1")
    except BaseException:
        pool.terminate()
        raise
    return pool


async def open_connection(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Open a connection outside any pool, whose statements may take their time."""
    connection = await asyncpg.connect(
        dsn, server_settings={"application_name": "geopush", "timezone": "UTC"}
    )
    await _teach(connection)
    return connection


async def _teach(connection: Connection) -> None:
    """Hand jsonb over as JSON text: bytes out, bytes or str in."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=_to_jsonb,
        decoder=_from_jsonb,
    )


def _to_jsonb(value: bytes | str) -> bytes:
    return _JSONB_VERSION + (value.encode() if isinstance(value, str) else value)


def _from_jsonb(value: bytes) -> bytes:
    return bytes(value[len(_JSONB_VERSION) :])
