"""A datagram to a group has TTL 1 unless its program sets another one. Each
router takes 1 off, and forwards nothing that would be left with 0.

    python3 ttl.py receive GROUP INTERFACE
    python3 ttl.py send GROUP INTERFACE TTL TEXT
"""
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
        text, sender = s.recvfrom(2000)
        print("heard", text.decode(), "from", sender[0])


def send(group, interface, ttl, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(interface)
    out = struct.pack("4s4si", bytes(4), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, out)
    # [
    # ttl is 0 to 255
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, int(ttl))
    s.sendto(text.encode(), (group, PORT))
    # ]
    print("sent", text)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", group, interface]:
        receive(group, interface)
    case ["send", group, interface, ttl, text]:
        send(group, interface, ttl, text)
    case _:
        sys.exit("usage: receive GROUP INTERFACE, or send GROUP INTERFACE TTL TEXT")
