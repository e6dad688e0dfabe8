"""Queries that go on while nobody waits: jobs of UWS, in memory, their results in files.

Who knows the name of a job may read it and end it; names cannot be guessed. They end with the
server.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fink_assets.api.errors import RequestError
from fink_assets.api.limits import BusyError
from fink_assets.api.tap import uploads
from fink_assets.api.tap.runner import Asked, Runner, TooLongError

KEPT = timedelta(hours=24)
MOST = 200
MOST_KEPT = 500_000_000
"""Bytes of uploaded tables of all jobs that are not over."""
AT_ONCE = 2
OVER = ("COMPLETED", "ERROR", "ABORTED")


@dataclass(kw_only=True)
class Job:
    """A job.

    Parameters
    ----------
    name : str
        Its identifier.
    given : dict
        What it was asked with, as it came.
    seconds : float
        Longest time that it may run.
    created, destruction : datetime
        When it was made, and when it will be gone (UTC).
    files : dict
        Tables that came with it, until it is over, by the parts of the form.
    """

    name: str
    given: dict[str, str]
    seconds: float
    created: datetime
    destruction: datetime
    files: dict[str, Path] = field(default_factory=dict)
    phase: str = "PENDING"
    started: datetime | None = None
    ended: datetime | None = None
    problem: str = ""
    format: str = "votable"
    bytes: int = 0
    process: subprocess.Popen[str] | None = field(default=None, repr=False)


@dataclass(kw_only=True)
class Jobs:
    """All jobs of a server.

    Parameters
    ----------
    runner : Runner
        What answers queries.
    seconds : float
        Longest time of a query.
    """

    runner: Runner
    seconds: float
    _jobs: dict[str, Job] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tap")
    )
    _folder: Path | None = None
    _kept: int = 0

    def add(self, given: dict[str, str]) -> Job:
        """Make a job.

        Raises
        ------
        BusyError
            There are too many that are not over.
        """
        now = datetime.now(UTC)
        with self._lock:
            self._forget(now)
            self._make_room()
            if len(self._jobs) >= MOST:
                raise BusyError("There are too many jobs: try again later.\n", 503)
            job = Job(
                name=secrets.token_hex(16),
                given=given,
                seconds=self.seconds,
                created=now,
                destruction=now + KEPT,
            )
            self._jobs[job.name] = job
        return job

    def get(self, name: str) -> Job:
        """Find a job.

        Raises
        ------
        RequestError
            There is none.
        """
        with self._lock:
            self._forget(datetime.now(UTC))
            if name not in self._jobs:
                raise RequestError("There is no such job.\n", 404)
            return self._jobs[name]

    def keep(self, job: Job, files: Mapping[str, bytes]) -> None:
        """Keep tables that came with a job which has not begun.

        Raises
        ------
        BusyError
            Those of all jobs are too many bytes.
        """
        with self._lock:
            size = sum(map(len, files.values()))
            if files and self._kept + size > MOST_KEPT:
                raise BusyError("There are too many uploaded tables: try again later.\n", 503)
            for part in set(files) & set(job.files):
                job.files[part].unlink(missing_ok=True)
            name = f"{job.name}.{secrets.token_hex(4)}"
            job.files.update(uploads.saved(files, self.file(job).parent, name))
            job.bytes += size
            self._kept += size

    def start(self, job: Job, asked: Asked) -> None:
        """Begin a job, or let it wait for others; one that has begun goes on."""
        with self._lock:
            if job.phase != "PENDING":
                return
            job.phase, job.format = "QUEUED", asked.format
        self._pool.submit(self._run, job, asked)

    def abort(self, job: Job) -> None:
        """End a job that is not over."""
        with self._lock:
            if job.phase in OVER:
                return
            job.phase, job.ended = "ABORTED", datetime.now(UTC)
            if job.process is not None:
                job.process.kill()
            self._drop(job)

    def remove(self, job: Job) -> None:
        """End a job and forget it with its result."""
        self.abort(job)
        with self._lock:
            self._jobs.pop(job.name, None)
            self._drop(job)
        self.file(job).unlink(missing_ok=True)

    def file(self, job: Job) -> Path:
        """Place of the result."""
        with self._lock:
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="fink-tap-"))
        return self._folder / job.name

    def close(self) -> None:
        """End all jobs and delete their results."""
        for job in list(self._jobs.values()):
            self.abort(job)
        self._pool.shutdown(cancel_futures=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, job: Job, asked: Asked) -> None:
        with self._lock:
            if job.phase != "QUEUED":
                return
            job.phase, job.started = "EXECUTING", datetime.now(UTC)
        problem = ""
        try:
            self.runner.run(
                asked, self.file(job), seconds=job.seconds, begun=lambda p: self._begun(job, p)
            )
        except TooLongError:
            problem = f"The query took longer than {job.seconds:g} s."
        except Exception as reason:  # the pool would keep it to itself
            problem = str(reason).strip() or type(reason).__name__
        with self._lock:
            if job.phase == "EXECUTING":
                job.phase, job.problem = ("ERROR", problem) if problem else ("COMPLETED", "")
                job.ended = datetime.now(UTC)
            self._drop(job)
            if job.name not in self._jobs:
                self.file(job).unlink(missing_ok=True)

    def _drop(self, job: Job) -> None:
        """Delete the tables that came with a job."""
        for file in job.files.values():
            file.unlink(missing_ok=True)
        self._kept -= job.bytes
        job.files, job.bytes = {}, 0

    def _begun(self, job: Job, process: subprocess.Popen[str]) -> None:
        with self._lock:
            job.process = process
            if job.phase == "ABORTED":
                process.kill()

    def _forget(self, now: datetime) -> None:
        """Remove what is to be gone."""
        for job in [j for j in self._jobs.values() if j.destruction <= now]:
            self.remove(job)

    def _make_room(self) -> None:
        """Of too many remove the oldest that are over, then the oldest that nobody has begun."""
        idle = [
            j for phases in (OVER, ("PENDING",)) for j in self._jobs.values() if j.phase in phases
        ]
        for job in idle[: max(0, len(self._jobs) - MOST + 1)]:
            self.remove(job)
