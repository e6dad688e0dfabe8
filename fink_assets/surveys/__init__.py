"""The surveys the broker serves. To add one is to add a file here."""

from fink_assets.surveys.base import Survey
from fink_assets.surveys.lsst import LSST
from fink_assets.surveys.ztf import ZTF

SURVEYS: dict[str, Survey] = {survey.name: survey for survey in (ZTF, LSST)}

__all__ = ["LSST", "SURVEYS", "ZTF", "Survey"]
