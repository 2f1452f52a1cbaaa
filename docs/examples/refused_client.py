"""A client that learns that nobody listens. Only a connected socket gets the
error, and it gets it at the next call: here at the read after the write.

On host A of a lab (groupcast lab enter A):

    python3 docs/examples/refused_client.py 192.168.8.226
"""
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(2)
    s.connect((sys.argv[1], 7000))  # sends nothing
    s.send(b"HELLO!!")  # succeeds, whether or not somebody listens
    try:
        print("reply:", s.recv(65535).decode())
    except ConnectionRefusedError:
        sys.exit("refused: the host is there, and nobody listens on its port")
    except TimeoutError:
        sys.exit("silence: nobody knows which of the two datagrams was lost, or why")
