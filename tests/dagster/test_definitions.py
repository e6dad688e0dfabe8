"""The platform as Dagster loads it: without heavy imports, and with the graph that is written down.

A change of the graph shows as a difference of `graph.json`; where it is wanted, write it anew:
`python tests/dagster/test_definitions.py`.
"""

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg

from fink_assets.definitions import build_defs
from fink_assets.raw2science.assets import module_key
from fink_assets.raw2science.models import Model
from fink_assets.raw2science.modules import MODULES
from fink_assets.settings import Settings

GRAPH = Path(__file__).with_name("graph.json")
HEAVY = {
    "astropy",
    "confluent_kafka",
    "deltalake",
    "fastavro",
    "great_expectations",
    "light_curve",
    "numpy",
    "pandas",
    "pyarrow",
    "pyspark",
    "scipy",
}


def graph():
    """Everything that people and automation rely on, as plain data."""
    defs = build_defs(Settings(lake_root="/lake", _env_file=None))
    checks = defs.resolve_asset_graph()
    return {
        "assets": {
            spec.key.to_user_string(): {
                "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
                "group": spec.group_name,
                "owners": sorted(spec.owners),
                "kinds": sorted(spec.kinds),
                "version": (spec.code_version or "").partition("+")[0],
                "partitioned": spec.partitions_def is not None,
                "checks": checks_of(checks, spec.key),
            }
            for spec in sorted(defs.resolve_all_asset_specs(), key=lambda spec: spec.key)
        },
        "jobs": {
            job.name: {k: v for k, v in sorted(job.tags.items()) if k.startswith("fink/")}
            for job in sorted(defs.resolve_all_job_defs(), key=lambda job: job.name)
            if not job.name.startswith("__")
        },
        "sensors": {
            sensor.name: {
                "jobs": sorted(target.job_name for target in sensor.targets),
                "running": sensor.default_status.value == "RUNNING",
            }
            for sensor in sorted(defs.sensors, key=lambda sensor: sensor.name)
        },
        "schedules": sorted(schedule.name for schedule in defs.schedules or ()),
    }


def checks_of(asset_graph, key):
    """Checks of an asset; those that block are marked."""
    keys = sorted(asset_graph.get_check_keys_for_assets({key}), key=lambda check: check.name)
    specs = [asset_graph.get_check_spec(check) for check in keys]
    return [f"{spec.name} (blocking)" if spec.blocking else spec.name for spec in specs]


def test_the_graph_is_the_one_that_is_written_down():
    assert graph() == json.loads(GRAPH.read_text())


def test_loading_the_definitions_imports_nothing_heavy_and_connects_to_nothing():
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('a connection at definitions load')\n"
        "socket.socket.connect = refuse\n"
        "import fink_assets.definitions\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(run.stdout.split())


def test_every_asset_says_what_it_is_and_who_answers_for_it():
    for spec in build_defs(Settings(_env_file=None)).resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.tags.get("survey", "catalogues") == spec.key.path[0]
        assert spec.group_name != "default"


def test_a_module_depends_on_its_models_which_are_made_elsewhere_and_say_what_they_are():
    defs = build_defs(Settings(_env_file=None))
    specs = {spec.key: spec for spec in defs.resolve_all_asset_specs()}
    used = [(m, data) for m in MODULES for data in m.data if isinstance(data, Model)]
    for module, model in used:
        spec = specs[dg.AssetKey(model.key)]
        assert dg.AssetKey(model.key) in {dep.asset_key for dep in specs[module_key(module)].deps}
        assert spec.metadata["sha256"] == spec.code_version == model.sha256
        assert {"bytes", "licence", "origin", "package", "features"} <= set(spec.metadata)
        assert dg.AssetKey(model.key) not in defs.resolve_asset_graph().materializable_asset_keys
    assert len({key for key in specs if "models" in key.path}) == len({m.name for _, m in used})


def test_what_searches_catalogues_depends_on_their_assets():
    specs = build_defs(Settings(_env_file=None)).resolve_all_asset_specs()
    (crossmatch,) = [spec for spec in specs if spec.key.path == ["ztf", "science", "crossmatch"]]
    needed = {dep.asset_key.path[-1] for dep in crossmatch.deps}
    assert {"gcvs", "vsx", "mangrove"} < needed
    known = {spec.key.path[-1] for spec in specs if spec.key.path[0] == "catalogues"}
    assert needed - {"science"} <= known


if __name__ == "__main__":
    GRAPH.write_text(json.dumps(graph(), indent=2) + "\n")
