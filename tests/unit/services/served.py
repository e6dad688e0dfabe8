"""A real HTTP server on this machine that answers as CDS X-Match does, or misbehaves as told."""

import email
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd

from fink_assets.astro.angles import separation

OK = '<INFO name="QUERY_STATUS" value="OK"/>'


@dataclass
class Asked:
    """What came in."""

    method: str
    fields: dict
    parameters: dict
    headers: dict


@dataclass
class Served:
    """A server: what it was asked, and how it answers."""

    address: str
    respond: object
    asked: list = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(respond):
    """Serve on a free port of this machine; `respond(handler, asked)` writes the answer."""
    served = Served("", respond)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            asked = Asked(
                self.command,
                form(self.headers.get("Content-Type", ""), body),
                {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()},
                dict(self.headers),
            )
            served.asked.append(asked)
            self.gone = served.gone
            self.close_connection = True
            served.respond(self, asked)

        do_GET = do_POST = handle_one  # noqa: N815

        def log_message(self, *arguments):
            pass

        def finish(self):
            with suppress(OSError):
                super().finish()

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    served.address = f"http://127.0.0.1:{server.server_port}/sync"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        served.gone.set()
        server.shutdown()
        server.server_close()
        thread.join()


def form(kind, body):
    """Fields of a form, of either encoding."""
    if kind.startswith("application/x-www-form-urlencoded"):
        return {k: v[0] for k, v in parse_qs(body.decode()).items()}
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    parts = message.get_payload() if message.is_multipart() else []
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
        for part in parts
    }


def send(handler, body, *, status=200, kind="text/xml", headers=(), length=None):
    """Write an answer; `length` is what it says of its length."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers:
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def x_match(catalogue, *, change=lambda text: text):
    """Answer as CDS X-Match, from sources with their columns as text; `None` where not known.

    `catalogue` has `ra` and `dec` under the names that are asked for; numbers of any kind.
    """

    def respond(handler, asked):
        send(handler, change(answer(catalogue, asked.fields)).encode())

    return respond


def answer(catalogue, fields):
    """The VOTable of a request."""
    names = fields["cols2"].split(",")
    at_ra, at_dec = (catalogue[name].to_numpy(float) for name in names[:2])
    rows = []
    lines = fields["cat1"].splitlines()
    for line in lines[1:]:
        _, ra, dec = line.split(",")
        apart = 3600 * separation(float(ra), float(dec), at_ra, at_dec)
        for i in np.flatnonzero(apart <= float(fields["distMaxArcsec"])):
            values = [catalogue[name].iloc[i] for name in names]
            rows.append([f"{apart[i]:.6f}", *line.split(","), *values])
    return votable(["angDist", *lines[0].split(","), *names], rows)


def votable(names, rows, *, status=OK):
    """A VOTable, all its columns text but those that X-Match has as numbers."""
    numbers = {"angDist", "fink_ra", "fink_dec", "ra", "dec", "RAJ2000", "DEJ2000", "RAdeg"}
    numbers |= {"DEdeg", "RA_ICRS", "DE_ICRS", "Plx", "e_Plx", "zphot", "e_zphot", "pstar"}
    kinds = {name: 'datatype="double"' for name in numbers} | {
        "fink_row": 'datatype="int"',
        "fqual": 'datatype="short"',
        "SPICY": 'datatype="int"',
    }
    text = 'datatype="char" arraysize="*"'
    fields = "".join(f"<FIELD name={quoteattr(n)} {kinds.get(n, text)}/>" for n in names)
    cells = (
        "<TR>"
        + "".join(f"<TD>{'' if v is None or v != v else escape(str(v))}</TD>" for v in row)
        + "</TR>"
        for row in rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        f'<RESOURCE type="results">{status}<TABLE>{fields}<DATA><TABLEDATA>\n'
        + "\n".join(cells)
        + "\n</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>\n"
    )


def hang(handler, asked):
    """Take the question and never answer."""
    handler.gone.wait()


def drip(handler, asked):
    """Answer a byte at a time, without end."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    try:
        while not handler.gone.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()
    except OSError:
        pass


def drip_headers(handler, asked):
    """Answer with headers a byte at a time, without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    try:
        while not handler.gone.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()
    except OSError:
        pass


def reset(handler, asked):
    """Close the connection with a reset."""
    import socket
    import struct

    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def elapsed(work):
    """What some work gives, and its seconds."""
    start = time.monotonic()
    return work(), time.monotonic() - start


def simbad(*rows):
    """Sources as SIMBAD has them: (ra, dec, main_id, main_type, otype)."""
    return pd.DataFrame(rows, columns=["ra", "dec", "main_id", "main_type", "otype"])
