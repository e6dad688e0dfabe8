"""A web server on loopback whose answers a test writes byte by byte, and what it was asked."""

import socket
import threading
from contextlib import contextmanager, suppress


class Web:
    """Answers each path by what it is told to send; `asked` are whole requests, as text."""

    def __init__(self, pages, context=None):
        self.pages, self.asked = pages, []
        self._context = context
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with suppress(OSError):
            while True:
                line, _ = self._door.accept()
                threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line):
        with suppress(OSError), line:
            line.settimeout(10)
            if self._context is not None:
                line = self._context.wrap_socket(line, server_side=True)
            text = b""
            while b"\r\n\r\n" not in text:
                piece = line.recv(65536)
                text += piece
                if not piece or not text[:1].isalpha():  # no HTTP, maybe TLS
                    return line.sendall(status(400)[0])
            self.asked.append(text.decode())
            for piece in self.pages.get(text.split()[1].decode(), status(404)):
                line.sendall(piece)
            line.close()

    def close(self):
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()


@contextmanager
def web(pages, context=None):
    """Serve pages until the end of the block."""
    made = Web(pages, context)
    try:
        yield made
    finally:
        made.close()


def page(content, *headers, length=None):
    """Answer with a content, and say how long it is."""
    size = len(content) if length is None else length
    head = "".join(f"{line}\r\n" for line in (f"Content-Length: {size}", *headers))
    return [f"HTTP/1.1 200 OK\r\n{head}\r\n".encode(), content]


def status(number, *headers):
    """Answer with a status."""
    head = "".join(f"{line}\r\n" for line in ("Content-Length: 0", *headers))
    return [f"HTTP/1.1 {number} So\r\n{head}\r\n".encode()]
