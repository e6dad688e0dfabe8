"""Names that a science module cannot have: those of columns that are there without it."""

from fink_assets.surveys import SURVEYS

OURS = frozenset(
    {
        *("night", "batch", "alert_id", "object_id", "time", "ra", "dec", "kafka"),
        *("ingested", "enriched", "recomputed", "provenance"),
        *("module_status", "module_errors", "module_versions"),
        *("alert", "history", "cutouts", "services"),
    }
)
"""Columns of science of every survey, and what modules read beside packets."""


def names_taken(survey: str) -> frozenset[str]:
    """Names of columns of science, and of what modules of a survey read.

    Parameters
    ----------
    survey : str
        Name of the survey; of one that is not served, those of every survey.
    """
    served = SURVEYS.get(survey)
    if served is None:
        return OURS
    paths = (served.current, served.history, *served.kept, *served.cutouts.values())
    return OURS | frozenset({path.split(".")[0] for path in paths})
