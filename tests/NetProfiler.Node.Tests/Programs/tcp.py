"""Two programs of the tests of TCP. Each answers every line of its input with one line.

relay DELAY_MS      a network of one host: what goes to 10.9.0.2 comes back from there after a while, so that 10.9.0.1 talks to itself
                    over it. "drop N" loses every Nth packet that carries data from now on, 0 none.
talk SERVER CLIENT PORT   both ends of one connection at a time: SERVER is where it listens, CLIENT where it connects to.
"""
import fcntl, heapq, os, select, socket, struct, subprocess, sys, threading, time


def answer(*words):
    print(*words, flush=True)


def relay(delay):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, 0x400454CA, struct.pack("16sH", b"tun0", 0x1001))  # TUNSETIFF: a TUN device without a header of its own
    subprocess.check_call("ip address add 10.9.0.1/24 dev tun0 && ip link set tun0 up", shell=True)
    answer("ready", os.getpid())
    waiting, number, every, carried = [], 0, 0, 0
    while True:
        patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        ready = select.select([device, 0], [], [], patience)[0]
        if 0 in ready:
            line = sys.stdin.readline()
            if not line:
                return
            every = int(line.split()[1])
            answer("ok")
        while device in ready:
            try:
                packet = os.read(device, 65536)
            except BlockingIOError:
                break
            if packet[0] >> 4 != 4 or packet[9] != 6:
                continue
            header = (packet[0] & 15) * 4
            if len(packet) > header + (packet[header + 12] >> 4) * 4:
                carried += 1
                if every and carried % every == 0:
                    continue
            number += 1
            # Swapping the addresses leaves every checksum as it is.
            heapq.heappush(waiting, (time.monotonic() + delay, number, packet[:12] + packet[16:20] + packet[12:16] + packet[20:]))
        while waiting and waiting[0][0] <= time.monotonic():
            os.write(device, heapq.heappop(waiting)[2])


class End:
    """One end of a connection, and what its calls moved."""

    def __init__(self, connection):
        self.connection, self.reads, self.writes, self.received, self.sent = connection, 0, 0, 0, 0

    def read(self, most):
        data = self.connection.recv(most)
        if data:
            self.reads, self.received = self.reads + 1, self.received + len(data)
        return data

    def write(self, data):
        while data:
            moved = self.connection.send(data)
            self.writes, self.sent, data = self.writes + 1, self.sent + moved, data[moved:]

    def message(self):
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.read(65536)
            if not part:
                return None
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields[b"content-length"])
        got = len(body)
        while got < length:
            got += len(self.read(65536))
        return fields


def serve(end):
    while (fields := end.message()) is not None:
        size = int(fields[b"x-size"])
        end.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)


def talk(server, client, port):
    listener = socket.create_server((server, port))
    answer("ready", os.getpid())
    here = there = thread = None
    for line in sys.stdin:
        words = line.split()
        if words[0] == "connect":
            started = time.monotonic()
            connection = socket.create_connection((client, port))
            took = time.monotonic() - started
            there = End(listener.accept()[0])
            here = End(connection)
            thread = threading.Thread(target=serve, args=(there,), daemon=True)
            thread.start()
            answer(int(took * 1e6))
        elif words[0] == "exchange":  # bytes of the request, of the response; milliseconds before it is read
            here.write(b"POST / HTTP/1.1\r\nHost: a\r\nX-Size: %s\r\nContent-Length: %s\r\n\r\n" % (words[2].encode(), words[1].encode()) + b"x" * int(words[1]))
            time.sleep(int(words[3]) / 1000)
            here.message()
            answer("ok")
        elif words[0] == "counts":
            answer(*(value for end in (here, there) for value in (end.reads, end.received, end.writes, end.sent)))
        elif words[0] == "close":
            here.connection.close()
            thread.join()
            there.connection.close()
            answer("ok")
        elif words[0] == "timeout":  # nothing gets through any more
            here.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
            here.write(b"POST / HTTP/1.1\r\n")
            try:
                here.read(1)
            except OSError as failure:
                answer(failure.errno)
            here.connection.close()


if sys.argv[1] == "relay":
    relay(int(sys.argv[2]) / 1000)
else:
    talk(sys.argv[2], sys.argv[3], int(sys.argv[4]))
