"""TLS through memory buffers, as asyncio does it. Arguments: kind, port, folder of cert.pem and key.pem, and a number.

server PORT FOLDER BACKEND answers as server.py does; within each handshake asks the server at port BACKEND in clear text, if it is not 0
client PORT FOLDER COUNT   asks as client.py does; begins when a line is read
both PORT FOLDER COUNT     serves COUNT connections of its own; begins when a line is read, and prints what it asked: see TlsClientTests
"""
import asyncio
import ssl
import sys
from http.client import HTTPConnection

kind, port, folder, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int((sys.argv + ["0"])[4])
accepting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
accepting.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
connecting = ssl._create_unverified_context()


def length(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target = head.split(b" ")[:2]
            body = await reader.readexactly(length(head))
            path = target.split(b"?")[0]
            if path == b"/slow":
                await asyncio.sleep(3600)
            status = b"200 OK" if path in (b"/small", b"/large", b"/echo") else b"404 Not Found"
            data = body if path == b"/echo" else b"x" * 200000 if path == b"/large" else b"hello\n"
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(data)) + (b"" if method == b"HEAD" else data))
            await writer.drain()
    except (asyncio.IncompleteReadError, OSError):
        pass
    writer.close()


async def ask(reader, writer, method, target, body=b"", fields=b""):
    """Returns the bytes of the request and of the response."""
    request = b"%s %s HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n%s\r\n" % (method, target, len(body), fields) + body
    writer.write(request)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    size = 0 if method == b"HEAD" else length(head)
    await reader.readexactly(size)
    return len(request), len(head) + size


async def work(first):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=connecting, limit=1 << 22)
    kinds = [
        lambda n: ask(reader, writer, b"GET", b"/small?n=%d" % n),
        lambda n: ask(reader, writer, b"GET", b"/f8?n=%d" % n),
        lambda n: ask(reader, writer, b"GET", b"/missing?n=%d" % n),
        lambda n: ask(reader, writer, b"HEAD", b"/f5?n=%d" % n),
        lambda n: ask(reader, writer, b"POST", b"/upload?n=%d" % n, b"p" * (n * 97)),
        lambda n: ask(reader, writer, b"GET", b"/kept?n=%d" % n, fields=b"Range: bytes=0-999\r\n"),
        lambda n: ask(reader, writer, b"GET", b"/f11?n=%d" % n),
    ]
    for n in range(first, count, 4):
        await kinds[n % 7](n)
    writer.close()


async def talk(connection):
    """One connection to itself; each request names the client's own port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=connecting, limit=1 << 22)
    own = writer.get_extra_info("sockname")[1]
    for n in range(4):
        target = b"/%s?port=%d&n=%d" % (b"large" if n == 2 else b"echo", own, n)
        sent, received = await ask(reader, writer, b"POST", target, b"b" * (connection * 37 + n))
        print("POST", target.decode(), 200, sent, received)
    writer.close()


def look_up(session, name, context):
    """Certificates may be elsewhere."""
    backend = HTTPConnection("127.0.0.1", count)
    backend.request("GET", "/small?name=" + name)
    backend.getresponse().read()
    backend.close()


async def main():
    if kind == "server" and count:
        accepting.sni_callback = look_up
    if kind != "client":
        server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=accepting, limit=1 << 22, backlog=512)
    print("ready", flush=True)
    if kind == "server":
        await server.serve_forever()
    await asyncio.to_thread(sys.stdin.readline)
    if kind == "client":
        await asyncio.gather(*map(work, range(4)))
    for first in range(0, count if kind == "both" else 0, 25):
        await asyncio.gather(*map(talk, range(first, first + 25)))


asyncio.run(main())
