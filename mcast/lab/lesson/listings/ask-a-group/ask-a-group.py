"""One question to a group, and a reply of each member, to the asker alone.
Nobody knows how many there will be: the asker reads until its deadline.

    python3 ask-a-group.py answer GROUP INTERFACE
    python3 ask-a-group.py ask GROUP INTERFACE MILLISECONDS
"""
import socket
import struct
import sys
import time

PORT = 1234


def answer(group, interface):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    index = socket.if_nametoindex(interface)
    join = struct.pack("4s4si", socket.inet_aton(group), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
    print("ready")
    while True:
        text, sender = s.recvfrom(2000)
        s.sendto(text, sender)


def ask(group, interface, wait):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(interface)
    out = struct.pack("4s4si", bytes(4), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, out)
    replies = 0
    # [
    s.sendto(b"?", (group, PORT))
    deadline = time.monotonic() + wait
    while (left := deadline - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            _, sender = s.recvfrom(2000)
        except TimeoutError:
            break
        print("reply from", sender[0])
        # ]
        replies += 1
    print("replies:", replies)
    sys.exit(replies == 0)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["answer", group, interface]:
        answer(group, interface)
    case ["ask", group, interface, milliseconds]:
        ask(group, interface, int(milliseconds) / 1000)
    case _:
        sys.exit("usage: answer GROUP INTERFACE, or ask GROUP INTERFACE MILLISECONDS")
