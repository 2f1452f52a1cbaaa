package doctor

// Names lists the pitfalls that [Diagnose] looks for, each with one rule:
// pitfalls of sending first, then of joining, of receiving, and of the network.
func Names() []string {
	return []string{
		"wrong-egress", "no-route", "join-send-mismatch", "wrong-source", "no-zone", "loopback-off", "loopback-not-proof",
		"hops-too-small", "never-routed", "over-mtu", "send-queue-full", "firewall-out",
		"membership-lost", "joined-elsewhere", "too-many-groups", "same-mac", "others-groups", "ssm-over-asm", "source-blocked", "igmp-version",
		"not-heard", "one-way", "stopped",
		"unicast-bind", "wrong-device", "port-shared", "port-taken", "wrong-port", "receive-overflow", "bad-checksum", "firewall-in", "answers-blocked", "reverse-path", "no-way-back",
		"no-querier", "no-multicast-router", "reports-blocked", "queries-blocked",
		"interface-down", "flag-off", "no-address", "bridge-port", "macvlan", "virtual-network", "two-on-one-lan", "duplicate-address", "reflected", "doubled",
	}
}
