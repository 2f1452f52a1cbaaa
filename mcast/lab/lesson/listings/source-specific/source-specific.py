"""A program joins a group for one source. What others send to the group is not
for it.

    python3 source-specific.py receive SOURCE GROUP INTERFACE
    python3 source-specific.py send GROUP TEXT
"""
import socket
import struct
import sys

PORT = 1234


MCAST_JOIN_SOURCE_GROUP = 46  # of linux/in.h: the module socket has no name for it


def receive(source, group, interface):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    # [
    # MCAST_JOIN_SOURCE_GROUP = 46, with a struct group_source_req (RFC 3678)
    index = socket.if_nametoindex(interface)
    join = struct.pack("I4x128s128s", index, sockaddr(group), sockaddr(source))
    s.setsockopt(socket.IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, join)
    # ]
    print("ready")
    while True:
        text, sender = s.recvfrom(2000)
        print("heard", text.decode(), "from", sender[0])


# [
def sockaddr(address):
    return struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(address))
# ]


def send(group, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(text.encode(), (group, PORT))
    print("sent", text)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", source, group, interface]:
        receive(source, group, interface)
    case ["send", group, text]:
        send(group, text)
    case _:
        sys.exit("usage: receive SOURCE GROUP INTERFACE, or send GROUP TEXT")
