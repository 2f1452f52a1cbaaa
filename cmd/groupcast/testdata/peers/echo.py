"""A client of an echo server: sends payloads of these sizes to ADDRESS PORT, and says what came back."""
import os
import socket
import sys

address, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
for size in map(int, sys.argv[3:]):
    sent = os.urandom(size)
    s.sendto(sent, (address, port))
    data, sender = s.recvfrom(65535)
    print("exact" if data == sent else "different", len(data), "from", sender[0], sender[1], flush=True)
