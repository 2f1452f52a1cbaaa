"""The sender's socket decides whether the members on its own host get a
loopback copy. On is the default.

    python3 loopback.py receive GROUP INTERFACE
    python3 loopback.py send GROUP INTERFACE on|off TEXT
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


def send(group, interface, on, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(interface)
    out = struct.pack("4s4si", bytes(4), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, out)
    # [
    loop = 1 if on == "on" else 0
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, loop)
    s.sendto(text.encode(), (group, PORT))
    # ]
    print("sent", text)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", group, interface]:
        receive(group, interface)
    case ["send", group, interface, on, text]:
        send(group, interface, on, text)
    case _:
        sys.exit("usage: receive GROUP INTERFACE, or send GROUP INTERFACE on|off TEXT")
