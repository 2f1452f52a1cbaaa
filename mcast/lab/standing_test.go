package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What lasts is kept, once for each kind, until it is ended.
func TestStandingFaults(t *testing.T) {
	for made, want := range map[string]string{
		"loss A.eth0 30%":                                      "map[A.eth0:[loss 30%]]",
		"loss A.eth0 30%, loss A.eth0 50%":                     "map[A.eth0:[loss 50%]]",
		"loss A.eth0 30, loss A.eth0 0":                        "map[]",
		"delay A.eth0 200ms, loss A.eth0 1%":                   "map[A.eth0:[delay 200ms loss 1%]]",
		"delay A.eth0 0.2s, delay A.eth0 0ms":                  "map[]",
		"firewall A in, filter A reports, cut A.eth0":          "map[A:[firewall drops incoming UDP filter drops reports]]",
		"firewall A both, filter A reports, filter A off":      "map[A:[firewall drops all UDP]]",
		"rp_filter A.eth0 1, rp_filter A 2, multicast B.e off": "map[A:[rp_filter 2] A.eth0:[rp_filter 1] B.e:[flag MULTICAST off]]",
		"loss A.eth0 30%, delete A.eth0":                       "map[]",
		"kill A":                                               "map[A:[killed]]",
	} {
		var s standing
		for words := range strings.SplitSeq(made, ", ") {
			f, err := ParseFault(strings.Fields(words))
			if err != nil {
				t.Fatal(err)
			}
			s.happened(f)
		}
		if got := fmt.Sprint(s.texts()); got != want {
			t.Errorf("%s: %s, want %s", made, got, want)
		}
	}
	var s standing
	s.designed("A", Interface{Name: "eth0", Loss: 20, Delay: time.Second})
	if got := fmt.Sprint(s.texts()); got != "map[A.eth0:[loss 20% delay 1s]]" {
		t.Errorf("of the topology: %s", got)
	}
}
