"""Look alerts up in SIMBAD as a server of a test has it."""

from datetime import UTC, datetime

import pandas as pd
from unit.services.served import simbad

from fink_assets.services import SIMBAD
from fink_assets.services.answers import Answers
from fink_assets.services.client import Client, Limits
from fink_assets.services.look_up import look_up

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONCE = Limits(attempts=1, read_seconds=0.5, connect_seconds=0.5)
STAR = simbad((26.8566983, -26.9677112, "NAME X", "LongPeriodV*", "LP*"))


def client_of(address, **changes):
    return Client(address=address, **{"limits": ONCE, "sleep": lambda _: None, **changes})


def positions(*places, index=None):
    frame = pd.DataFrame(places, columns=["ra", "dec"], index=index)
    return frame.assign(alert_id=range(len(frame)))


def found(places, client, root, *, now=NOW, seconds=20.0, service=SIMBAD):
    return look_up(
        service, places, answers=Answers(str(root)), client=client, seconds=seconds, now=now
    )
