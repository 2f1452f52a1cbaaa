package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Both ends of the article's LAN: the verdict names the side, and what keeps nobody's side
// is the wire. Who shares nothing is told what to type.
func TestDoctorWith(t *testing.T) {
	t.Parallel()
	labtest.Program(t, "nft")
	const group = "239.1.2.3:5000"
	l := labtest.Build(t, lab.Article)
	secret := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(secret, []byte("correct horse battery staple"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, b := l.Host("A"), l.Host("B")
	looks := func(status int, args []string, words ...string) {
		t.Helper()
		p := do(t, a, append([]string{"doctor", "--name", "alice", "--passphrase-file", secret, group}, args...)...)
		if got := p.status(); got != status {
			t.Errorf("%s: status %d, want %d", p.name, got, status)
		}
		all := p.out.String() + p.err.String()
		for _, w := range words {
			if !strings.Contains(all, w) {
				t.Errorf("%s prints\n%s\nwithout %q", p.name, all, w)
			}
		}
	}
	shy := start(t, b, "groupcast", "--passphrase-file", secret, "--name", "carol", group)
	shy.remarks("joined")
	looks(exitNot, []string{"--with", "carol", "-i", "eth0"}, "shares no facts of its host", "groupcast chat --share-facts "+group)
	looks(exitNot, []string{"--with", "dora", "-i", "eth0", "-t", "2"}, "nobody of this name was heard in 2s; here are: carol")
	shy.end()

	bob := start(t, b, "groupcast", "--passphrase-file", secret, "--share-facts", "--name", "bob", group)
	bob.remarks("joined")
	looks(exitDoubt, []string{"--with", "bob"},
		"alice -> bob: sent via the wrong interface: what alice sends leaves via eth1, and bob hears alice via eth0 only\n  on the side of alice: wrong-egress\n",
		"bob -> alice: arrives", "on alice, this host: failure: wrong-egress", "-i eth0", "on bob: nothing found")
	bob.remarks("alice gets facts of this host")
	looks(exitOK, []string{"--with", "bob", "-i", "eth0"}, "alice -> bob: arrives: what alice sends via eth0 comes to bob via eth0\n", "on alice, this host: nothing found")
	for _, rule := range []string{ // as a switch that prunes: before this host counts it
		"add table netdev t", "add chain netdev t c { type filter hook ingress device eth0 priority 0; }", "add rule netdev t c meta pkttype multicast drop",
	} {
		start(t, b, "nft", rule).end()
	}
	looks(exitDoubt, []string{"--with", "bob", "-i", "eth0", "--json"},
		`"sender":"alice","receiver":"bob","verdict":"not-arrived"`, `"sender":"bob","receiver":"alice","verdict":"arrives"`)
	bob.end()
}

func TestDoctorWithFlags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, want string }{
		{"doctor --name alice", "--name needs --with"},
		{"doctor --share-facts", "--share-facts needs --with"},
		{"doctor --with bob --probe", "--probe and --with do not go together"},
		{"doctor --with bob --from 10.0.0.1", "--from and --with do not go together"},
		{"doctor --with bob --plain-only", "--plain-only and --with do not go together"},
		{"doctor --with=", "want the name of a member"},
	} {
		var out, errs printed
		status := run(t.Context(), strings.Fields(tt.args), strings.NewReader(""), &out, &errs)
		if status != exitUsage || !strings.Contains(errs.String(), tt.want) {
			t.Errorf("%s: status %d, %q, want %q", tt.args, status, errs.String(), tt.want)
		}
	}
}
