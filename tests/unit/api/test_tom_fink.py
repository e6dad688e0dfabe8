"""The package tom_fink, as its authors ship it, with the address of our server in `base_url`."""

import os
import sys
from pathlib import Path

import pytest
from api_archive import packets, science_row, write_ztf
from api_served import serving

sys.path.append(str(Path(sys.prefix, "clients")))
pytest.importorskip("tom_fink", reason="`make test` installs it")


@pytest.fixture(scope="module")
def science():
    labels = ("SN candidate", "Unknown")
    return [
        science_row(p, classification={"label": labels[k % 2]})
        for k, p in enumerate(packets()[:10])
    ]


@pytest.fixture(scope="module")
def address(tmp_path_factory, science):
    archive = write_ztf(tmp_path_factory.mktemp("lake"), science)
    with serving(archive) as server:
        yield f"{server}/api/v1/"


@pytest.fixture(scope="module")
def service(address, tmp_path_factory):
    import django
    from django.conf import settings
    from tom_common.default_settings import TOMTOOKIT_INSTALLED_APPS, TOMTOOKIT_MIDDLEWARE

    if not settings.configured:
        database = tmp_path_factory.mktemp("tom") / "db.sqlite3"
        os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        settings.configure(
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database)}},
            INSTALLED_APPS=[*TOMTOOKIT_INSTALLED_APPS, "tom_fink"],
            MIDDLEWARE=TOMTOOKIT_MIDDLEWARE,
            SECRET_KEY="of a test",
            SITE_ID=1,
            EXTRA_FIELDS={},
            USE_TZ=True,
        )
        django.setup()
    from tom_fink.fink import FinkDataService

    FinkDataService.base_url = address
    return FinkDataService()


def asked(service, **form):
    names = ("objectId", "conesearch", "classsearch", "classsearchdate")
    return service.build_query_parameters({**dict.fromkeys(names, ""), **form})


def test_by_object(service, science):
    name = science[0]["object_id"]
    (target,) = service.query_targets(asked(service, objectId=name))
    assert target["name"] == name
    assert target["num_alerts"] == sum(row["object_id"] == name for row in science)
    assert len(service.query_photometry(asked(service, objectId=name))) == target["num_alerts"]


def test_by_place_with_blanks_between_the_numbers(service, science):
    row = science[0]
    targets = service.query_targets(asked(service, conesearch=f"{row['ra']}, {row['dec']}, 5"))
    assert row["object_id"] in {target["name"] for target in targets}


def test_by_class_and_number_and_by_class_and_days(service, science):
    newest = service.query_targets(asked(service, classsearch="SN candidate, 10"))
    names = {r["object_id"] for r in science if r["classification"]["label"] == "SN candidate"}
    assert {target["name"] for target in newest} <= names
    assert newest
    dated = service.query_targets(asked(service, classsearchdate="SN candidate, 10000"))
    assert {target["name"] for target in dated} == names


def test_what_is_not_there_is_no_target(service):
    assert service.query_targets(asked(service, objectId="ZTF00nothing")) == []
