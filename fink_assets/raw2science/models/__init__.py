"""Trained models: declared as data, fetched at set-up, read as plain arrays, never run.

`model` says what one is, `registry` which there are, `convert` how published files become arrays,
`store` where those are and how modules get them.
"""

from fink_assets.raw2science.models.model import Model
from fink_assets.raw2science.models.registry import MODELS

__all__ = ["MODELS", "Model"]
