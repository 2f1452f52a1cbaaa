package doctor

import "fmt"

// badChecksum: datagrams came whose checksum does not fit, and the kernel dropped
// them (RFC 1122, section 4.1.3.4). It counts those of the whole host.
func badChecksum(f Facts, in Intent) []Finding {
	const name = "bad-checksum"
	counter := "Udp.InCsumErrors"
	if in.Group.Addr.Is6() {
		counter = "Udp6.InCsumErrors"
	}
	watch := doctorCommand(in, "--watch 10s") + ", while somebody sends"
	if grew, watched := f.Observed.Grown[counter]; watched && f.Observed.For > 0 {
		if grew == 0 {
			return fine(name, fmt.Sprintf("in %s no datagram came with a wrong checksum (%s)", f.Observed.lasted(), counter))
		}
		finding := Finding{
			Name: name, Verdict: Warning,
			Title:    "datagrams come with a wrong checksum, and the kernel drops them",
			Evidence: fmt.Sprintf("in %s %s grew by %d; it does not say of which sender or port", f.Observed.lasted(), counter, grew),
			Hints: []string{
				"find the sender, as root: tcpdump -vvni any udp and dst host " + in.Group.Addr.WithZone("").String() + ", and look for bad udp cksum of what came in",
				"if it replays a capture, let its tool make the checksums anew: tcpreplay --fixcsum",
				"if it is a virtual machine or container, switch off its interface's tx checksumming there: ethtool -K INTERFACE tx off",
			},
		}
		return []Finding{finding}
	}
	since, known := f.Counters[counter]
	switch {
	case !known:
		return unknown(name, f.unread(FromCounters))
	case since == 0:
		return fine(name, fmt.Sprintf("%s = 0 since the host started", counter))
	}
	return unknown(name, fmt.Sprintf("%s = %d since the host started, of any sender", counter, since), watch)
}
