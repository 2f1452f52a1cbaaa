"""The server sends each datagram back to where it came from. It accepts nobody
and keeps no list of clients. The client gives each question a number and a
deadline: a late reply is not taken for the reply to the next question.

    python3 echo.py server
    python3 echo.py client ADDRESS MILLISECONDS COUNT
"""
import socket
import sys
import time

PORT = 1234


def server():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", PORT))
    print("ready")
    while True:
        # [
        text, sender = s.recvfrom(2000)
        s.sendto(text, sender)
        # ]


def reply(s, question, deadline):
    """Waits for the reply to a question, and tells whether it came in time."""
    while (left := deadline - time.monotonic()) > 0:
        # [
        s.settimeout(left)
        try:
            number = int(s.recv(2000).split()[0])
        except TimeoutError:
            return False
        if number == question:
            return True
        # ]
        print("reply to", number, "came late")
    return False


def client(address, wait, count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((address, PORT))
    replies = 0
    for question in range(1, count + 1):
        s.send(f"{question} HELLO!!".encode())
        if reply(s, question, time.monotonic() + wait):
            print("reply to", question)
            replies += 1
        else:
            print("no reply to", question, "in time")
    sys.exit(replies == 0)


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["server"]:
        server()
    case ["client", address, milliseconds, count]:
        client(address, int(milliseconds) / 1000, int(count))
    case _:
        sys.exit("usage: server, or client ADDRESS MILLISECONDS COUNT")
