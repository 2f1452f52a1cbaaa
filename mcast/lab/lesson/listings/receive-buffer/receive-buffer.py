"""Datagrams wait in the socket's receive buffer until the program reads them.
What finds it full is dropped, and the kernel counts that. The program asks
for a buffer of so many bytes, and is busy until a line comes on standard
input.

    python3 receive-buffer.py receive GROUP INTERFACE BYTES
    python3 receive-buffer.py send GROUP COUNT
"""
import socket
import struct
import sys

PORT = 1234


SO_MEMINFO = 55  # of asm-generic/socket.h: the module socket has no name for it


def receive(group, interface, size):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    # [
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    granted = s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)  # twice as much
    print("buffer of", granted, "bytes")
    # ]
    index = socket.if_nametoindex(interface)
    join = struct.pack("4s4si", socket.inet_aton(group), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
    print("ready")
    sys.stdin.readline()  # busy
    s.settimeout(0.1)  # then nothing is waiting any more
    n = 0
    while True:
        try:
            s.recv(2000)
        except TimeoutError:
            break
        n += 1
    # [
    # SO_MEMINFO = 55: nine numbers, the last of which counts the drops
    *_, dropped = struct.unpack("9I", s.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))
    # ]
    print("of", n + dropped, "datagrams", "some were" if dropped else "none was", "dropped")


def send(group, count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(count):
        s.sendto(b"burst", (group, PORT))
    print("sent", count)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", group, interface, size]:
        receive(group, interface, int(size))
    case ["send", group, count]:
        send(group, int(count))
    case _:
        sys.exit("usage: receive GROUP INTERFACE BYTES, or send GROUP COUNT")
