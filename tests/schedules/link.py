"""The network between an instance and a service: as slow and as broken as a schedule says. Bytes go through it unread."""
import random
import socket
import struct
import threading
import time

BLOCK = 16384


class Link:
    """Listens on loopback and passes connections on. `rate`: bytes a second towards the service, over all connections."""

    def __init__(self, port, seed):
        self._to, self._chance = ("127.0.0.1", port), random.Random(seed)
        self.rate, self.down, self.resets = None, False, 0.0
        self._lock, self._free = threading.Lock(), 0.0
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # A thread in accept() holds the socket open until somebody comes.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self):
        """All connections that are open are reset."""
        with self._lock:
            some, self._open = self._open, set()
        for one in some:
            _reset(one)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.down:
                _reset(client)
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            service = socket.create_connection(self._to)
        except OSError:
            client.close()
            return
        for one in (client, service):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {client, service}
            left = self._chance.choice((300, 2000, 60000, 500000)) if self._chance.random() < self.resets else None
        back = threading.Thread(target=self._pump, args=(service, client, None), daemon=True)
        back.start()
        self._pump(client, service, left, slow=True)
        back.join()
        with self._lock:
            self._open -= {client, service}
        client.close()
        service.close()

    def _pump(self, source, target, left, slow=False):
        try:
            while True:
                data = source.recv(BLOCK)
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                if slow and self.rate:
                    self._wait(len(data))
                target.sendall(data)
                if left is not None:
                    left -= len(data)
                    if left < 0:
                        _reset(source)
                        _reset(target)
                        return
        except OSError:
            _reset(source)
            _reset(target)

    def _wait(self, size):
        with self._lock:
            now = time.monotonic()
            self._free = max(now, self._free) + size / self.rate
            pause = self._free - now
        time.sleep(pause)


def _reset(one):
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It is closed already.
