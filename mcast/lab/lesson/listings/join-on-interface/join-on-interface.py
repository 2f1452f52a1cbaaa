"""A program joins a group on an interface. It receives the datagrams of the
group that arrive there, and no others.

    python3 join-on-interface.py receive GROUP INTERFACE
    python3 join-on-interface.py send GROUP INTERFACE TEXT
"""
import socket
import struct
import sys

PORT = 1234


def receive(group, interface):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    # [
    index = socket.if_nametoindex(interface)
    join = struct.pack("4s4si", socket.inet_aton(group), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
    # ]
    print("ready")
    while True:
        text, sender = s.recvfrom(2000)
        print("heard", text.decode(), "from", sender[0])


def send(group, interface, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(interface)
    out = struct.pack("4s4si", bytes(4), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, out)
    s.sendto(text.encode(), (group, PORT))
    print("sent", text)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", group, interface]:
        receive(group, interface)
    case ["send", group, interface, text]:
        send(group, interface, text)
    case _:
        sys.exit("usage: receive GROUP INTERFACE, or send GROUP INTERFACE TEXT")
