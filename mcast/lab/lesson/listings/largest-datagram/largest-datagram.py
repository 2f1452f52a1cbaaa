"""The IP header takes 20 bytes of a packet and the UDP header 8. Of an
Ethernet's 1500 bytes 1472 are left for the payload; a larger datagram is
cut into fragments. No datagram of IPv4 has more than 65507 bytes.

    python3 largest-datagram.py receive GROUP INTERFACE
    python3 largest-datagram.py send GROUP BYTES
"""
import errno
import socket
import struct
import sys

PORT = 1234


def receive(group, interface):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    index = socket.if_nametoindex(interface)
    join = struct.pack("4s4si", socket.inet_aton(group), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
    print("ready")
    while True:
        text, sender = s.recvfrom(65507)
        print("heard", len(text), "bytes from", sender[0])


def send(group, size):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # [
    try:
        s.sendto(bytes(size), (group, PORT))
    except OSError as e:
        if e.errno != errno.EMSGSIZE:
            raise
        print(size, "bytes are too many")
        sys.exit(1)
    # 1480 bytes of each packet are for UDP: its header once, then the payload
    print("sent", size, "bytes, packets:", (8 + size + 1479) // 1480)
    # ]


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", group, interface]:
        receive(group, interface)
    case ["send", group, size]:
        send(group, int(size))
    case _:
        sys.exit("usage: receive GROUP INTERFACE, or send GROUP BYTES")
