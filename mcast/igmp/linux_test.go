package igmp_test

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// Linux's hosts and its bridge as a querier, in every version that they speak:
// captured on a bridge of two hosts (Linux 6.18), that joined a group and one
// source of another, and left. The bridge asks about one group at 224.0.0.1 by
// IGMPv2 and IGMPv3, and reports from :: before its address is its own.
func TestDecodesWhatLinuxSends(t *testing.T) {
	b, err := os.ReadFile("testdata/linux.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		packet, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		ip, err := hex.DecodeString(packet)
		if err != nil {
			t.Fatal(err)
		}
		m, err := igmp.Decode(ip)
		if got := m.From.String() + " to " + m.To.String() + ": " + m.String(); err != nil || got != want || m.Hops != 1 {
			t.Errorf("%q, hops %d, %v; want %q", got, m.Hops, err, want)
		}
		n++
	}
	if n < 20 {
		t.Errorf("%d packets", n)
	}
}
