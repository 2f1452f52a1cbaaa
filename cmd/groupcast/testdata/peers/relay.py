"""Repeats what it hears of GROUP at PORT by one of two interfaces, which have these ADDRESSes, by the other."""
import select
import socket
import sys
import time

group, port, addresses = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
hears, sends = [], []
for address in addresses:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IP, 49, 0)  # IP_MULTICAST_ALL: by this interface only
    s.bind((group, port))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(address))
    hears.append(s)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    sends.append(s)
print("ready", flush=True)
while True:
    for s in select.select(hears, [], [])[0]:
        sends[1 - hears.index(s)].sendto(s.recv(65535), (group, port))
        time.sleep(0.002)
