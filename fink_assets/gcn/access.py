"""How a client shows GCN's Kafka who it is. Pure: settings in, a client's configuration out.

GCN gives a client an identifier and a secret, for which a server of tokens gives a token that Kafka
asks for (OAUTHBEARER, RFC 7628; client credentials, RFC 6749). Brokers of anybody else are read
without.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlparse

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class AccessError(ValueError):
    """The settings contradict each other; says how, never with the secret."""


def access(client_id: str, secret: str, token_url: str) -> dict[str, str]:
    """Give the part of a Kafka client's configuration that says who it is; empty for nobody.

    Parameters
    ----------
    client_id, secret : str
        What GCN gave to this deployment; both empty where Kafka asks nobody who he is.
    token_url : str
        Address of the server of tokens. It is sent the secret: https, or this machine.

    Raises
    ------
    AccessError
        One of identifier and secret is missing, or the secret would travel in clear.
    """
    if not client_id and not secret:
        return {}
    if not (client_id and secret):
        absent = "FINK_GCN_CLIENT_SECRET" if client_id else "FINK_GCN_CLIENT_ID"
        raise AccessError(f"{absent} is not set, though its other half is")
    address = urlparse(token_url)
    if not address.hostname:
        raise AccessError(f"FINK_GCN_TOKEN_URL is no address: {token_url!r}")
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        raise AccessError("FINK_GCN_TOKEN_URL must be https: the secret is sent there")
    return {
        "security.protocol": "sasl_ssl",
        "sasl.mechanisms": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.client.id": client_id,
        "sasl.oauthbearer.client.secret": secret,
        "sasl.oauthbearer.token.endpoint.url": token_url,
        # The client's own idea of where certificates are is that of one distribution.
        "https.ca.location": "probe",
    }


def consumer_of(servers: str, who: Mapping[str, str]) -> dict[str, str | bool]:
    """Give the configuration of the consumer of notices.

    It belongs to a group by name only: nothing is committed, where it stands is in the table.
    """
    return {
        "bootstrap.servers": servers,
        "group.id": "fink-notices",
        "enable.partition.eof": True,
        "enable.auto.commit": False,
        **who,
    }
