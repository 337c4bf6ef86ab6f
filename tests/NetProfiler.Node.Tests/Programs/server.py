"""The server of ServerTests: see ServerTests.Requests. Arguments: port, kind, and for TLS the folder of cert.pem and key.pem."""
import ssl
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for i in range(1, 10):
                self.wfile.write(b"%x\r\n%s\r\n" % (i * 1000, b"y" * (i * 1000)))
            self.wfile.write(b"0\r\n\r\n")
        else:
            status = {"/small": 200, "/large": 200, "/fail": 500}.get(path, 404)
            self.answer(status, b"x" * 200000 if path == "/large" else b"hello\n")

    do_HEAD = do_GET

    def do_POST(self):
        self.answer(200, self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


servers = {"threads": ThreadingHTTPServer, "one": HTTPServer}
with servers[sys.argv[2]](("127.0.0.1", int(sys.argv[1])), Handler) as server:
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{sys.argv[3]}/cert.pem", f"{sys.argv[3]}/key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("ready", flush=True)
    server.serve_forever()
