"""A datagram to a group leaves through one interface. This program names it;
with the interface "any" the kernel looks it up in the routing table.

    python3 outgoing-interface.py receive GROUP INTERFACE
    python3 outgoing-interface.py send GROUP INTERFACE TEXT
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


def send(group, interface, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if interface != "any":
        # [
        index = socket.if_nametoindex(interface)
        out = struct.pack("4s4si", bytes(4), bytes(4), index)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, out)
        # ]
    # [
    s.sendto(text.encode(), (group, PORT))
    # ]
    print("sent", text)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", group, interface]:
        receive(group, interface)
    case ["send", group, interface, text]:
        send(group, interface, text)
    case _:
        sys.exit("usage: receive GROUP INTERFACE, or send GROUP INTERFACE TEXT")
