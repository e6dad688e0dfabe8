"""Arguments of endpoints as OpenAPI describes them: types, defaults, which are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fink_assets.api.arguments import Argument, shown
from fink_assets.api.endpoints import Endpoint


def documented(endpoint: Endpoint, method: str) -> dict[str, Any]:
    """Describe the arguments of a method of an endpoint."""
    described = parameters(endpoint.all_arguments)
    if method == "GET":
        return {"parameters": described}
    properties = {d["name"]: {**d["schema"], "description": d["description"]} for d in described}
    needed = [each.name for each in endpoint.all_arguments if each.required]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if needed:
        schema["required"] = needed
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def parameters(arguments: Sequence[Argument]) -> list[dict[str, Any]]:
    """Describe arguments as parts of an address."""
    return [
        {
            "name": each.name,
            "in": "query",
            "required": False,  # without any, GET explains the endpoint
            "description": each.doc + (" (required)" if each.required else ""),
            "schema": _schema(each),
        }
        for each in arguments
    ]


def _schema(argument: Argument) -> dict[str, Any]:
    default = shown(argument.default)
    return {"type": argument.type} | ({} if default is None else {"default": default})
