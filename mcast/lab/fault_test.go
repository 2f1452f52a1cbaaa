package lab_test

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
)

func TestParseFault(t *testing.T) {
	for _, test := range []struct {
		words string
		fault lab.Fault
		err   string
	}{
		{"loss A.eth0 30%", lab.Fault{Kind: "loss", Host: "A", Interface: "eth0", Value: "30%"}, ""},
		{"loss A.eth0.5 30", lab.Fault{Kind: "loss", Host: "A", Interface: "eth0.5", Value: "30"}, ""},
		{"delay A.eth0 200ms", lab.Fault{Kind: "delay", Host: "A", Interface: "eth0", Value: "200ms"}, ""},
		{"cut A.eth0", lab.Fault{Kind: "cut", Host: "A", Interface: "eth0"}, ""},
		{"firewall A both", lab.Fault{Kind: "firewall", Host: "A", Value: "both"}, ""},
		{"rp_filter A 2", lab.Fault{Kind: "rp_filter", Host: "A", Value: "2"}, ""},
		{"multicast A.eth0 off", lab.Fault{Kind: "multicast", Host: "A", Interface: "eth0", Value: "off"}, ""},
		{"rp_filter A.eth0 2", lab.Fault{Kind: "rp_filter", Host: "A", Interface: "eth0", Value: "2"}, ""},
		{"kill A", lab.Fault{Kind: "kill", Host: "A"}, ""},

		{"", lab.Fault{}, "want one of loss, delay, cut, heal, down, up, delete, make, firewall, filter, rp_filter, multicast, kill"},
		{"los A.eth0 30%", lab.Fault{}, `"los" (did you mean loss?): want one of loss, delay, cut, heal, down, up, delete, make, firewall, filter, rp_filter, multicast, kill`},
		{"loss A.eth0", lab.Fault{}, "want loss HOST.INTERFACE 0%..100%"},
		{"loss A 30%", lab.Fault{}, `"A": want loss HOST.INTERFACE 0%..100%`},
		{"loss A. 30%", lab.Fault{}, `"A.": want loss HOST.INTERFACE 0%..100%`},
		{"loss A.eth0 130%", lab.Fault{}, `loss: "130%": want a whole number of per cent, 0% to 100%`},
		{"delay A.eth0 5", lab.Fault{}, `delay: "5": want a duration such as 200ms, at most 10s`},
		{"firewall A up", lab.Fault{}, `firewall: "up": want in, out, both, off`},
		{"firewall A.eth0 in", lab.Fault{}, `"A.eth0": want firewall HOST in|out|both|off`},
		{"rp_filter A 3", lab.Fault{}, `rp_filter: "3": want 0, 1, 2`},
		{"kill A now", lab.Fault{}, "want kill HOST"},
	} {
		f, err := lab.ParseFault(strings.Fields(test.words))
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "lab: fault: ")
		}
		if f != test.fault || got != test.err {
			t.Errorf("ParseFault(%s) = %+v, %q\nwant %+v, %q", test.words, f, got, test.fault, test.err)
		}
	}
	if n := len(lab.Faults()); n != 13 {
		t.Errorf("%d faults are listed, want 13", n)
	}
}

// A fault that is read is read again from its parts, as Apply does.
func FuzzParseFault(f *testing.F) {
	for _, words := range []string{"loss A.eth0 30%", "delay A.eth0.5 200ms", "cut A.eth0", "firewall A both", "rp_filter A.eth0 2", "kill A", "kil A", "loss A. 1"} {
		f.Add(strings.ReplaceAll(words, " ", "\n"))
	}
	f.Fuzz(func(t *testing.T, lines string) {
		words := strings.Split(lines, "\n") // which need not have been typed
		fault, err := lab.ParseFault(words)
		if err != nil {
			if fault != (lab.Fault{}) || !strings.HasPrefix(err.Error(), "lab: fault: ") {
				t.Errorf("%q gives %+v beside the error %q", words, fault, err)
			}
			return
		}
		target := fault.Host
		if fault.Interface != "" {
			target += "." + fault.Interface
		}
		again := []string{fault.Kind, target}
		if fault.Value != "" {
			again = append(again, fault.Value)
		}
		if f, err := lab.ParseFault(again); f != fault || err != nil {
			t.Errorf("%q is %+v, and %q is %+v, %v", words, fault, again, f, err)
		}
	})
}
