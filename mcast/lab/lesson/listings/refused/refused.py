"""Nobody listens on the port. The first send of a connected socket succeeds
all the same. The other host answers with an ICMP message, and the next call
on the socket fails with ECONNREFUSED: here the one that waits for a reply.

    python3 refused.py server
    python3 refused.py client ADDRESS TEXT
"""
import socket
import sys

PORT = 1234


def server():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    print("ready")
    while True:
        text, sender = s.recvfrom(2000)
        s.sendto(text, sender)


def client(address, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(20)
    # [
    s.connect((address, PORT))
    s.send(text.encode())
    print("sent", text)
    try:
        print("reply", s.recv(2000).decode())
    except ConnectionRefusedError:
        print("refused: no program has this port")
        sys.exit(1)
    # ]


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["server"]:
        server()
    case ["client", address, text]:
        client(address, text)
    case _:
        sys.exit("usage: server, or client ADDRESS TEXT")
