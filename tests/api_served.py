"""The API of ZTF over an archive, on a port of its own, for clients that speak HTTP."""

import threading
import time
from contextlib import contextmanager


@contextmanager
def serving(archive, limits=None, reach=None):
    """Serve until the end of the block; gives the address."""
    import uvicorn

    from fink_assets.api.flavours import ENDPOINTS
    from fink_assets.api.server import application

    app = application(archive, ENDPOINTS["ztf"], title="ZTF", limits=limits, reach=reach)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
