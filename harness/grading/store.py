"""The store of a run directory: every verdict, as it arrives, in one SQLite file.

Verdicts are kept by submission (its SHA-256), check and setting, which is everything else that a verdict may depend on,
so that grading again does only what is missing or stale. A new setting never writes over an old one: what an
attempt graded stays, and records are views of it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from harness.judge.verdict import Outcome

SCHEMA = 1
FILE, LOCK = "seqgrade.sqlite", "seqgrade.lock"

_TABLES = """
CREATE TABLE IF NOT EXISTS setting (id TEXT PRIMARY KEY, facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdict (
    sha256 TEXT NOT NULL, setting TEXT NOT NULL, check_id TEXT NOT NULL, outcome TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (sha256, setting, check_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS finding (
    sha256 TEXT NOT NULL, setting TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (sha256, setting, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempt (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, setting TEXT NOT NULL, rubric TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entry (
    attempt INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (attempt, name)) WITHOUT ROWID;
"""


class StoreError(Exception):
    """A run directory that cannot be used; the message says why, and what to do."""


class Store:
    """The verdicts of a run directory. Use it as a context manager: one grader at a time.

    Raises StoreError where the folder cannot be written, another grader is at it, or it is of a newer seqgrade; and,
    from any method, where the disk is full: what was kept before stays.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._place = folder, folder / FILE
        with self._told("cannot be written; choose another --out"):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / LOCK, timeout=0)
            self._lock.acquire()
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise

    def _open(self) -> None:
        with self._told("cannot be opened"):
            self._db = sqlite3.connect(self._place, isolation_level=None)
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found > SCHEMA:
                self._db.close()
                raise StoreError(
                    f"{self._place}: was written by a newer seqgrade (schema {found}, this one reads {SCHEMA}); "
                    "upgrade, or choose another --out"
                )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_TABLES)
            self._db.execute(f"PRAGMA user_version = {SCHEMA}")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self._db.close()
        self._lock.release()

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except Timeout as error:
            raise StoreError(
                f"{self.folder}: another grader is at work here; wait for it, or choose another --out"
            ) from error
        except (sqlite3.Error, OSError) as error:
            why = getattr(error, "strerror", None) or error
            raise StoreError(f"{self._place}: {what} ({why}); nothing that was kept is lost") from error

    # -- verdicts ------------------------------------------------------------------------------------

    def setting(self, facts: Mapping[str, object], name: str) -> None:
        """Note what a setting's name stands for."""
        with self._told("cannot be written"):
            self._db.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, msgspec.json.encode(facts).decode()))

    def keep(self, sha256: str, setting: str, check: str, outcome: Outcome) -> None:
        """Keep a verdict."""
        told = msgspec.json.encode(outcome).decode()
        with self._told("cannot be written"):
            self._db.execute(
                "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?, ?)", (sha256, setting, check, told, time.time())
            )

    def outcomes(self, sha256: str, setting: str) -> dict[str, Outcome]:
        """The verdicts of a submission under a setting, by check."""
        with self._told("cannot be read"):
            rows = self._db.execute(
                "SELECT check_id, outcome FROM verdict WHERE sha256 = ? AND setting = ?", (sha256, setting)
            )
            return {check: msgspec.json.decode(told, type=Outcome) for check, told in rows}

    def forget(self, sha256: str, setting: str) -> None:
        """Forget what is known of a submission under a setting, so that it is graded anew."""
        with self._told("cannot be written"):
            for table in ("verdict", "finding"):
                self._db.execute(f"DELETE FROM {table} WHERE sha256 = ? AND setting = ?", (sha256, setting))

    def find(self, sha256: str, setting: str, name: str, value: str) -> None:
        """Keep something else that was found out about a submission."""
        with self._told("cannot be written"):
            self._db.execute("INSERT OR REPLACE INTO finding VALUES (?, ?, ?, ?)", (sha256, setting, name, value))

    def findings(self, sha256: str, setting: str) -> dict[str, str]:
        """What else is known of a submission, by name."""
        with self._told("cannot be read"):
            rows = self._db.execute(
                "SELECT name, value FROM finding WHERE sha256 = ? AND setting = ?", (sha256, setting)
            )
            return dict(rows.fetchall())

    # -- attempts ------------------------------------------------------------------------------------

    def begin(self, setting: str, rubric: str) -> int:
        """Begin an attempt, and give its number."""
        with self._told("cannot be written"):
            number = self._db.execute(
                "INSERT INTO attempt (at, setting, rubric) VALUES (?, ?, ?)", (time.time(), setting, rubric)
            )
            return number.lastrowid or 0

    def enter(self, attempt: int, name: str, sha256: str, record: str) -> None:
        """Keep the record of a submission in an attempt."""
        with self._told("cannot be written"):
            self._db.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", (attempt, name, sha256, record))

    def attempts(self) -> list[tuple[int, float, str]]:
        """The attempts that graded something, oldest first: number, time and setting."""
        with self._told("cannot be read"):
            return self._db.execute(
                "SELECT id, at, setting FROM attempt WHERE id IN (SELECT attempt FROM entry) ORDER BY id"
            ).fetchall()

    def records(self, attempt: int) -> dict[str, str]:
        """The records of an attempt, as JSON, by submission."""
        with self._told("cannot be read"):
            rows = self._db.execute("SELECT name, record FROM entry WHERE attempt = ? ORDER BY name", (attempt,))
            return dict(rows.fetchall())
