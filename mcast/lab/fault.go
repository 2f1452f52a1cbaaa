package lab

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fault is something that goes wrong in a lab, or right again.
type Fault struct {
	Kind      string // the first word of Faults
	Host      string
	Interface string // "" where it is of the host
	Value     string // such as 30%, 200ms, in; "" where it takes none
}

// Words are the fault as [ParseFault] takes it, such as loss, A.eth0 and 30%.
func (f Fault) Words() []string {
	words := []string{f.Kind, f.place()}
	if f.Value != "" {
		words = append(words, f.Value)
	}
	return words
}

// String is the fault as it is typed: loss A.eth0 30%.
func (f Fault) String() string { return strings.Join(f.Words(), " ") }

// place is A or A.eth0.
func (f Fault) place() string {
	if f.Interface == "" {
		return f.Host
	}
	return f.Host + "." + f.Interface
}

// Undo is the fault that ends this one. ok is false for kill, which nothing ends, and for
// what ends others itself, such as heal and loss of 0%. A loss or a delay that the
// topology has is not made again.
func (f Fault) Undo() (undo Fault, ok bool) {
	undo = f
	if end, lasts := harmless[f.Kind]; lasts {
		undo.Value = end
		return undo, f.normal().Value != end
	}
	for kind, ended := range ends {
		if ended == f.Kind {
			undo.Kind, undo.Value = kind, ""
			return undo, true
		}
	}
	return Fault{}, false
}

// Text is the fault in the words of a picture, without its place: loss 30%, firewall drops
// incoming UDP.
func (f Fault) Text() string {
	switch f.Kind {
	case "kill":
		return "killed"
	case "delete":
		return "deleted"
	case "firewall":
		return "firewall drops " + map[string]string{"in": "incoming UDP", "out": "outgoing UDP", "both": "all UDP"}[f.Value]
	case "filter":
		return "filter drops " + f.Value
	case "multicast":
		return "flag MULTICAST off"
	}
	return strings.TrimSpace(f.Kind + " " + f.Value)
}

// faultKind says what the words after a fault's kind are.
type faultKind struct {
	name, target, values, help string
	check                      func(string) error // of the value; nil: it takes none
}

const (
	onHost      = "HOST"
	onInterface = "HOST.INTERFACE"
	onEither    = "HOST[.INTERFACE]"
)

var faultKinds = []faultKind{
	{"loss", onInterface, "0%..100%", "lose this share of the frames that arrive there", func(s string) error { _, err := parsePercent(s); return err }},
	{"delay", onInterface, "0ms.." + MaxDelay.String(), "delay the frames that arrive there", func(s string) error { _, err := parseDelay(s); return err }},
	{"cut", onInterface, "", "cut its wire", nil},
	{"heal", onInterface, "", "mend the wire", nil},
	{"down", onInterface, "", "switch it off", nil},
	{"up", onInterface, "", "switch it on", nil},
	{"delete", onInterface, "", "delete it, with its addresses, routes and memberships", nil},
	{"make", onInterface, "", "make it again", nil},
	{"firewall", onHost, "in|out|both|off", "drop incoming UDP, outgoing UDP", oneOf("in", "out", "both", "off")},
	{"filter", onHost, "reports|queries|answers|off", "drop its reports, the queries to it, or UDP to it alone", oneOf("reports", "queries", "answers", "off")},
	{"rp_filter", onEither, "0|1|2", "the reverse path filter: off, strict, loose", oneOf("0", "1", "2")},
	{"multicast", onInterface, "on|off", "its flag MULTICAST, by which programs choose interfaces", oneOf("on", "off")},
	{"kill", onHost, "", "end every process of it with SIGKILL, as if its power failed", nil},
}

// Faults are the faults there are, a line each, as they are typed.
func Faults() (lines []string) {
	for _, k := range faultKinds {
		lines = append(lines, fmt.Sprintf("%-44s %s", k.usage(), k.help))
	}
	return lines
}

func (k faultKind) usage() string { return strings.TrimSpace(k.name + " " + k.target + " " + k.values) }

func oneOf(values ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(values, s) {
			return fmt.Errorf("%q: want %s", s, strings.Join(values, ", "))
		}
		return nil
	}
}

// ParseFault reads a fault from words as typed, such as loss A.eth0 30%.
// Whether there is such a host is for Apply to say.
func ParseFault(words []string) (Fault, error) {
	f, err := parseFault(words)
	if err != nil {
		return Fault{}, fmt.Errorf("lab: fault: %w", err)
	}
	return f, nil
}

func parseFault(words []string) (f Fault, err error) {
	var names []string
	for _, k := range faultKinds {
		names = append(names, k.name)
	}
	all := strings.Join(names, ", ")
	if len(words) == 0 {
		return f, errors.New("want one of " + all)
	}
	i := slices.Index(names, words[0])
	if i < 0 {
		return f, fmt.Errorf("%q%s: want one of %s", words[0], didYouMean(words[0], names), all)
	}
	k := faultKinds[i]
	want := 2
	if k.check != nil {
		want = 3
	}
	if len(words) != want {
		return f, fmt.Errorf("want %s", k.usage())
	}
	f.Kind = k.name
	var dot bool
	f.Host, f.Interface, dot = strings.Cut(words[1], ".")
	if f.Host == "" || dot != (f.Interface != "") || dot && k.target == onHost || !dot && k.target == onInterface {
		return f, fmt.Errorf("%q: want %s", words[1], k.usage())
	}
	if k.check != nil {
		f.Value = words[2]
		if err := k.check(f.Value); err != nil {
			return f, fmt.Errorf("%s: %w", k.name, err)
		}
	}
	return f, nil
}
