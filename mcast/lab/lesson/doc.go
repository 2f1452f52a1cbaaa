// Package lesson runs lessons: texts that explain something about multicast
// and show it in a lab, with the program groupcast itself. A lesson whose
// expectations fail says so, which makes each of them a test.
//
// [Find] finds a lesson by its name, and [All] returns them in order. [Run] runs
// one, in a process that has called [lab.Enter].
//
// [Scenes] are short lessons, each named for a pitfall: the pitfall happens,
// groupcast doctor names it, it is mended, and the doctor finds nothing. A
// pitfall whose name a lesson has needs no scene.
//
// # The text of a lesson
//
// It begins with a header:
//
//	title: A join does not choose the way out
//	topology: article
//	pitfalls: wrong-egress join-send-mismatch
//
//	goal: say by which interface a datagram leaves for a group, and why
//	minutes: 15
//	needs: article
//	code: outgoing-interface
//	read: W. R. Stevens, UNIX Network Programming 1, 21.3
//
// The topology is the name of one, and after it the number of hosts if that
// is a choice. Only title and topology are needed. There may be several lines of
// goal and read; code names programs of package listings that do the same in four
// languages; needs names lessons.
//
// The header may have empty lines. After it and an empty line come paragraphs of prose, which begin at the margin, and
// steps, which are indented, one a line. These paragraphs are more than prose:
//
//	predict: By which interface does it leave? | eth0 | eth1* | both
//
// asks before the steps after it show the answer, which has a * at its end, and
//
//	way: test | A.eth0 > R.eth0, R.eth1 > two
//
// draws the way of a datagram: from interface to interface, or to a switch and no
// further. A ! after the end says that it is lost on the way there. At the end of the
// lesson stand questions, each with its answer and with steps that prove it, which a
// test runs after the lesson:
//
//	? Why did the kernel not send by every interface?
//
//	= A socket sends a datagram once, by one interface.
//
//	    A: groupcast send 224.0.0.114 once
//	    grows A Udp.OutDatagrams
//
// Then come sections, each of which may be left out:
//
//	== by hand
//
// has prose and steps that show the same with ip, ss, nft and tcpdump, in the network
// as the lesson leaves it, and
//
//	== exercise
//
// has a task in prose, and the steps of a fault. Four sections follow, in any order:
//
//	== check   steps that see whether it is mended: they send and look, change nothing, and begin what they listen with
//	== hints   three paragraphs, from vague to literal
//	== cure    prose and steps that mend it, as a student types them
//	== wrong   prose and steps that do not mend it; the cure does, after them
//
// The programs that a check begins end with it. A check waits for what it expects, so
// that it is not met only when the time is over. It has to be met only if the fault is
// mended, whatever else the student has done.
//
// These steps do something:
//
//	A: groupcast send 224.0.0.114 test     run a command in host A, to its end
//	heard = B: groupcast listen -i eth0    start one that goes on, and name it
//	say heard: hello                       write a line to its standard input
//	stop heard                             end it, as kill(1) does
//	fault loss B.eth0 100%                 change the network
//	sysctl B net.ipv4.ip_forward 1         change a setting of a host
//	route A add 224.0.0.0/4 dev eth0       add a route, or delete one with del
//	address A add 10.0.0.1/24 dev eth0     add an address, or delete one with del
//	rule A add ipproto udp table 100       let UDP be routed by a table of its own
//	bridge A add br0 eth0                  make a bridge of these ports; del br0 deletes it
//	macvlan A add mv0 on eth0 to B         make a macvlan, in A without "to B"; macvlan B del mv0
//	queue A.eth0 1000                      let it send 1000 bytes a second at most; off ends that
//	swallow A.eth0 on                      discard what is sent by it; off ends that
//	name A bee 10.0.0.2 2001:db8::2        add a name to the host's own /etc/hosts
//	nameserver A 10.0.0.3                  let the host ask that one for names that are not there
//	file A /srv/room.key 00ff 11ee         write a file with that line, to /srv, which is the host's own
//
// A command is groupcast or peer, a small program that makes the mistakes that
// groupcast prevents (see package peer). By hand, in proofs, cures and what is wrong it may also be
// cat, getent, ip, nft, ping, ss, sysctl, tc or tcpdump. A command that is run to its end has
// to end with status 0, or 3 (it worked, with findings), unless the next step
// names another. Words can be quoted with ' or ". In a text of [ParseListing] a command
// may be listing as well, which stands for the program of [Options.Listing]. A name can be
// given again when its program has ended.
//
// These steps check what the last one of those did. They wait for it for 5
// seconds, or for the time after within:
//
//	status 1                               the command ended with this status, or with status 0 or 1
//	order: own copy | leaves               it printed these in this order, each in a line of its own
//	expect: by eth1                        the command printed this in a line
//	expect heard: test                     so did the one of that name, since then
//	expect heard within 20s: test
//	proc B /proc/net/igmp: 720000E0        the file of that host has this in a line
//	absent B /proc/net/igmp: 720000E0      no line of it has
//	grows B Udp.InDatagrams                a counter of /proc/net/snmp, snmp6 or netstat has grown
//	grows B Udp.InDatagrams by 2           it has grown by 2 or more
//	still A Udp.OutDatagrams               it has not, and nothing that could count goes on
//	finds wrong-egress no-route            groupcast doctor, or who, just before, warned of these and of no other
//	finds nothing                          it warned of nothing
//	packet A.eth0: IPv4 ... UDP ... "test" a frame on that wire, either way, has this in its headers, since then
//
// A packet is compared as one line, in which the headers have an order: see package
// [github.com/groupcast/groupcast/mcast/headers], which has examples. The wire is
// captured from the beginning, in its host, before what comes in is filtered.
//
// With its first name, or name server, a host has its own /etc/hosts, with localhost and nothing else, and
// its own /etc/nsswitch.conf and /etc/resolv.conf: no lookup in a lab depends on the computer's
// names, and none reaches its name server.
//
// In a text, ... stands for anything, and one space for any number of spaces. A
// text that begins with a letter does not match within a word: ready is not in already.
// Two steps prove that something did not happen, or not twice:
//
//	silent heard: test until A: groupcast send -i eth0 224.0.0.114 marker
//	once heard: test until A: groupcast send -i eth0 224.0.0.114 marker
//
// They run that command, wait until the program prints the command's last word,
// and check every line before that one, since the last step that did something.
// A datagram that was sent then would have arrived first.
package lesson
