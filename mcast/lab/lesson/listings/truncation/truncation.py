"""One read returns one datagram. What does not fit into the buffer is lost:
recvmsg returns the flag MSG_TRUNC then, and recv and recvfrom say nothing.

    python3 truncation.py receive BYTES
    python3 truncation.py send ADDRESS TEXT
"""
import socket
import sys

PORT = 1234


def receive(size):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    print("ready")
    while True:
        # [
        text, _, flags, sender = s.recvmsg(size)
        rest = "the rest is lost" if flags & socket.MSG_TRUNC else "and no more"
        # ]
        print(f"{len(text)} bytes of {text.decode()}, {rest}")


def send(address, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    print("sent", s.sendto(text.encode(), (address, PORT)), "bytes")


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive", size]:
        receive(int(size))
    case ["send", address, text]:
        send(address, text)
    case _:
        sys.exit("usage: receive BYTES, or send ADDRESS TEXT")
