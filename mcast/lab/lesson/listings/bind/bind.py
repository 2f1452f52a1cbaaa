"""A socket receives datagrams to the address that it is bound to. 0.0.0.0
stands for every address. Several programs can have one port if each of them
sets SO_REUSEADDR; "alone" does not set it.

    python3 bind.py receive ADDRESS GROUP INTERFACE
    python3 bind.py alone
    python3 bind.py send ADDRESS TEXT
"""
import errno
import socket
import struct
import sys

PORT = 1234


def receive(address, group, interface):
    # [
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, PORT))
    # ]
    index = socket.if_nametoindex(interface)
    join = struct.pack("4s4si", socket.inet_aton(group), bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
    print("ready")
    while True:
        text, sender = s.recvfrom(2000)
        print("heard", text.decode(), "from", sender[0])


def alone():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.bind(("", PORT))
    except OSError as e:
        if e.errno != errno.EADDRINUSE:
            raise
        print("the port is in use")
        sys.exit(1)
    print("the port is mine")


def send(address, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(text.encode(), (address, PORT))
    print("sent", text)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", address, group, interface]:
        receive(address, group, interface)
    case ["alone"]:
        alone()
    case ["send", address, text]:
        send(address, text)
    case _:
        sys.exit("usage: receive ADDRESS GROUP INTERFACE, or alone, or send ADDRESS TEXT")
