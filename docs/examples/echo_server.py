"""A UDP echo server: each datagram goes back to the address it came from.

On host B of a lab (groupcast lab enter B):

    python3 docs/examples/echo_server.py
"""
import socket

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("", 7000))
    print("listening on port 7000", flush=True)
    while True:
        data, sender = s.recvfrom(65535)  # a smaller buffer would cut large datagrams
        print(f"echoed {len(data)} bytes to {sender[0]}:{sender[1]}", flush=True)
        s.sendto(data, sender)
