"""A member of GROUP at each of the PORTS, joined by the interface that has ADDRESS: says how
long each datagram is, in hex what it is, and where it came to."""
import select
import socket
import sys

group, address, *ports = sys.argv[1:]
sockets = {}
for port in map(int, ports):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((group, port))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(address))
    sockets[s] = port
print("ready", flush=True)
while True:
    for s in select.select(list(sockets), [], [])[0]:
        data, (sender, _) = s.recvfrom(65535)
        print(sockets[s], sender, data.hex(), flush=True)
