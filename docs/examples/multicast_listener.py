"""A member of a group, which it joins on the interface that has the address LOCAL.

On host B of a lab (groupcast lab enter B):

    python3 docs/examples/multicast_listener.py 192.168.8.226
"""
import socket
import sys

GROUP, LOCAL = "224.0.0.114", sys.argv[1]

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # other programs may listen, too
    s.bind((GROUP, 1234))  # to the group: unicast to this port stays out
    join = socket.inet_aton(GROUP) + socket.inet_aton(LOCAL)  # struct ip_mreq
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
    print("joined", GROUP, flush=True)
    while True:
        data, sender = s.recvfrom(65535)
        print(f"{sender[0]}: {data.decode(errors='replace')}", flush=True)
