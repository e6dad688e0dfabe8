"""Ask services on the network about alerts before modules run: beside Spark, in bounded time.

Every alert gets an answer or the reason why there is none. What services are, and how they are
asked, belongs to `services`; what becomes of alerts without an answer to `apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from fink_assets.clock import Clock, utc_now
from fink_assets.lake.columns import arrow_type
from fink_assets.raw2science.module import ScienceModule
from fink_assets.services.service import UNAVAILABLE, Service, Snapshot
from fink_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

    from fink_assets.services.answers import Answers
    from fink_assets.services.client import Client

NOT_ASKED = "it was not asked"
PROBE = 0
"""Cell that is asked about to see whether a service answers; any would do."""
PROBE_SECONDS = 60.0
"""For that, where nobody waits and much may have to be loaded first."""
PATIENCE_SECONDS = 1800.0
"""For each service where nobody waits: backfills of nights."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What services say of alerts.

    Parameters
    ----------
    rows : pyarrow.Table or None
        A row per alert: ``alert_id``, and a struct per service that was asked: what it declares,
        and ``state``, ``reason``, ``answered``, ``separation``; see `services.look_up`.
    silent : mapping of str to str
        Why others say nothing of any alert, by the name of the service.
    """

    rows: pa.Table | None = None
    silent: Mapping[str, str] = field(default_factory=dict)


NOBODY = Told()
"""What is said where nobody was asked."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How a deployment asks services.

    Parameters
    ----------
    root : str
        Root of the lake, where answers are kept.
    clients : mapping of str to Client
        Those that may be asked, by the name of the service.
    seconds : float
        Most that is spent on each service for one batch.
    clock : callable
        Gives the time that answers get.
    """

    root: str
    clients: Mapping[str, Client] = field(default_factory=dict)
    seconds: float = 5.0
    clock: Clock = utc_now

    @classmethod
    def of(cls, configuration: Settings) -> Asking:
        """Read from the settings who may be asked.

        Raises
        ------
        ValueError
            A name is not that of a service.
        """
        from fink_assets.services.configured import clients

        return cls(
            root=configuration.lake,
            clients={name: one for name, one in clients(configuration).items() if one},
            seconds=configuration.service_seconds,
        )

    def may_ask(self, services: Iterable[Service]) -> bool:
        """Whether all of some services are switched on."""
        return all(service.name in self.clients for service in services)

    def trouble(self, service: Service) -> str | None:
        """Ask about one place, and say why there was no answer; None if there was one."""
        import numpy as np

        from fink_assets.services import cds, snapshot
        from fink_assets.services.client import ServiceError

        if isinstance(service, Snapshot):
            return None if snapshot.opened(service, self.root) else snapshot.NEVER
        client = self.clients[service.name]
        try:
            cds.ask(client, service, np.array([PROBE]), deadline=client.clock() + PROBE_SECONDS)
        except ServiceError as problem:
            return problem.reason
        return None

    def silence(self, service: Service) -> str | None:
        """Why a service can say nothing of any alert, None if it can.

        It may not be asked, and of what it answered before nothing is kept.
        """
        from fink_assets.services import look_up, snapshot

        if isinstance(service, Snapshot):
            there = snapshot.table_of(service, self.root).exists()
            return None if there else snapshot.NEVER
        if service.name in self.clients or self._kept.table(service).exists():
            return None
        return look_up.NO_CLIENT

    def about(self, services: Sequence[Service], positions: Callable[[], pd.DataFrame]) -> Told:
        """Give what services say of alerts.

        Parameters
        ----------
        services : sequence of Service
            Who is asked, all at the same time.
        positions : callable
            Gives ``alert_id``, ``ra``, ``dec`` (ICRS, degrees), an alert once; not called where
            there is nobody to ask.
        """
        import pyarrow as pa

        silent = {one.name: why for one in services if (why := self.silence(one))}
        asked = [one for one in services if one.name not in silent]
        if not asked or (at := positions()).empty:
            return Told(silent=silent)
        with ThreadPoolExecutor(max_workers=len(asked)) as threads:
            found = list(threads.map(lambda one: self._answers(at, one), asked))
        ids = pa.array(at["alert_id"], pa.int64())
        structs = [as_struct(one, answers) for one, answers in zip(asked, found, strict=True)]
        rows = pa.table([ids, *structs], names=["alert_id", *[one.name for one in asked]])
        return Told(rows=rows, silent=silent)

    @cached_property
    def _kept(self) -> Answers:
        from fink_assets.services.answers import Answers

        return Answers(self.root)

    def _answers(self, positions: pd.DataFrame, service: Service) -> pd.DataFrame:
        from fink_assets.services.look_up import look_up

        return look_up(
            service,
            positions,
            answers=self._kept,
            client=self.clients.get(service.name),
            seconds=self.seconds,
            now=self.clock(),
        )


def services_of(modules: Sequence[ScienceModule]) -> list[Service]:
    """List the services that modules ask, each once."""
    return list({one.name: one for module in modules for one in module.services}.values())


def with_answers(alerts: DataFrame, told: Told, services: Sequence[Service]) -> DataFrame:
    """Add `services`, what services said of each alert, or why they said nothing.

    Parameters
    ----------
    alerts : DataFrame
        With ``alert_id``.
    told : Told
        What `Asking.about` gives; of a service of which it has nothing, that it was not asked.
    services : sequence of Service
        Those that modules read.
    """
    from pyspark.sql import functions as F

    if not services:
        return alerts
    asked = [] if told.rows is None else told.rows.column_names[1:]
    structs = []
    for one in services:
        found = _unknown(one, told.silent.get(one.name, NOT_ASKED))
        if one.name in asked:
            found = F.coalesce(F.col(f"_answers.{one.name}"), found)
        structs.append(found.alias(one.name))
    if not asked:
        return alerts.withColumn("services", F.struct(*structs))
    answers = alerts.sparkSession.createDataFrame(told.rows).select(
        F.col("alert_id").alias("_alert_id"), F.struct(*asked).alias("_answers")
    )
    joined = alerts.join(F.broadcast(answers), F.col("alert_id") == F.col("_alert_id"), "left")
    return joined.withColumn("services", F.struct(*structs)).drop("_alert_id", "_answers")


def _unknown(service: Service, reason: str) -> Column:
    """What is said of an alert of which a service says nothing."""
    from pyspark.sql import functions as F

    values = {"state": UNAVAILABLE, "reason": reason}
    return F.struct(
        *[F.lit(values.get(c.name)).cast(c.type).alias(c.name) for c in service.contract]
    )


def as_struct(service: Service, answers: pd.DataFrame) -> pa.Array:
    """Write a service's answers (as `look_up` gives them) as a column of structs."""
    import pyarrow as pa

    columns = service.contract
    arrays = [
        pa.array(answers[c.name].astype(object), type=arrow_type(c.type), from_pandas=True)
        for c in columns
    ]
    return pa.StructArray.from_arrays(arrays, names=[c.name for c in columns])
