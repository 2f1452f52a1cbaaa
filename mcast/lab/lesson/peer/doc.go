// Package peer is a small program for the hosts of a lesson, which does with
// UDP what groupcast lets no user do wrong. Importing the package lets the
// program that imports it be it: when os.Args[0] is Process. It needs Linux.
//
//	peer listen [bind=ADDRESS:PORT] [device=INTERFACE] [share=OPTIONS] [join=GROUP@INTERFACE]... [buffer=BYTES] [read=BYTES] [pause]
//
// listens as a program does that sets nothing but SO_REUSEADDR, on
// 0.0.0.0:1234, and prints each datagram. device sets SO_BINDTODEVICE, and share
// is reuseport (SO_REUSEPORT only), both, or nothing. A source before the group, as in
// join=192.168.8.1@232.1.1.1@eth0, joins for this source only; a number after
// it, as in join=239.1.1.1+20@eth0, joins so many groups from that one on. With default
// for the interface the kernel chooses one by its routes. Each
// line of its standard input is one more to join, or leave GROUP@INTERFACE; block
// and unblock SOURCE@GROUP@INTERFACE.
// With pause it reads nothing until a line comes in. read is the size of the buffer that
// it gives to recvmsg(2); the flag MSG_TRUNC is shown.
//
//	peer send to=ADDRESS:PORT [by=INTERFACE] [from=ADDRESS] [ttl=N] [quiet] [size=BYTES] [sndbuf=BYTES] [nowait] [count=N] [every=TIME] [TEXT]
//
// sends a datagram, or N; size makes one of that many x. ttl sets IP_MULTICAST_TTL, from
// 0 to 255, and quiet switches IP_MULTICAST_LOOP off. To an IPv6 address, as in
// to=[ff02::114%eth0]:1234, from is what the socket is bound to, by sets IPV6_PKTINFO, and
// device=INTERFACE sets SO_BINDTODEVICE; ttl, quiet and size are for IPv4 only. sndbuf
// sets SO_SNDBUF and prints what the kernel made of it; nowait sends with MSG_DONTWAIT.
// With one of them the socket chooses interface and source, and an error ends no command.
//
//	peer connect to=ADDRESS:PORT [port=N] [hear]
//
// connects a socket, sends each line of its standard input, and prints what
// came of it. A line "to ADDRESS:PORT TEXT" is sent there by sendto(2). port is the local
// port, and with hear it prints what it receives, too.
//
//	peer echo [bind=ADDRESS:PORT] [share=OPTIONS]
//
// sends each datagram back, with no thought for where it came from. It shares its port
// as listen does.
//
//	peer forge to=ADDRESS:PORT as=ADDRESS:PORT by=INTERFACE [torn] [count=N] [every=TIME] [TEXT]
//
// sends a datagram, or N, that claims to come from elsewhere; with torn its checksum
// is wrong.
//
//	peer fragment to=ADDRESS:PORT by=INTERFACE
//
// sends the first fragment of a datagram, and no other.
//
//	peer query [GROUP] by=INTERFACE [from=ADDRESS] [version=1|2|3] [interval=TIME] [count=N] [every=TIME]
//
// asks who is a member, as a querier does, of one group or of any, by IGMPv2 unless
// version is given. from is one of its host's addresses. A query of IGMPv3 has the
// robustness 2, and the interval of the querier's queries, 0 unless interval is given.
//
//	peer reflect join=GROUP@INTERFACE [bind=ADDRESS:PORT] [share=OPTIONS]
//
// sends what it hears in the group to the group again. It shares its port as listen does.
//
//	peer tcp-listen bind=ADDRESS:PORT [read=BYTES] [pause]
//
// accepts TCP connections, one after another, and prints what each read(2) gives. With
// pause it reads nothing until a line comes in.
//
//	peer tcp-connect to=ADDRESS:PORT
//
// connects by TCP, and sends each line of its standard input without its end.
//
//	peer resolve NAME[:PORT] [debug]
//
// prints what Go's LookupNetIP makes of a name, and with a port ResolveUDPAddr and Dial. It sends nothing but
// DNS queries. With debug Go says how it looks names up (GODEBUG=netdns=2).
package peer

// Process is os.Args[0] of the program.
const Process = "groupcast-lesson-peer"
