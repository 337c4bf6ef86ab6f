"""
A TLS server that sends back what it receives, in pieces of its own. Arguments: folder of cert.pem and key.pem, and how the library gets the
bytes: socket, or memory. Says its port.
"""
import asyncio
import socket
import ssl
import sys
import threading


def serve(connection, number):
    try:
        with context.wrap_socket(connection, server_side=True) as session:
            while data := session.recv(1 + number * 977 % 40000):
                session.sendall(data)
    except OSError:
        pass


async def serve_by_memory(reader, writer):
    pieces = writer.get_extra_info("peername")[1] * 977 % 40000
    try:
        while data := await reader.read(1 + pieces):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def serve_all_by_memory():
    server = await asyncio.start_server(serve_by_memory, "127.0.0.1", 0, ssl=context, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{sys.argv[1]}/cert.pem", f"{sys.argv[1]}/key.pem")
if sys.argv[2] == "memory":
    asyncio.run(serve_all_by_memory())
listener = socket.create_server(("127.0.0.1", 0), backlog=256)
print(listener.getsockname()[1], flush=True)
number = 0
while True:
    accepted, _ = listener.accept()
    number += 1
    threading.Thread(target=serve, args=(accepted, number), daemon=True).start()
