"""A server that remembers what it was sent and answers as it is told."""

from http.server import BaseHTTPRequestHandler


class Answering(BaseHTTPRequestHandler):
    """`statuses` are answered one after the other, then 200."""

    asked: list
    statuses: list

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((dict(self.headers), body))
        self.send_response(self.statuses.pop(0) if self.statuses else 200)
        self.send_header("Location", "http://localhost:1/")
        self.end_headers()
        self.wfile.write(b"answered")

    def log_message(self, *_):
        pass
