"""A Confluent schema registry: the schema of an id, over HTTP.

Distinguishes an id that the registry does not know from a registry that does not answer: only the
first says anything about a message.
"""

from __future__ import annotations

import base64
import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from fink_assets.settings import Settings
from fink_assets.surveys.base import Schemas, UnknownSchemaError

TIMEOUT_SECONDS = 10.0
NOT_FOUND = 40403
"""What a registry answers for an id that it does not have; any other 404 is not its answer."""


class RegistryError(ConnectionError):
    """The registry gives no answer that means anything; ask again later."""


@dataclass(frozen=True)
class SchemaRegistry:
    """A registry by its address, with a user where it asks for one."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS

    def schema(self, schema_id: int) -> dict[str, Any]:
        """Schema of an id.

        Raises
        ------
        UnknownSchemaError
            The registry answers that it has none.
        ValueError
            It has one, but not in Avro.
        RegistryError
            It does not answer, refuses, or answers something else.
        """
        answer = self._get(f"/schemas/ids/{schema_id}", schema_id)
        kind = answer.get("schemaType", "AVRO")
        if kind != "AVRO":
            raise ValueError(f"schema id {schema_id} is {kind}, not AVRO")
        try:
            found = json.loads(answer["schema"])
        except (KeyError, TypeError, ValueError) as problem:
            raise self._error(f"no schema in the answer for id {schema_id}") from problem
        if not isinstance(found, dict):
            raise ValueError(f"schema id {schema_id} is no record")
        return found

    def _get(self, path: str, schema_id: int) -> dict[str, Any]:
        request = urllib.request.Request(self.url.rstrip("/") + path, headers=self._headers())
        try:
            with urllib.request.urlopen(request, timeout=self.timeout_seconds) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                if _code(refusal) == NOT_FOUND:
                    raise UnknownSchemaError(
                        f"unknown schema id {schema_id}: not in the registry {self.url}"
                    ) from None
                raise self._error(f"HTTP {refusal.code} {refusal.reason}") from refusal
        except ValueError as problem:
            raise self._error(f"no JSON for id {schema_id}") from problem
        except (OSError, http.client.HTTPException) as problem:
            raise self._error(str(getattr(problem, "reason", problem))) from problem
        if not isinstance(found, dict):
            raise self._error(f"no object for id {schema_id}")
        return found

    def _headers(self) -> dict[str, str]:
        accepted = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
        if not self.user:
            return accepted
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {**accepted, "Authorization": f"Basic {token}"}

    def _error(self, reason: str) -> RegistryError:
        return RegistryError(f"schema registry {self.url}: {reason}")


def _code(refusal: urllib.error.HTTPError) -> int | None:
    """Code of a registry's own error, None where the answer is not a registry's."""
    try:
        return json.load(refusal)["error_code"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def schema_source(configuration: Settings) -> Schemas | None:
    """Source of schemas by id where a registry is configured; else None, a survey has its own."""
    if not configuration.schema_registry:
        return None
    registry = SchemaRegistry(
        configuration.schema_registry,
        user=configuration.schema_registry_user,
        password=configuration.schema_registry_password,
    )
    return registry.schema
