"""A TCP relay in front of a server, to take it away: refusing, or silent while it keeps its connections."""

import socket
import threading
from contextlib import suppress


class Relay:
    """`port` is the relay's own, on 127.0.0.1."""

    def __init__(self, host, port):
        self.upstream = (host, port)
        self._flowing = threading.Event()
        self._flowing.set()
        self._open = []
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]

    def down(self):
        """New connections are refused, those that are open break."""
        for found in [self._listener, *self._open]:
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)
            found.close()
        self._open = []

    def hang(self):
        """Connections can be opened and stay open, but nothing comes through: as of a process that was stopped."""
        self._flowing.clear()

    def up(self):
        self._flowing.set()
        if self._listener.fileno() < 0:
            self._listener = self._listen(self.port)

    def close(self):
        self._flowing.set()
        self.down()

    def _listen(self, port):
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener):
        with suppress(OSError):
            while True:
                client = listener.accept()[0]
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client):
        self._open.append(client)
        self._flowing.wait()
        with suppress(OSError):
            server = socket.create_connection(self.upstream)
            self._open.append(server)
            threading.Thread(target=self._pump, args=(server, client), daemon=True).start()
            self._pump(client, server)

    def _pump(self, source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                target.sendall(data)
        for found in (source, target):
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)
