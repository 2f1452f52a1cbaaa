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
// The topology is the name of one, and after it the number of hosts if that
// is a choice. Pitfalls may be left out. After an empty line come paragraphs
// of prose, which begin at the margin, and steps, which are indented, one a
// line. A paragraph that begins with "? " is a question to the class.
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
//
// A command is groupcast or peer, a small program that makes the mistakes that
// groupcast prevents (see package peer). A command that is run to its end has
// to end with status 0, or 3 (it worked, with findings), unless the next step
// names another. Words can be quoted with ' or ".
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
//	still A Udp.OutDatagrams               it has not, and nothing that could count goes on
//	finds wrong-egress no-route            groupcast doctor, just before, warned of these and of no other
//	finds nothing                          it warned of nothing
//
// In a text, ... stands for anything, and one space for any number of spaces.
// One step proves that something did not happen:
//
//	silent heard: test until A: groupcast send -i eth0 224.0.0.114 marker
//
// It runs that command, waits until the program prints the command's last word,
// and checks every line before that one, since the last step that did something.
// A datagram that was sent then would have arrived first.
package lesson
