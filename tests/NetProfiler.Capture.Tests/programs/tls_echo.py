"""A TLS server that sends back what it receives, in pieces of its own. Arguments: folder of cert.pem and key.pem. Says its port."""
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


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{sys.argv[1]}/cert.pem", f"{sys.argv[1]}/key.pem")
listener = socket.create_server(("127.0.0.1", 0), backlog=256)
print(listener.getsockname()[1], flush=True)
number = 0
while True:
    accepted, _ = listener.accept()
    number += 1
    threading.Thread(target=serve, args=(accepted, number), daemon=True).start()
