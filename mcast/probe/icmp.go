package probe

// Types of ICMP (RFC 792) and ICMPv6 (RFC 4443) errors.
const (
	unreachable4 = 3
	parameter4   = 12

	unreachable6 = 1
	tooBig6      = 2
	parameter6   = 4
)

// fragmentationNeeded4 is a code of unreachable4 (RFC 1191).
const fragmentationNeeded4 = 4

// tooLarge reports whether the error is about the size of a datagram on the
// way. The kernel remembers it and sends the next one in fragments.
func tooLarge(is6 bool, typ, code int) bool {
	if is6 {
		return typ == tooBig6
	}
	return typ == unreachable4 && code == fragmentationNeeded4
}

// passing reports whether Linux takes an error for one that will pass, and
// tells it only to sockets with IP_RECVERR (icmp_err_convert in
// net/ipv4/icmp.c, icmpv6_err_convert in net/ipv6/icmp.c).
func passing(is6 bool, typ, code int) bool {
	if is6 {
		switch typ {
		case unreachable6:
			return code == 0 || code == 2 || code == 3
		case parameter6:
			return false
		}
		return true
	}
	switch typ {
	case unreachable4:
		return code == 0 || code == 1 || code == 5 || code == 11 || code == 12
	case parameter4:
		return false
	}
	return true
}
