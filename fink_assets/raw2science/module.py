"""Declare a science module: one file, a pure function, a contract.

The framework's vocabulary (`science_module`, `Column`, `Golden`, `ScienceModule`) belongs here.
What makes one sound belongs to `declared`, what they read beside alerts to `reads`, their order to
`order`, running them on alerts to `apply`, the modules themselves to `modules/`.
"""

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from fink_assets.lake.columns import ColumnContract
from fink_assets.raw2science.declared import require_sound
from fink_assets.raw2science.models import Model
from fink_assets.raw2science.reads import Data, Source
from fink_assets.services.service import Service

BUDGET_MS = 5.0
"""Milliseconds of CPU that a module may need for an alert, as in Fink's contract for models."""


@dataclass(frozen=True, kw_only=True)
class Column(ColumnContract):
    """An output of a science module.

    Parameters
    ----------
    fink : str
        Name of the same value in Fink's public topics, empty where Fink has none; with a dot for a
        field of a struct, e.g. ``pred.is_sso``.
    between : tuple of float, optional
        Range in which every non-null value must lie, both ends included.
    """

    fink: str = ""
    between: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Golden:
    """What a module must give for one real alert of the project's sample.

    Parameters
    ----------
    alert : int
        Alert identifier in the sample.
    status : str
        Expected status, one of `declared.STATUSES`.
    expected : dict
        Expected outputs by column name; those left out are not compared.
    tolerance : float
        Relative tolerance of numbers.
    """

    alert: int
    status: str = "ok"
    expected: dict[str, Any] = field(default_factory=dict)
    tolerance: float = 1e-6


@dataclass(frozen=True, kw_only=True)
class ScienceModule:
    """A unit of added value, with its own version, owner, status and columns.

    `function` takes a `pandas.DataFrame` with one column per declared input (named as declared;
    arrays as numpy arrays, oldest first, a missing float is NaN) and returns a frame with one
    column per output and the same index. A module with `expressions` has none: its outputs are
    Spark SQL expressions over its inputs.
    """

    name: str
    survey: str
    version: str
    owners: Sequence[str]
    inputs: Sequence[str]
    outputs: Sequence[Column]
    needs: Sequence[str] = ()
    after: Sequence[str] = ()
    applies: str = "true"
    golden: Sequence[Golden] = ()
    data: Sequence[Data] = ()
    services: Sequence[Service] = ()
    budget_ms: float = BUDGET_MS
    doc: str = ""
    function: Callable[..., Any] | None = None
    expressions: dict[str, str] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a declaration that could only fail at night."""
        require_sound(self)

    @property
    def code_version(self) -> str:
        """Declared version and a digest of source, data and services, e.g. ``1.0.0+4f1c2a9b``."""
        digests = [each.digest for each in self.reads]
        content = "".join([self.source, *digests])
        return f"{self.version}+{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    @property
    def models(self) -> tuple[Model, ...]:
        """Trained models among its data."""
        return tuple(each for each in self.data if isinstance(each, Model))

    @property
    def reads(self) -> tuple[Source, ...]:
        """What it reads beside alerts, on this machine or from services."""
        return (*self.data, *self.services)

    @property
    def runs_after(self) -> tuple[str, ...]:
        """Modules that run before this one."""
        return (*self.needs, *self.after)

    def missing(self) -> str:
        """Say which data are missing on this machine and what to do; empty if none are."""
        return "; ".join(filter(None, (data.missing() for data in self.data)))

    @property
    def type(self) -> str:
        """Spark SQL type of the module's column in the science table."""
        return "struct<" + ", ".join(f"{c.name}: {c.type}" for c in self.outputs) + ">"


def science_module(
    *,
    survey: str,
    version: str,
    owners: Sequence[str],
    inputs: Sequence[str],
    outputs: Sequence[Column],
    needs: Sequence[str] = (),
    after: Sequence[str] = (),
    applies: str = "true",
    golden: Sequence[Golden] = (),
    data: Sequence[Data] = (),
    services: Sequence[Service] = (),
    budget_ms: float = BUDGET_MS,
) -> Callable[[Callable[..., Any]], ScienceModule]:
    """Make a science module of a function.

    Parameters
    ----------
    survey : str
        Survey whose alerts the module reads.
    version : str
        Semantic version of the meaning and values of the outputs.
    owners : sequence of str
        Who answers for it: ``team:name`` or an e-mail address.
    inputs : sequence of str
        Paths: ``candidate.magpsf`` (packet), ``history.magpsf`` (array, oldest first, this alert
        last), ``alert.object_id`` (name of the alert's object), ``cutouts.science`` (bytes of a
        FITS file, as the survey names its images; null but where the module applies),
        ``<module>.<column>`` (output of a module named in `needs` or `after`),
        ``services.<service>.<column>`` (answer of a service named in `services`).
    outputs : sequence of Column
        What the module adds.
    needs : sequence of str
        Modules that must run first; where one of them failed or was unavailable, this one is
        ``unavailable``.
    after : sequence of str
        Modules that run first, but need not have succeeded: their outputs are null then.
    applies : str
        Spark SQL condition over the inputs; alerts for which it is not true get ``not_applicable``.
    golden : sequence of Golden
        Real alerts with the values they must get.
    data : sequence of Data
        Catalogues and trained models that the function reads; without them its status is
        ``unavailable``.
    services : sequence of Service
        Services on the network that are asked about the alerts' positions before the module runs;
        alerts without an answer are ``unavailable`` until it is there.
    budget_ms : float
        CPU, in milliseconds per alert to which the module applies, that the function may need.

    Notes
    -----
    A function with a parameter is called with a batch of alerts; with a second one it gets the
    arrays of its models by name, too. A function without one returns
    ``{output: Spark SQL expression}`` and is computed by Spark itself.
    """

    def declare(function: Callable[..., Any]) -> ScienceModule:
        models = [each for each in data if isinstance(each, Model)]
        for model in models:
            if model.survey != survey:
                raise ValueError(
                    f"{function.__name__}: {model.name} is for {model.survey}'s alerts"
                )
        takes = len(inspect.signature(function).parameters)
        if bool(models) != (takes == 2):
            raise ValueError(
                f"{function.__name__}: a second parameter gets the arrays of models, and only those"
            )
        return ScienceModule(
            name=function.__name__,
            survey=survey,
            version=version,
            owners=tuple(owners),
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            needs=tuple(needs),
            after=tuple(after),
            applies=applies,
            golden=tuple(golden),
            data=tuple(data),
            services=tuple(services),
            budget_ms=budget_ms,
            doc=inspect.getdoc(function) or "",
            function=_given(function, models) if takes else None,
            expressions={} if takes else dict(function()),
            source=inspect.getsource(inspect.getmodule(function) or function),
        )

    return declare


def _given(function: Callable[..., Any], models: Sequence[Model]) -> Callable[..., Any]:
    """Make a function of alerts alone: models are loaded where it runs, once per process."""
    if not models:
        return function

    @wraps(function)
    def with_models(alerts: Any) -> Any:
        from fink_assets.raw2science.models.store import load

        return function(alerts, load(models))

    return with_models
