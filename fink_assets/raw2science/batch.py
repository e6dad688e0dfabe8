"""Run Python science modules on one batch of alerts, each in its own failure domain.

Plain pandas, free of Spark: this is what a Spark worker executes, and what tests call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.module import ScienceModule

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

OK, NOT_APPLICABLE, FAILED, UNAVAILABLE = "ok", "not_applicable", "failed", "unavailable"
ERROR_LENGTH = 500


def runner(group: Sequence[ScienceModule]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Make the function that runs modules on a batch, as Spark calls it.

    It takes a frame with one column per declared input and, per module, ``<module>.status`` before
    it runs; it returns the columns ``<module>.<output>``, ``<module>.status`` and
    ``<module>.error``.
    """
    import pandas as pd

    modules = tuple(group)

    def run(batch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        status = batch[[f"{m.name}.status" for m in modules]].set_axis(
            [m.name for m in modules], axis=1
        )
        alerts = batch[[c for c in batch if c not in {f"{m.name}.status" for m in modules}]]
        return run_modules(modules, alerts, status)

    run.__annotations__ = {
        "batch": pd.DataFrame,
        "return": pd.DataFrame,
    }  # Spark reads them as types
    return run


def run_modules(
    modules: Sequence[ScienceModule], alerts: pd.DataFrame, status: pd.DataFrame
) -> pd.DataFrame:
    """Run modules in the order given.

    Parameters
    ----------
    modules : sequence of ScienceModule
        In an order in which each comes after those it needs.
    alerts : pandas.DataFrame
        One column per declared input, one row per alert.
    status : pandas.DataFrame
        One column per module: ``ok`` where it applies.
    """
    import pandas as pd

    alerts = alerts.reset_index(drop=True)
    status = status.reset_index(drop=True)
    found: dict[str, Any] = {}
    for module in modules:
        mine = _before(module, status)
        columns = {c.name: pd.Series([None] * len(alerts), dtype=object) for c in module.outputs}
        error = pd.Series([None] * len(alerts), dtype=object)
        rows = mine == OK
        missing = module.missing() if rows.any() else ""
        if missing:
            mine = mine.mask(rows, UNAVAILABLE)
            error = error.mask(rows, missing[:ERROR_LENGTH])
        elif rows.any():
            try:
                outputs = checked(module, alerts.loc[rows, list(module.inputs)])
                columns = {
                    c.name: _for_all(outputs[c.name], alerts.index, c.type) for c in module.outputs
                }
            except Exception as problem:  # a module may raise anything; the others go on
                logger.exception("science module %s failed on %d alerts", module.name, rows.sum())
                mine = mine.mask(rows, FAILED)
                error = error.mask(rows, f"{type(problem).__name__}: {problem}"[:ERROR_LENGTH])
        status[module.name] = mine
        for name, values in columns.items():
            found[f"{module.name}.{name}"] = values
            alerts[f"{module.name}.{name}"] = values
        found |= {f"{module.name}.status": mine, f"{module.name}.error": error}
    return pd.DataFrame(found)[_order(modules)]


def _for_all(values: pd.Series, index: pd.Index, declared: str) -> pd.Series:
    """Give every alert a value, null for those that the module has not seen.

    Where no number is declared null is None: Spark takes a NaN for a struct or a map, and fails on
    it, as on a column of texts that are all unknown and so are numbers to pandas.
    """
    found = values.reindex(index)
    if declared in _NUMBERS and found.dtype != object:
        return found
    return found.astype(object).where(found.notna(), None)


def _order(modules: Sequence[ScienceModule]) -> list[str]:
    values = [f"{m.name}.{c.name}" for m in modules for c in m.outputs]
    return values + [f"{m.name}.{extra}" for m in modules for extra in ("status", "error")]


def _before(module: ScienceModule, status: pd.DataFrame) -> pd.Series:
    """Status before the module runs: unavailable where one it needs in this pass has failed."""
    mine = status[module.name].copy()
    for need in module.needs:
        if need in status:
            mine = mine.mask(status[need].isin([FAILED, UNAVAILABLE]), UNAVAILABLE)
    return mine


def checked(module: ScienceModule, alerts: pd.DataFrame) -> pd.DataFrame:
    """Run one module and hold it to its contract.

    Raises
    ------
    ValueError
        If columns are missing or the rows are not those that were given.
    TypeError
        If a column does not have its declared type.
    """
    assert module.function is not None
    outputs = module.function(alerts.copy(deep=False))
    missing = [c.name for c in module.outputs if c.name not in outputs]
    if missing:
        raise ValueError(f"outputs missing: {', '.join(missing)}")
    if not outputs.index.equals(alerts.index):
        raise ValueError(
            f"{len(outputs)} rows with another index than the {len(alerts)} alerts given"
        )
    for column in module.outputs:
        _check_type(column.name, column.type, outputs[column.name])
    return outputs


def _check_type(name: str, declared: str, values: pd.Series) -> None:
    import pyarrow as pa

    kind = _ARROW.get(declared)
    if kind is None:
        return
    try:
        pa.Array.from_pandas(values, type=getattr(pa, kind)())
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as problem:
        raise TypeError(f"{name} is not {declared}: {problem}") from problem


_NUMBERS = ("double", "float", "int", "bigint", "boolean")
_ARROW = {
    "double": "float64",
    "float": "float32",
    "int": "int32",
    "bigint": "int64",
    "boolean": "bool_",
    "string": "string",
}
