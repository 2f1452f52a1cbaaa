"""With IP_RECVERR the kernel keeps the ICMP errors that come back about
datagrams, in a queue of the socket. It works without a connect, and says
which host or router reports the error. IP_RECVERR is a Linux option.

    python3 icmp-errors.py ask ADDRESS PORT MILLISECONDS
"""
import select
import socket
import struct
import sys



IP_RECVERR = 11  # of linux/in.h: the module socket has no name for it


def ask(address, port, milliseconds):
    # [
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)  # IP_RECVERR = 11, of linux/in.h
    s.sendto(b"?", (address, port))
    # ]
    p = select.poll()
    p.register(s, 0)  # an error needs no events
    if not p.poll(milliseconds):
        print("silence")
        sys.exit(1)
    # [
    _, control, _, _ = s.recvmsg(2000, 500, socket.MSG_ERRQUEUE)
    _, _, error = control[0]
    # struct sock_extended_err, and after its 16 bytes a struct sockaddr_in
    type, code, reporter = struct.unpack_from("5xBB13x4s", error)
    print(f"ICMP type {type}, code {code}, from {socket.inet_ntoa(reporter)}")
    # ]


sys.stdout.reconfigure(line_buffering=True)  # each line is seen at once, through a pipe as well
match sys.argv[1:]:
    case ["ask", address, port, milliseconds]:
        ask(address, int(port), int(milliseconds))
    case _:
        sys.exit("usage: ask ADDRESS PORT MILLISECONDS")
