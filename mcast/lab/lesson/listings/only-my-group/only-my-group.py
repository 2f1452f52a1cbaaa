"""A program receives the group that it has joined, and not the groups that
others have joined on the same port. "plain" is a program without that: it
receives them as well. IP_MULTICAST_ALL is a Linux option.

    python3 only-my-group.py receive GROUP INTERFACE
    python3 only-my-group.py plain GROUP INTERFACE
    python3 only-my-group.py send GROUP TEXT
"""
import socket
import struct
import sys

PORT = 1234


IP_MULTICAST_ALL = 49  # of linux/in.h: the module socket has no name for it


def receive(group, interface, plain):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", PORT))
    index = socket.if_nametoindex(interface)
    join = struct.pack("4s4si", socket.inet_aton(group), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
    if not plain:
        # [
        # IP_MULTICAST_ALL = 49, of linux/in.h; the default is 1
        s.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
        # ]
    print("ready")
    while True:
        text, sender = s.recvfrom(2000)
        print("heard", text.decode(), "from", sender[0])


def send(group, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(text.encode(), (group, PORT))
    print("sent", text)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", group, interface]:
        receive(group, interface, plain=False)
    case ["plain", group, interface]:
        receive(group, interface, plain=True)
    case ["send", group, text]:
        send(group, text)
    case _:
        sys.exit("usage: receive GROUP INTERFACE, or plain GROUP INTERFACE, or send GROUP TEXT")
