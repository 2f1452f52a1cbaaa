"""A datagram counts against the send buffer until the interface has sent it.
Where the buffer is full, sendto waits. A socket that does not block raises
BlockingIOError instead.

    python3 send-buffer.py receive
    python3 send-buffer.py send ADDRESS BYTES COUNT
"""
import socket
import sys

PORT = 1234


def receive():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    print("ready")
    while True:
        text, sender = s.recvfrom(65536)
        print("heard", len(text), "bytes from", sender[0])


def send(address, size, count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # [
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    room = s.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)  # twice as much
    print("send buffer of", room, "bytes")
    s.setblocking(False)
    try:
        for _ in range(count):
            s.sendto(bytes(size), (address, PORT))
    except BlockingIOError:
        print("the send buffer is full")
        sys.exit(1)
    # ]
    print("all", count, "were sent")


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive"]:
        receive()
    case ["send", address, size, count]:
        send(address, int(size), int(count))
    case _:
        sys.exit("usage: receive, or send ADDRESS BYTES COUNT")
