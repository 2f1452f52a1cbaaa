package session

import (
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/doctor"
)

func TestFindingsDoNotFlicker(t *testing.T) {
	read := func(text string) (list []doctor.Finding) {
		verdicts := map[byte]doctor.Verdict{'!': doctor.Failure, '?': doctor.Warning, '+': doctor.OK, '-': doctor.Unknown}
		for word := range strings.FieldsSeq(text) {
			name, ifname, _ := strings.Cut(word[1:], "@")
			list = append(list, doctor.Finding{Verdict: verdicts[word[0]], Name: name, Interface: ifname})
		}
		return list
	}
	for _, tt := range []struct {
		what     string
		readings []string
		want     []string
	}{
		{"a finding that comes and goes", []string{"?a", "+a", "?a", "+a", "?a"}, []string{"a", "a", "a", "a", "a"}},
		{"one that is gone", []string{"?a", "+a", "+a"}, []string{"a", "a", ""}},
		{"one that was never there", []string{"+a", "-a"}, []string{"", ""}},
		{"a failure comes before a warning that is held", []string{"?a", "!b", ""}, []string{"a", "b a", "b"}},
		{"a held failure before a warning", []string{"!a", "?b"}, []string{"a", "a b"}},
		{"two interfaces", []string{"?a@eth0 ?a@eth1", "?a@eth1", "?a@eth1"}, []string{"a@eth0 a@eth1", "a@eth1 a@eth0", "a@eth1"}},
		{"worse than it was", []string{"?a", "!a", ""}, []string{"a", "a", "a"}},
	} {
		var h steadied
		for n, text := range tt.readings {
			var got []string
			for _, f := range doctor.Seen(h.take(read(text))) {
				got = append(got, strings.TrimSuffix(f.Name+"@"+f.Interface, "@"))
			}
			if !slices.Equal(got, strings.Fields(tt.want[n])) {
				t.Errorf("%s, reading %d: %q, not %q", tt.what, n+1, got, tt.want[n])
			}
		}
	}
	var h steadied
	h.take(read("!a"))
	h.forget()
	if got := h.take(read("+b")); len(doctor.Seen(got)) != 0 {
		t.Errorf("another question, and still %v", got)
	}
	if got := h.take(read("-a +a")); len(got) != 2 {
		t.Errorf("what is not known and what is fine: %v", got)
	}
}
