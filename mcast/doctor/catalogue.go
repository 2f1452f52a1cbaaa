package doctor

// Names are the pitfalls that Diagnose looks for, each with one rule, in the
// order of the catalogue: what is sent, what is joined, what arrives, and what
// the network is like.
func Names() []string {
	return []string{
		"wrong-egress", "no-route", "join-send-mismatch", "wrong-source", "no-zone", "loopback-off", "loopback-not-proof",
		"hops-too-small", "never-routed", "over-mtu", "send-queue-full", "firewall-out",
		"membership-lost", "too-many-groups", "same-mac", "others-groups", "ssm-over-asm",
		"unicast-bind", "port-shared", "wrong-port", "receive-overflow", "firewall-in", "reverse-path", "no-querier",
		"interface-down", "no-address", "bridge-port", "macvlan", "virtual-network", "two-on-one-lan", "duplicate-address",
	}
}
