"""Each link has its own ff02::114. The zone after % says which link is meant:
it is the interface to join on, and to send through.

    python3 ipv6-zone.py receive GROUP%ZONE
    python3 ipv6-zone.py send GROUP%ZONE TEXT
"""
import socket
import struct
import sys

PORT = 1234


def receive(group):
    # [
    group, _, zone = group.partition("%")
    index = socket.if_nametoindex(zone)
    # ]
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    # [
    join = struct.pack("16sI", socket.inet_pton(socket.AF_INET6, group), index)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, join)
    # ]
    print("ready")
    while True:
        print("heard", s.recv(2000).decode())


def send(group, text):
    group, _, zone = group.partition("%")
    index = socket.if_nametoindex(zone)
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    # [
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    s.sendto(text.encode(), (group, PORT, 0, index))
    # ]
    print("sent", text)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", group]:
        receive(group)
    case ["send", group, text]:
        send(group, text)
    case _:
        sys.exit("usage: receive GROUP%ZONE, or send GROUP%ZONE TEXT")
