"""connect is the same call for UDP and for TCP. With UDP it stores the peer's
address in the socket and sends nothing. With TCP it sends a SYN and waits
for the other host.

    python3 tcp-and-udp.py server
    python3 tcp-and-udp.py connect udp|tcp ADDRESS
"""
import socket
import sys

PORT = 1234


def server():
    s = socket.create_server(("", PORT))
    print("ready")
    while True:
        c, (address, _) = s.accept()
        print("accepted", address)
        c.close()


def connect(kind, address):
    # [
    type = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM  # the only difference
    with socket.socket(socket.AF_INET, type) as s:
        try:
            s.connect((address, PORT))
        except ConnectionRefusedError:
            print(f"{kind}: refused")
            sys.exit(1)
        print(f"{kind}: connected, from {s.getsockname()[0]}")
    # ]


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["server"]:
        server()
    case ["connect", kind, address]:
        connect(kind, address)
    case _:
        sys.exit("usage: server, or connect udp|tcp ADDRESS")
