"""A member of the group with Python's socket module: sends its arguments, or prints what arrives."""
import socket
import struct
import sys

GROUP, PORT = "224.0.0.114", 1234

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "send":
    s.sendto(sys.argv[2].encode(), (GROUP, PORT))
elif sys.argv[1] == "flood":
    for _ in range(int(sys.argv[2])):
        s.sendto(bytes(1000), (GROUP, PORT))
elif sys.argv[1] == "hold":  # the port, without sharing it
    s.bind(("", PORT))
    print("ready", flush=True)
    sys.stdin.read()
else:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", PORT))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4s", socket.inet_aton(GROUP), bytes(4)))
    print("ready", flush=True)
    while True:
        data, sender = s.recvfrom(65535)
        print("hex:", data.hex(), flush=True)
        if data == b"answer me":
            s.sendto(b"to you alone", sender)
