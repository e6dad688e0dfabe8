"""Count what became of science modules on the alerts of science."""

from collections import Counter
from collections.abc import Iterable

from fink_assets.lake.tables import Tables
from fink_assets.raw2science.module import ScienceModule


def statuses(
    tables: Tables, modules: Iterable[ScienceModule], where: str
) -> dict[str, Counter[str]]:
    """Count each status of each module in some of science, ``module:<name>:<status>`` by night.

    Parameters
    ----------
    tables : Tables
        Those of the modules' survey.
    modules : iterable of ScienceModule
        What is counted.
    where : str
        Condition on columns of science.
    """
    status = {m.name: f"module_status['{m.name}']" for m in modules}
    columns = [f'{value} as "{name}"' for name, value in status.items()]
    alike = tables.science.query(
        f"select {', '.join(['night', 'count(*) as alerts', *columns])} from it "
        f"where {where} group by {', '.join(['night', *status.values()])}"
    )
    found: dict[str, Counter[str]] = {}
    for row in alike.to_pylist():
        night = found.setdefault(row["night"], Counter())
        for name in status:
            if row[name] is not None:
                night[f"module:{name}:{row[name]}"] += row["alerts"]
    return found
