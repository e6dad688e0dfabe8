"""Trained models: declared as data, fetched at set-up, read as plain arrays, never run.

`model` says what one is, `registry` which there are, `convert` how published files become arrays,
`store` where those are and how modules get them.
"""

from fink_assets.raw2science.models.model import Model
from fink_assets.raw2science.models.registry import MODELS


def named(name: str) -> Model:
    """Give the model of a name.

    Raises
    ------
    LookupError
        If the registry has none.
    """
    for model in MODELS:
        if model.name == name:
            return model
    raise LookupError(f"no model {name} in the registry: {', '.join(m.name for m in MODELS)}")


__all__ = ["MODELS", "Model", "named"]
