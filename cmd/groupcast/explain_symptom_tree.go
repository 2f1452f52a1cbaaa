package main

// symptomQuestion is a question that leads from what is seen to a pitfall, with the
// commands that decide it.
type symptomQuestion struct {
	Name     string
	Text     string
	Where    string // the host that the commands are run on, where it is not this one
	Runs     []string
	Decides  string // how their output answers the question
	Answers  []symptomAnswer
	NotFound *symptomAnswer // when the commands name none of the pitfalls
}

// symptomAnswer is one of several answers to a question. It leads to pitfalls, or to
// another question, or to both.
type symptomAnswer struct {
	Text     string
	Words    string   // more words that people use for it
	Says     string   // what the output has then; "": the names of the pitfalls
	Pitfalls []string // each has a page
	Topics   []string // pages about no pitfall
	Next     string   // the question to go on with; "": there is none
}

// The first question, and how many are asked at most.
const (
	symptomStart  = "start"
	symptomsAsked = 6
)

const doctorNames = `The doctor prints "warning" or "failure" and the name of the pitfall.`

// symptomTree is the table that the command, the page docs/topics/symptoms.md and the
// search by symptom are made from. Each pitfall is in it.
var symptomTree = []symptomQuestion{
	{
		Name: symptomStart,
		Text: "What do you see?",
		Runs: []string{"groupcast who -t 15 239.1.2.3"},
		Decides: "You know the answer, or the list of members has it, if other hosts run groupcast as well. " +
			"A member that is live hears you. A member that is one-way does not.",
		Answers: []symptomAnswer{
			{Text: "I hear myself, and nobody else receives me", Next: "sends",
				Words: "own lines come back loopback copy nobody answers nobody hears me send sent leaves others do not receive no error wrong interface wrong network two network cards vpn"},
			{Text: "I receive nothing, or nothing from one host", Next: "hears",
				Words: "nothing arrives silence deaf no datagrams tcpdump shows packets wireshark sees program does not does not get listener receives nothing cannot hear one host missing"},
			{Text: "I receive a host, and it does not receive me", Next: "oneway",
				Words: "one direction one-way replies do not come back no reply no answer answers lost asymmetric only in one direction works one way"},
			{Text: "A program reports an error when it joins, binds or sends", Next: "error",
				Words: "error errno fails failed exception EADDRINUSE ENETUNREACH ENODEV EPERM EACCES ENOBUFS EMSGSIZE EINVAL EADDRNOTAVAIL address already in use network is unreachable no buffer space operation not permitted message too long cannot assign requested address"},
			{Text: "It works at first, and then it falls silent", Next: "stops",
				Words: "stops after minutes after some time after four minutes 260 seconds until restart works again after restart later timed out membership expires snooping querier"},
			{Text: "Some of it arrives: datagrams, senders or programs are missing", Next: "some",
				Words: "loss lost losses packet loss gaps drops dropped partly only small large datagrams some senders only one program wifi slow burst stutter freezes"},
			{Text: "Something arrives twice, comes back, or was never asked for", Next: "toomuch",
				Words: "twice duplicate duplicates doubled double repeated echo reflected comes back other groups foreign unwanted strangers too much"},
			{Text: "It works on the LAN, and not beyond a router", Next: "beyond",
				Words: "router routers routed subnet subnets another network vlan vlans other building ttl hops remote site internet cross gateway"},
		},
	},
	{
		Name: "sends",
		Text: "Do your datagrams leave this host, and via the LAN's interface?",
		Runs: []string{"groupcast doctor --probe 239.1.2.3", "groupcast doctor -i default 239.1.2.3"},
		Decides: "The first command looks at what groupcast would do, and sends a few datagrams. The second one looks at a program that names no interface, " +
			"as most programs do. " + doctorNames,
		Answers: []symptomAnswer{
			{Text: "They leave via another interface than the LAN's", Pitfalls: []string{"wrong-egress", "join-send-mismatch", "no-zone"},
				Words: "wrong interface vpn default route 169.254"},
			{Text: "They leave via the right interface, with an address of another network", Pitfalls: []string{"wrong-source"}},
			{Text: "The interface is off, or has no address", Pitfalls: []string{"interface-down", "no-address"}, Words: "cable unplugged link down dhcp"},
			{Text: "The own copy comes back, and no datagram leaves", Pitfalls: []string{"loopback-not-proof", "send-queue-full"}},
			{Text: "A filter of this host refuses them", Pitfalls: []string{"firewall-out"}, Words: "firewall nft iptables ufw"},
			{Text: "Other hosts receive them, and programs of this host do not", Pitfalls: []string{"loopback-off"}, Words: "same host same computer IP_MULTICAST_LOOP"},
		},
		NotFound: &symptomAnswer{Text: "They leave as they should. Go to the host that does not receive them", Next: "far"},
	},
	{
		Name:    "far",
		Text:    "Does the other host receive them?",
		Where:   "the host that should receive",
		Runs:    []string{"groupcast listen -c 1 -t 10 239.1.2.3"},
		Decides: "Let the first host send meanwhile. The command prints one datagram, or ends after ten seconds without one.",
		Answers: []symptomAnswer{
			{Text: "A datagram is printed: the program there has the fault", Says: "→ 239.1.2.3", Next: "program"},
			{Text: "Nothing is printed, and the host is on the same LAN", Says: "nothing heard", Next: "joins"},
			{Text: "Nothing is printed, and the host is behind a router", Says: "nothing heard", Next: "beyond"},
		},
	},
	{
		Name:    "hears",
		Text:    "Does groupcast receive it, on the host where your program does not?",
		Runs:    []string{"groupcast listen -c 1 -t 10 239.1.2.3"},
		Decides: "Let the other host send meanwhile. The command prints one datagram, or ends after ten seconds without one.",
		Answers: []symptomAnswer{
			{Text: "A datagram is printed: your program has the fault", Says: "→ 239.1.2.3", Next: "program"},
			{Text: "Nothing is printed", Says: "nothing heard", Next: "joins"},
		},
	},
	{
		Name:  "program",
		Text:  "What is wrong with the program's socket?",
		Where: "the host that should receive",
		Runs:  []string{"groupcast doctor --watch 5s --from 192.168.1.10 239.1.2.3"},
		Decides: "Let your program run meanwhile. The address after --from is the sender's. The kernel lists the sockets and memberships of all programs, " +
			"and the doctor compares them. " + doctorNames,
		Answers: []symptomAnswer{
			{Text: "It is bound to an address or an interface where the group does not arrive", Pitfalls: []string{"unicast-bind", "wrong-device"}},
			{Text: "It has joined on another interface", Pitfalls: []string{"joined-elsewhere"}},
			{Text: "Its membership is gone", Pitfalls: []string{"membership-lost"}, Words: "interface was deleted"},
			{Text: "It listens at another port", Pitfalls: []string{"wrong-port"}},
			{Text: "It has blocked the source, or asks for another one", Pitfalls: []string{"source-blocked", "ssm-over-asm"}},
			{Text: "It does not read fast enough", Pitfalls: []string{"receive-overflow"}},
			{Text: "Another program has the port, too", Pitfalls: []string{"port-shared"}},
		},
		NotFound: &symptomAnswer{Text: "Follow a datagram through the kernel to the socket", Topics: []string{"receive-path"}},
	},
	{
		Name:    "joins",
		Text:    "Has this host joined where the sender is?",
		Where:   "the host that should receive",
		Runs:    []string{"groupcast doctor --from 192.168.1.10 239.1.2.3"},
		Decides: "The address after --from is the sender's. The command sends nothing. " + doctorNames,
		Answers: []symptomAnswer{
			{Text: "It has joined on an interface that the group does not come by", Pitfalls: []string{"joined-elsewhere", "bridge-port", "flag-off"}},
			{Text: "The interface is off, or has no address", Pitfalls: []string{"interface-down", "no-address"}},
			{Text: "The kernel drops the datagrams: the way back to their source is another one", Pitfalls: []string{"reverse-path"}, Words: "rp_filter"},
			{Text: "The two hosts share one network card", Pitfalls: []string{"macvlan"}},
			{Text: "The network does not know which source is wanted", Pitfalls: []string{"igmp-version"}},
			{Text: "The network between them carries no groups", Pitfalls: []string{"virtual-network", "no-multicast-router"}, Words: "wifi cloud wsl docker kubernetes"},
		},
		NotFound: &symptomAnswer{Text: "It has joined there", Next: "network"},
	},
	{
		Name:  "network",
		Text:  "Do the datagrams come to this host?",
		Where: "the host that should receive",
		Runs:  []string{"groupcast doctor --probe --watch 8s --from 192.168.1.10 239.1.2.3"},
		Decides: "Let the other host send meanwhile. The address after --from is the sender's. As root, the doctor sees IGMP and the firewall as well. " +
			doctorNames,
		Answers: []symptomAnswer{
			{Text: "They come, and a filter of this host drops them", Pitfalls: []string{"firewall-in"}, Words: "firewall nft iptables ufw"},
			{Text: "They come, and their checksum is wrong", Pitfalls: []string{"bad-checksum"}},
			{Text: "The switch does not learn that this host wants them", Pitfalls: []string{"reports-blocked", "queries-blocked", "no-querier"}},
			{Text: "Another program has the port for itself", Pitfalls: []string{"port-taken"}},
			{Text: "Another host has the same address", Pitfalls: []string{"duplicate-address"}},
			{Text: "They do not come. The fault is at the sender or on the way: ask on the sender's side, from its own symptom", Pitfalls: []string{"not-heard"}},
		},
	},
	{
		Name:    "oneway",
		Text:    "Which direction is lost?",
		Runs:    []string{"groupcast who -t 15 239.1.2.3", "groupcast doctor --probe --from 192.168.1.10 239.1.2.3"},
		Decides: "The first command needs members at both ends: the list has one-way for each that does not hear you. The second one looks for the reason here; the address is the other host's.",
		Answers: []symptomAnswer{
			{Text: "A member is one-way: go to its host, which does not receive you", Says: "one-way", Pitfalls: []string{"one-way"}, Next: "joins"},
			{Text: "The other host receives you, and its replies have no way", Pitfalls: []string{"no-way-back", "answers-blocked"}, Words: "reply unicast echo"},
			{Text: "The replies come, and another program of this host gets them", Pitfalls: []string{"port-shared"}},
		},
		NotFound: &symptomAnswer{Text: "Neither end says so. Ask whether your datagrams leave", Next: "sends"},
	},
	{
		Name:    "error",
		Text:    "At which call does it fail?",
		Runs:    []string{"groupcast doctor --probe 239.1.2.3", "groupcast doctor -i default 239.1.2.3", "groupcast doctor --size 65507 239.1.2.3"},
		Decides: "Each error of a call has its pitfall. The second command looks at a program that names no interface, the third one at large datagrams. " + doctorNames,
		Answers: []symptomAnswer{
			{Text: "ENETUNREACH, network is unreachable: a send or a join has no route", Pitfalls: []string{"no-route"}},
			{Text: "EINVAL or ENODEV: an IPv6 group of the link, and no interface", Pitfalls: []string{"no-zone"}},
			{Text: "EADDRINUSE, address already in use: bind", Pitfalls: []string{"port-taken"}},
			{Text: "EADDRNOTAVAIL or ENODEV: the interface is off, or has no address", Pitfalls: []string{"interface-down", "no-address"}},
			{Text: "ENOBUFS, no buffer space available: a join, or a send", Pitfalls: []string{"too-many-groups", "send-queue-full"}},
			{Text: "EPERM, operation not permitted: a send", Pitfalls: []string{"firewall-out"}},
			{Text: "EMSGSIZE, message too long: a send", Pitfalls: []string{"over-mtu"}},
		},
		NotFound: &symptomAnswer{Text: "ECONNREFUSED: a datagram to one host, whose port is closed. That is no pitfall of groups", Topics: []string{"udp-refused"}},
	},
	{
		Name:    "stops",
		Text:    "What falls silent, and when?",
		Where:   "the host that should receive",
		Runs:    []string{"groupcast doctor --probe --watch 5m 239.1.2.3"},
		Decides: "A switch forgets a group 260 seconds after the last query, so the doctor waits for five minutes. Let the other host send meanwhile. " + doctorNames,
		Answers: []symptomAnswer{
			{Text: "The group falls silent after some minutes, and a new join brings it back", Pitfalls: []string{"no-querier", "queries-blocked"}},
			{Text: "One sender falls silent, and others do not", Pitfalls: []string{"stopped"}},
			{Text: "It fell silent when an interface was deleted and made again", Pitfalls: []string{"membership-lost"}},
			{Text: "It comes and goes, as another host has the same address", Pitfalls: []string{"duplicate-address"}},
		},
		NotFound: &symptomAnswer{Text: "It is silent from the beginning", Next: "joins"},
	},
	{
		Name:    "some",
		Text:    "What is missing?",
		Where:   "the host that should receive",
		Runs:    []string{"groupcast doctor --probe --watch 30s 239.1.2.3", "groupcast doctor --size 8000 239.1.2.3"},
		Decides: "Let the other hosts send meanwhile. The second command looks at large datagrams, on the sender. " + doctorNames,
		Answers: []symptomAnswer{
			{Text: "Datagrams are missing under load", Pitfalls: []string{"receive-overflow", "send-queue-full"}},
			{Text: "Large datagrams are missing", Pitfalls: []string{"over-mtu"}, Words: "fragments mtu jumbo"},
			{Text: "Damaged datagrams are missing", Pitfalls: []string{"bad-checksum"}},
			{Text: "All datagrams of some senders are missing", Pitfalls: []string{"ssm-over-asm", "duplicate-address"}},
			{Text: "One of several programs is left out", Pitfalls: []string{"port-shared"}},
			{Text: "Datagrams are missing on Wi-Fi, in a virtual machine or in a container", Pitfalls: []string{"virtual-network"}},
		},
		NotFound: &symptomAnswer{Text: "One host is missing altogether", Next: "joins"},
	},
	{
		Name:    "toomuch",
		Text:    "What arrives that should not?",
		Runs:    []string{"groupcast doctor --probe --watch 5s --ttl 2 239.1.2.3", "groupcast doctor --multicast-all 239.1.2.3"},
		Decides: "The second command looks at a program with Linux's default for IP_MULTICAST_ALL, as most programs have it. " + doctorNames,
		Answers: []symptomAnswer{
			{Text: "Each datagram comes twice, on two interfaces of one LAN", Pitfalls: []string{"two-on-one-lan"}},
			{Text: "Each datagram of a sender comes twice, on one interface", Pitfalls: []string{"doubled"}, Words: "loop bridge spanning tree"},
			{Text: "Your own datagrams come back from another host", Pitfalls: []string{"reflected"}},
			{Text: "Groups come that your program has not joined, and other programs have", Pitfalls: []string{"others-groups"}},
			{Text: "The network card lets in another group with the same hardware address", Pitfalls: []string{"same-mac"}},
		},
		NotFound: &symptomAnswer{Text: "Others send to the group itself, and it is not yours alone", Topics: []string{"choosing-a-group"}},
	},
	{
		Name:  "beyond",
		Text:  "Where does the way across the router end?",
		Where: "the host that should receive",
		Runs:  []string{"groupcast doctor --probe --from 192.168.2.10 239.1.2.3", "groupcast doctor --ttl 32 --from 192.168.2.10 239.1.2.3"},
		Decides: "The address after --from is the other host's. The second command looks at a program that sets a TTL. The router has to forward groups, " +
			"which most routers do only when someone has set that up. " + doctorNames,
		Answers: []symptomAnswer{
			{Text: "At the first router: the TTL is 1, which is the default", Pitfalls: []string{"hops-too-small"}},
			{Text: "At the first router, at any TTL: the group is never routed", Pitfalls: []string{"never-routed"}, Words: "224.0.0.x link-local"},
			{Text: "At the first router: it forwards unicast, and no groups", Pitfalls: []string{"no-multicast-router", "virtual-network"}},
			{Text: "At this host: the way back to the source is another one", Pitfalls: []string{"reverse-path"}},
			{Text: "The group arrives, and replies have no route", Pitfalls: []string{"no-way-back"}},
			{Text: "At the router, which does not learn which source is wanted", Pitfalls: []string{"igmp-version"}},
		},
		NotFound: &symptomAnswer{Text: "It does not end at a router that this host can name", Topics: []string{"beyond-one-lan"}},
	},
}
