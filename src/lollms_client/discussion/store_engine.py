"""The database behind the store: connections, transactions, migrations, and its errors as ours."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.pool import StaticPool

from lollms_client.discussion.failures import BadConversation, StoreFailed
from lollms_client.discussion.store_schema import HEAD, VERSION_TABLE
from lollms_client.errors import BadSetting, MissingDependency

_WAIT = 30.0  # seconds that a writer waits for another one
_MIGRATION_LOCK = 0x6C6F6C6C  # PostgreSQL's advisory lock while tables are made


class Database:
    """SQLite or PostgreSQL by URL. `read` and `write` give a connection; a `write` inside another one joins it."""

    def __init__(self, url: str | Path) -> None:
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._in_memory = isinstance(self.engine.pool, StaticPool)  # one connection for everyone
        self._turn: Any = threading.RLock() if self._in_memory else nullcontext()
        self._local = threading.local()
        self._is_closed = False
        self._process = os.getpid()
        self._of_the_parent: list[Any] = []
        try:
            with _translated():
                self._migrate()
        except BaseException:
            self.close()
            raise

    @property
    def is_writing(self) -> bool:
        """Whether this thread is inside a `write`."""
        return getattr(self._local, "connection", None) is not None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection to read with; inside `write` the same one."""
        current = getattr(self._local, "connection", None)
        if current is not None:
            yield current
            return
        self._check_open()
        with self._turn, _translated(), self.engine.connect() as connection:
            yield connection.execution_options(lollms_read=True)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction: kept when the outermost `with` ends, undone after an exception."""
        current = getattr(self._local, "connection", None)
        if current is not None:
            yield current
            return
        self._check_open()
        with self._turn, _translated(), self.engine.begin() as connection:
            self._local.connection = connection
            try:
                yield connection
            finally:
                self._local.connection = None

    def close(self) -> None:
        """Close all connections."""
        self._is_closed = True
        self.engine.dispose()

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreFailed("the store is closed: open it again with LollmsDataManager(…)")
        if self._process != os.getpid() and not self._in_memory:
            self._of_the_parent.append(self.engine.pool)  # closing these connections here would disturb the parent
            self.engine.dispose(close=False)
            self._local = threading.local()
            self._process = os.getpid()

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            if _revision(connection.execution_options(lollms_read=True)) == HEAD:
                return
        with self.engine.begin() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            found = _revision(connection)
            if found != HEAD:
                _upgrade(connection, found)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    versions = sa.table(VERSION_TABLE, sa.column("version_num", sa.String))
    return connection.execute(sa.select(versions.c.version_num)).scalar()


def _upgrade(connection: sa.Connection, found: str | None) -> None:
    try:
        from alembic import command
        from alembic.config import Config
        from alembic.util.exc import CommandError
    except ImportError as error:
        message = "making the tables needs Alembic: pip install 'lollms_client[store]'"
        raise MissingDependency(message, package="alembic") from error
    config = Config()
    config.set_main_option("script_location", "lollms_client.discussion:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        message = f"the store has the version {found}, which this lollms_client does not know: it is newer; update it"
        raise StoreFailed(message, version=found) from error


def _engine(url: str | Path) -> sa.Engine:
    if isinstance(url, Path):
        url = f"sqlite:///{url.as_posix()}"
    try:
        address = sa.make_url(url)
    except exc.ArgumentError as error:
        meant = f" (for a file: sqlite:///{url})" if "://" not in str(url) else ""
        message = f"a database URL looks like sqlite:///path.db or postgresql://user:password@host/name{meant}"
        raise BadSetting(message, setting="db_url") from error
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    kind = address.get_backend_name()
    if kind == "postgresql":
        try:
            return sa.create_engine(address, pool_pre_ping=True)
        except ImportError as error:
            message = "PostgreSQL needs the package psycopg: pip install 'lollms_client[postgres]'"
            raise MissingDependency(message, package="psycopg") from error
    if kind != "sqlite":
        raise BadSetting(f"conversations are kept in SQLite or PostgreSQL, not in {kind}", setting="db_url")
    in_memory = address.database in (None, "", ":memory:")
    if not in_memory and not str(address.database).startswith("file:"):
        place = Path(str(address.database)).expanduser()
        if not place.parent.is_dir():
            raise StoreFailed(f"there is no folder {place.parent} for the database: create it first")
        address = address.set(database=str(place))
    arguments: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {}
    engine = sa.create_engine(address, connect_args={"timeout": _WAIT, "check_same_thread": False}, **arguments)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    _into_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")  # what was committed survives a power cut
    connection.execute("PRAGMA foreign_keys=ON")


def _into_wal(connection: Any) -> None:
    """Switch the journal; SQLite does not wait for its lock while another process does the same."""
    import sqlite3

    deadline = time.monotonic() + _WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    if not connection.get_execution_options().get("lollms_read"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exc.IntegrityError as error:
        raise BadConversation(
            "the discussion was changed meanwhile: an id is taken, or a parent or the discussion was deleted"
        ) from error
    except exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        failure = StoreFailed(f"the database failed: {cause}")
        failure.retryable = "deadlock" in str(cause) or "locked" in str(cause)
        raise failure from error
