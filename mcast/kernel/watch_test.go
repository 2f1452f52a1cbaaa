package kernel_test

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/kernel"
)

func TestDropsOfALength(t *testing.T) {
	t.Parallel()
	at := func(seconds, text string) string {
		return "           <...>-7   [000] ..s1. " + seconds + ": " + text + "\n"
	}
	received := at("1.000000", "netif_receive_skb: dev=eth0 skbaddr=1 len=1045")
	drop := func(when, skb string) string {
		return at(when, "kfree_skb: skbaddr="+skb+" rx_sk=0 protocol=2048 location=ip_rcv_finish_core+0x25b/0x470 reason: IP_RPFILTER")
	}
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"none":                      {received, ""},
		"one":                       {received + drop("1.000100", "1"), "the kernel dropped it: IP_RPFILTER in ip_rcv_finish_core: the route back to the source leads via another interface, and rp_filter is on; at eth0"},
		"another's":                 {received + drop("1.000100", "2"), ""},
		"the buffer, used again":    {received + drop("1.500000", "1"), ""},
		"used again and seen so":    {received + at("1.000050", "netif_receive_skb: dev=eth1 skbaddr=1 len=60") + drop("1.000100", "1"), ""},
		"freed twice":               {received + drop("1.000100", "1") + drop("1.000200", "1"), "the kernel dropped it: IP_RPFILTER in ip_rcv_finish_core: the route back to the source leads via another interface, and rp_filter is on; at eth0"},
		"two":                       {strings.Repeat(received+drop("1.000100", "1"), 2), "the kernel dropped it: IP_RPFILTER in ip_rcv_finish_core: the route back to the source leads via another interface, and rp_filter is on; at eth0, 2 times"},
		"with the Ethernet header":  {at("1.000000", "net_dev_queue: dev=eth0 skbaddr=1 len=1059") + at("1.000001", "kfree_skb: skbaddr=1 location=__dev_queue_xmit+0x1/0x2 reason: QDISC_DROP"), "the kernel dropped it: QDISC_DROP in __dev_queue_xmit: the interface's queue did not accept it: the queue is full, or the interface has no carrier; at eth0"},
		"received with 14 too many": {at("1.000000", "netif_receive_skb: dev=eth0 skbaddr=1 len=1059") + drop("1.000100", "1"), ""},
	} {
		var got []string
		seen := kernel.DropsOf(1045, c.text)
		if seen.Skipped > 0 {
			t.Errorf("%s: %d lines skipped", name, seen.Skipped)
		}
		for _, d := range seen.Drops {
			got = append(got, d.String())
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
