"""Ask services on the network about alerts before modules run: beside Spark, in bounded time.

Every alert gets an answer or the reason why there is none. What services are, and how they are
asked, belongs to `services`; what becomes of alerts without an answer to `apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fink_assets.raw2science.module import ScienceModule
from fink_assets.services.service import Service, Snapshot
from fink_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from fink_assets.services.client import Client

ANSWERED, UNAVAILABLE = "answered", "unavailable"
PROBE = 0
"""Cell that is asked about to see whether a service answers; any would do."""
PROBE_SECONDS = 60.0
"""For that, where nobody waits and much may have to be loaded first."""
PATIENCE_SECONDS = 1800.0
"""For each service where nobody waits: backfills of nights."""


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
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

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

    def about(self, positions: pd.DataFrame, services: Sequence[Service]) -> pa.Table:
        """Give the answers of services, one row per alert.

        Parameters
        ----------
        positions : pandas.DataFrame
            ``alert_id``, ``ra``, ``dec`` (ICRS, degrees), an alert once.
        services : sequence of Service
            Who is asked, all at the same time.

        Returns
        -------
        pyarrow.Table
            ``alert_id``, and a struct per service: what it declares, and ``state``, ``reason``,
            ``answered``, ``separation``; see `services.look_up`.
        """
        import pyarrow as pa

        with ThreadPoolExecutor(max_workers=max(1, len(services))) as threads:
            found = list(threads.map(lambda one: self._answers(positions, one), services))
        ids = pa.array(positions["alert_id"], pa.int64())
        structs = [
            as_struct(service, answers) for service, answers in zip(services, found, strict=True)
        ]
        return pa.table([ids, *structs], names=["alert_id", *[one.name for one in services]])

    def _answers(self, positions: pd.DataFrame, service: Service) -> pd.DataFrame:
        from fink_assets.services.answers import Answers
        from fink_assets.services.look_up import look_up

        return look_up(
            service,
            positions,
            answers=Answers(self.root),
            client=self.clients.get(service.name),
            seconds=self.seconds,
            now=self.clock(),
        )


def services_of(modules: Sequence[ScienceModule]) -> list[Service]:
    """List the services that modules ask, each once."""
    return list({one.name: one for module in modules for one in module.services}.values())


def with_answers(
    alerts: DataFrame, answers: pa.Table | None, services: Sequence[Service]
) -> DataFrame:
    """Add `services`, what services said of each alert; without answers, that they were not asked.

    Parameters
    ----------
    alerts : DataFrame
        With ``alert_id``.
    answers : pyarrow.Table or None
        As `Asking.about` gives them.
    services : sequence of Service
        Those that modules read.
    """
    from pyspark.sql import functions as F

    if not services:
        return alerts
    if answers is not None and not answers.num_rows:
        answers = None  # there is nobody to be told
    silent = {"state": UNAVAILABLE, "reason": "it was not asked"}
    structs = []
    for one in services:
        unknown = F.struct(
            *[F.lit(silent.get(c.name)).cast(c.type).alias(c.name) for c in one.contract]
        )
        found = unknown if answers is None else F.coalesce(F.col(f"_answers.{one.name}"), unknown)
        structs.append(found.alias(one.name))
    if answers is None:
        return alerts.withColumn("services", F.struct(*structs))
    told = alerts.sparkSession.createDataFrame(answers).select(
        F.col("alert_id").alias("_alert_id"),
        F.struct(*[one.name for one in services]).alias("_answers"),
    )
    joined = alerts.join(F.broadcast(told), F.col("alert_id") == F.col("_alert_id"), "left")
    return joined.withColumn("services", F.struct(*structs)).drop("_alert_id", "_answers")


def as_struct(service: Service, answers: pd.DataFrame) -> pa.Array:
    """Write a service's answers (as `look_up` gives them) as a column of structs."""
    import pyarrow as pa

    columns = service.contract
    arrays = [
        pa.array(answers[c.name].astype(object), type=_arrow(c.type), from_pandas=True)
        for c in columns
    ]
    return pa.StructArray.from_arrays(arrays, names=[c.name for c in columns])


def _arrow(kind: str) -> pa.DataType:
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "double": pa.float64(),
        "bigint": pa.int64(),
        "int": pa.int32(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", "UTC"),
    }
    return kinds[kind]
