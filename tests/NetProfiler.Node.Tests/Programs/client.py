"""The client of ClientFamilyTests: arguments: port, number of requests, and for TLS any third one."""
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPSConnection

port, count = int(sys.argv[1]), int(sys.argv[2])


def work(first):
    plain = len(sys.argv) < 4
    connection = HTTPConnection("127.0.0.1", port) if plain else HTTPSConnection("127.0.0.1", port, context=ssl._create_unverified_context())

    def send(method, path, body=None, headers={}):
        connection.request(method, path, body, headers)
        connection.getresponse().read()

    kinds = [
        lambda n: send("GET", f"/small?n={n}"),
        lambda n: send("GET", f"/f8?n={n}"),
        lambda n: send("GET", f"/missing?n={n}"),
        lambda n: send("GET", f"/fail?n={n}"),
        lambda n: send("HEAD", f"/f5?n={n}"),
        lambda n: send("POST", f"/upload?n={n}", b"p" * (n * 97)),
        lambda n: send("POST", f"/upload?n={n}", iter([b"c" * (1 + n * 31), b"d"])),  # chunked
        lambda n: send("GET", f"/kept?n={n}", headers={"Range": "bytes=0-999"}),
        lambda n: send("GET", f"/f11?n={n}"),
        lambda n: send("GET", f"/text.txt?n={n}", headers={"Accept-Encoding": "gzip"}),
    ]
    for n in range(first, count, 4):
        kinds[n % 10](n)
    connection.close()


with ThreadPoolExecutor(4) as pool:
    list(pool.map(work, range(4)))
