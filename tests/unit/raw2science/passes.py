"""Run all Python modules of a survey in one pass, as a Spark worker does, and compare exactly."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from unit.raw2science.batches import Packet, batch

from fink_assets.raw2science.batch import run_modules
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.modules import MODULES
from fink_assets.raw2science.order import ordered

SURVEYS = ("ztf", "lsst")
Watch = Callable[[ScienceModule, pd.DataFrame], None]


def computed(survey: str) -> list[ScienceModule]:
    """List a survey's modules written in Python, each after those it needs."""
    own = ordered(module for module in MODULES if module.survey == survey)
    return [module for module in own if module.function]


def together(
    modules: Sequence[ScienceModule], packets: Sequence[Packet], watch: Watch | None = None
) -> pd.DataFrame:
    """Run modules on a batch, on every alert of it, whether their condition holds or not.

    What modules written as expressions give is null. `watch` sees what each function is given.
    """
    names = {module.name for module in modules}
    paths = {path for module in modules for path in module.inputs}
    alerts = batch(packets, sorted(p for p in paths if p.split(".")[0] not in names))
    status = pd.DataFrame({name: ["ok"] * len(packets) for name in names}, index=alerts.index)
    watched = [watching(module, watch) for module in modules] if watch else modules
    return run_modules(watched, alerts, status)


def watching(module: ScienceModule, watch: Watch) -> ScienceModule:
    """Have somebody look at what the function of a module is given."""
    function = module.function
    assert function

    def seen(alerts: pd.DataFrame) -> pd.DataFrame:
        watch(module, alerts)
        return function(alerts)

    return replace(module, function=seen)


def told(modules: Sequence[ScienceModule], found: pd.DataFrame) -> list[dict[str, Any]]:
    """Write what modules say of each alert so that equal values are equal bits."""
    columns = {f"{m.name}.{c.name}": c.type for m in modules for c in m.outputs}
    columns |= {f"{m.name}.{extra}": "string" for m in modules for extra in ("status", "error")}
    texts = {name: [exact(value, kind) for value in found[name]] for name, kind in columns.items()}
    return [dict(zip(texts, row, strict=True)) for row in zip(*texts.values(), strict=True)]


def exact(value: Any, kind: str) -> Any:
    """Write a value as the table has it: null for NaN, numbers with all their bits."""
    if isinstance(value, Mapping):
        inner = "string" if kind.startswith("map<string, string>") else "double"
        return json.dumps({name: exact(one, inner) for name, one in value.items()})
    if value is None or value is pd.NA or value != value:
        return None
    if kind in ("double", "float"):
        return float(value).hex()
    return {"int": int, "bigint": int, "boolean": bool}.get(kind, str)(value)


def numbers(value: Any) -> list[float]:
    """List the numbers in a value, those of a struct one by one; what is null is none."""
    if isinstance(value, Mapping):
        return [number for one in value.values() for number in numbers(one)]
    if value is None or isinstance(value, str | bool) or math.isnan(value):
        return []
    return [float(value)]
