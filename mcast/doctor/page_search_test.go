package doctor

import (
	"slices"
	"strings"
	"testing"
)

func TestSearchPages(t *testing.T) {
	for word, want := range map[string]string{
		"igmp": "no-querier", "loopback": "loopback-off", "ttl": "hops-too-small", "TTL": "hops-too-small", "mac": "same-mac",
		"port": "wrong-port", "firewall": "firewall-in", "querier": "no-querier", "macvlan": "macvlan", "icmp": "udp-refused",
		"mld": "glossary", "snooping": "no-querier", "hop limit": "glossary", "NIC": "glossary", "query": "glossary",
		"docker": "virtual-network", "zone": "no-zone", "checksum": "bad-checksum", "MTU": "over-mtu",
	} {
		var names []string
		for _, p := range SearchPages(word) {
			names = append(names, p.Name)
		}
		if !slices.Contains(names, want) {
			t.Errorf("%s: %v, want %s among them", word, names, want)
		}
	}
	for _, word := range []string{"", " ", "no-such-word", "(", "tt"} {
		if got := SearchPages(word); len(got) > 0 {
			t.Errorf("%q finds %s", word, got[0].Name)
		}
	}
	if best := SearchPages("mac"); best[0].Name != "same-mac" {
		t.Errorf("mac: %s comes first", best[0].Name)
	}
}

// Each paragraph of the glossary defines a term in few words, and no term has two.
func TestGlossary(t *testing.T) {
	page, err := FindPage(glossary)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range page.Sections {
		for _, par := range s.Paragraphs {
			terms, text, ok := strings.Cut(par.Text, ": ")
			if !ok || text == "" || par.Verbatim || len(par.Text) > 400 {
				t.Errorf("%q: want TERM, SYNONYM: a short definition", par.Text)
			}
			for _, term := range strings.Split(terms, ", ") {
				if got, ok := Define(term); !ok || got != par.Text {
					t.Errorf("%q is defined as %q, want %q", term, got, par.Text)
				}
			}
		}
	}
	for _, word := range []string{"Querier", "queriers", " TTL ", "loopback copy", "exercise"} {
		if _, ok := Define(word); !ok {
			t.Errorf("the glossary does not define %q", word)
		}
	}
	for _, word := range []string{"", "s", "quer", "no-such-word"} {
		if text, ok := Define(word); ok {
			t.Errorf("%q is defined: %s", word, text)
		}
	}
}
