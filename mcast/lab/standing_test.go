package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// texts are the faults of each place that has some, in the words of a picture.
func (s *standing) texts() string {
	var all []string
	for _, place := range slices.Sorted(maps.Keys(s.places)) {
		for _, f := range s.at(place) {
			all = append(all, f.place()+" "+f.Text())
		}
	}
	return strings.Join(all, ", ")
}

// What lasts is kept, once for each kind, until it is ended.
func TestStandingFaults(t *testing.T) {
	for made, want := range map[string]string{
		"loss A.eth0 30%":                                      "A.eth0 loss 30%",
		"loss A.eth0 30%, loss A.eth0 50%":                     "A.eth0 loss 50%",
		"loss A.eth0 30, loss A.eth0 0":                        "",
		"delay A.eth0 200ms, loss A.eth0 1%":                   "A.eth0 delay 200ms, A.eth0 loss 1%",
		"delay A.eth0 0.2s, delay A.eth0 0ms":                  "",
		"firewall A in, filter A reports, cut A.eth0":          "A firewall drops incoming UDP, A filter drops reports, A.eth0 cut",
		"firewall A both, filter A reports, filter A off":      "A firewall drops all UDP",
		"rp_filter A.eth0 1, rp_filter A 2, multicast B.e off": "A rp_filter 2, B.e flag MULTICAST off",
		"rp_filter A 2, rp_filter A.eth0 1, rp_filter A 0":     "",
		"loss A.eth0 30%, cut A.eth0, delete A.eth0":           "A.eth0 deleted",
		"loss A.eth0 30%, delete A.eth0, make A.eth0":          "",
		"down A.eth0, cut A.eth0, cut A.eth0, up A.eth0":       "A.eth0 cut",
		"heal A.eth0, up A.eth0, make A.eth0":                  "",
		"loss A.eth0 30%, loss AB.eth0 1%, kill A":             "A killed, AB.eth0 loss 1%",
	} {
		var s standing
		for words := range strings.SplitSeq(made, ", ") {
			f, err := ParseFault(strings.Fields(words))
			if err != nil {
				t.Fatal(err)
			}
			s.happened(f)
		}
		if got := s.texts(); got != want {
			t.Errorf("%s: %s, want %s", made, got, want)
		}
	}
	var s standing
	s.designed("A", Interface{Name: "eth0", Loss: 20, Delay: time.Second, Down: true})
	if got, want := s.texts(), "A.eth0 down, A.eth0 loss 20%, A.eth0 delay 1s"; got != want {
		t.Errorf("of the topology: %s, want %s", got, want)
	}
}

// Each fault is typed as it was, and the one that undoes it leaves nothing.
func TestUndoFaults(t *testing.T) {
	for words, want := range map[string]string{
		"loss A.eth0 30%": "loss A.eth0 0%", "loss A.eth0 0": "", "delay A.eth0 1s": "delay A.eth0 0s", "delay A.eth0 0ms": "",
		"cut A.eth0": "heal A.eth0", "heal A.eth0": "", "down A.eth0": "up A.eth0", "up A.eth0": "", "delete A.eth0": "make A.eth0", "make A.eth0": "",
		"firewall A both": "firewall A off", "firewall A off": "", "filter A answers": "filter A off",
		"rp_filter A 1": "rp_filter A 0", "rp_filter A.eth0 2": "rp_filter A.eth0 0", "multicast A.eth0 off": "multicast A.eth0 on", "multicast A.eth0 on": "",
		"kill A": "",
	} {
		f, err := ParseFault(strings.Fields(words))
		if err != nil || f.String() != words {
			t.Fatalf("%s is read as %v, %v", words, f, err)
		}
		undo, ok := f.Undo()
		if ok != (want != "") || ok && undo.String() != want {
			t.Errorf("%s is undone by %v, %t; want %q", words, undo, ok, want)
		}
		if again, err := ParseFault(undo.Words()); ok && (err != nil || again != undo) {
			t.Errorf("%v is read as %v, %v", undo, again, err)
		}
		var s standing
		if s.happened(f); ok {
			s.happened(undo)
		}
		if got := fmt.Sprint(s.texts()); got != "" && f.Kind != "kill" {
			t.Errorf("after %s and what undoes it: %s", words, got)
		}
	}
}
