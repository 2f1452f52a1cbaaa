"""A UDP socket is connected. That sends nothing: the kernel looks up the
route, and with it the address that datagrams will come from.

    python3 connect.py receive
    python3 connect.py connect ADDRESS
    python3 connect.py send ADDRESS TEXT
"""
import socket
import sys

PORT = 1234


def receive():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    print("ready")
    while True:
        text, sender = s.recvfrom(2000)
        print("heard", text.decode(), "from", sender[0])


def connected(address):
    # [
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((address, PORT))
    print("connected, from", s.getsockname()[0])
    # ]
    return s


def send(address, text):
    # [
    connected(address).send(text.encode())
    # ]
    print("sent", text)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["receive"]:
        receive()
    case ["connect", address]:
        connected(address).close()
    case ["send", address, text]:
        send(address, text)
    case _:
        sys.exit("usage: receive, or connect ADDRESS, or send ADDRESS TEXT")
