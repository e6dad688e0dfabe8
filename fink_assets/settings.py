"""Everything that a deployment may change, read from the environment once.

The only reader of environment variables (prefix `FINK_`). No connections, no defaults computed from
the network.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Addresses, folders and limits of one deployment.

    The defaults describe the embedded runtime: all on this machine, bound to loopback.
    """

    model_config = SettingsConfigDict(env_prefix="FINK_", frozen=True, extra="ignore")

    home: Path = Field(PROJECT / ".fink", description="State of the embedded runtime")
    cache: Path = Field(
        Path.home() / ".cache" / "fink-assets", description="Downloads, shared by clones"
    )
    lake_root: str = Field("", description="Root of the Delta tables; default `<home>/lake`")

    kafka_port: int = Field(9092, description="Port of the embedded Kafka broker")
    kafka_controller_port: int = Field(9093, description="Port of its KRaft controller")
    kafka_input: str = Field("", description="Bootstrap servers the alerts come from")
    kafka_inputs: dict[str, str] = Field(
        {}, description='The same by survey, where they differ: JSON, {"lsst": "host:port"}'
    )
    kafka_output: str = Field("", description="Bootstrap servers the user topics are on")

    schema_registry: str = Field(
        "", description="Address of the Confluent schema registry; default: schemas from set-up"
    )
    schema_registry_user: str = Field("", description="User of the schema registry, if it asks")
    schema_registry_password: str = Field("", repr=False, description="Password of that user")

    gcn_folder: str = Field("", description="Folder with files of notices of GCN, none by default")
    gcn_kafka: str = Field("", description="Bootstrap servers of notices, none by default")
    gcn_topics: str = Field(
        r"gcn\.classic\.voevent\.FERMI_GBM_(FLT|GND|FIN)_POS|igwn\.gwalert",
        description="Regular expression of their topics",
    )
    gcn_client_id: str = Field("", description="What GCN calls this deployment, if it asks")
    gcn_client_secret: str = Field("", repr=False, description="Secret of that client")
    gcn_token_url: str = Field(
        "https://auth.gcn.nasa.gov/oauth2/token", description="Where GCN gives tokens for them"
    )

    services: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Remote catalogues that may be asked: simbad,gaia_dr3; none by default"
    )
    service_seconds: float = Field(
        10.0, gt=0, description="Most time that a batch, or a request, waits for one of them"
    )
    cds_address: str = Field(
        "https://cdsxmatch.u-strasbg.fr/xmatch/api/v1/sync",
        description="Address of the CDS X-Match service",
    )
    tns_address: str = Field(
        "https://www.wis-tns.org/system/files/tns_public_objects/tns_public_objects.csv.zip",
        description="Address of the daily list of the Transient Name Server",
    )
    tns_key: str = Field("", repr=False, description="Key of your bot at the TNS")
    tns_marker: str = Field("", description='Its marker, tns_marker{"tns_id": ..., ...}')
    ssodnet_address: str = Field(
        "https://api.ssodnet.imcce.fr/quaero/1/sso",
        description="Address of the name resolver of SsODNet",
    )

    miriade_address: str = Field(
        "https://ssp.imcce.fr/webservices/miriade/api/ephemcc.php",
        description="Address of the ephemerides of Miriade",
    )
    sesame_address: str = Field(
        "https://cds.unistra.fr/cgi-bin/nph-sesame",
        description="Address of the name resolver Sesame",
    )

    kept_days: int = Field(
        7, ge=1, description="Days for which earlier versions of sorted tables can be read"
    )
    kept_nights: tuple[str, ...] = Field(
        (),
        description="Nights whose state of them, at the noon (UTC) after each, can always be read: "
        'JSON, ["2026-01-31"]',
    )

    spark_port: int = Field(15002, description="Port of the embedded Spark Connect server")
    spark_ui_port: int = Field(4040, description="Port of its web page")
    spark_remote: str = Field("", description="Address of the Spark Connect server, sc://host:port")
    spark_memory: str = Field("4g", description="Heap of the embedded Spark server")

    dagster_port: int = Field(3000, description="Port of Dagster's web page")

    api_host: str = Field("127.0.0.1", description="Address that the REST API listens on")
    api_ports: dict[str, int] = Field(
        {"ztf": 32000, "lsst": 32001}, description="Port of the REST API of each survey: JSON"
    )
    api_seconds: float = Field(120.0, gt=0, description="Longest time of one of its queries")
    api_queries: int = Field(4, gt=0, description="Queries that it runs at the same time")
    api_body_bytes: int = Field(1_000_000, gt=0, description="Largest body of a request")
    api_rate: float = Field(
        0.0, ge=0, description="Requests of one client per second, in the mean; 0 for no limit"
    )
    api_fetch: bool = Field(
        True, description="Whether TAP fetches tables from public addresses that queries name"
    )
    api_fetch_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Hosts, or host:port, that it may ask though they are not public: a,b:8080"
    )

    alerts_per_batch: int = Field(8000, gt=0, description="Most alerts in one micro-batch")
    megabytes_per_batch: int = Field(
        550, gt=0, description="Most megabytes of alerts in it, by their survey's mean size"
    )
    drain_quiet_seconds: float = Field(
        60.0, ge=0, description="A run ends after this long without messages"
    )
    drain_limit_seconds: float = Field(
        1800.0, gt=0, description="A run ends after this long in any case"
    )
    rotations: int = Field(
        300, ge=0, description="Bodies of a survey whose rotation is looked for in one run"
    )
    report_seconds: float = Field(
        15.0, gt=0, description="Least time between two reports to Dagster"
    )

    @field_validator("services", "api_fetch_hosts", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """Read names with commas between them; brackets and quotes, as in JSON, do no harm."""
        if not isinstance(value, str):
            return value
        return tuple(filter(None, (name.strip(" []\"'") for name in value.split(","))))

    @property
    def lake(self) -> str:
        """Root of the Delta tables: a folder or an object-store address."""
        return self.lake_root or str(self.home / "lake")

    @property
    def input_servers(self) -> str:
        """Bootstrap servers of the incoming alert streams."""
        return self.kafka_input or f"127.0.0.1:{self.kafka_port}"

    def input_servers_of(self, survey: str) -> str:
        """Bootstrap servers of one survey's alert stream."""
        return self.kafka_inputs.get(survey) or self.input_servers

    def most_alerts(self, message_kb: float) -> int:
        """Most alerts in one micro-batch of messages of a mean size."""
        return max(1, min(self.alerts_per_batch, int(self.megabytes_per_batch * 1000 / message_kb)))

    @property
    def output_servers(self) -> str:
        """Bootstrap servers of the outgoing topics."""
        return self.kafka_output or f"127.0.0.1:{self.kafka_port}"

    @property
    def spark_address(self) -> str:
        """Address of the Spark Connect server."""
        return self.spark_remote or f"sc://127.0.0.1:{self.spark_port}"

    @property
    def jars(self) -> Path:
        """Folder of the Java libraries resolved at set-up."""
        return self.cache / "jars"

    @property
    def samples(self) -> Path:
        """Folder of the alerts fetched at set-up."""
        return self.cache / "alerts"

    @property
    def models(self) -> Path:
        """Folder of the trained models converted at set-up, at the same place for every worker."""
        return self.cache / "models"

    @property
    def packets(self) -> Path:
        """Folder of the packet schemas fetched at set-up."""
        return self.cache / "packets"

    @property
    def catalogues(self) -> Path:
        """Folder of the catalogues fetched at set-up."""
        return self.cache / "catalogues"


@cache
def settings() -> Settings:
    """Settings of this process."""
    return Settings()
