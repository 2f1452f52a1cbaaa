package doctor

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
)

// ruleCase is what a rule is to find: VERDICT INTERFACE FIX, a finding each,
// and what the first one's title and evidence are to name.
type ruleCase struct {
	name string
	f    Facts
	in   Intent
	want string
	says []string
}

func runRule(t *testing.T, rule func(Facts, Intent) []Finding, tests []ruleCase) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := rule(tt.f, tt.in)
			if got := outcome(found); got != tt.want {
				t.Fatalf("found %q, want %q: %+v", got, tt.want, found)
			}
			for _, says := range tt.says {
				if !strings.Contains(found[0].Title+"; "+found[0].Evidence, says) {
					t.Errorf("%q does not name %q: %s; %s", found[0].Name, says, found[0].Title, found[0].Evidence)
				}
			}
			checkForm(t, found)
		})
	}
}

// failer is what *testing.T and *rapid.T share.
type failer interface{ Errorf(string, ...any) }

// checkForm wants lines that a person can read, and hints where there is
// something to do.
func checkForm(t failer, found []Finding) {
	for _, f := range found {
		if strings.ContainsAny(f.Title+f.Evidence+strings.Join(f.Hints, ""), "\n\r") || strings.Contains(f.Title+f.Evidence, "%!") {
			t.Errorf("not one line each: %+v", f)
		}
		if f.Title == "" || f.Evidence == "" {
			t.Errorf("%s lacks a title or evidence: %+v", f.Name, f)
		}
		if (f.Verdict == Warning || f.Verdict == Failure) && len(f.Hints) == 0 {
			t.Errorf("%s is %s, and does not say what to do: %+v", f.Name, f.Verdict, f)
		}
		for _, h := range f.Hints {
			if got := CommandHint(h); talkWord.MatchString(got) {
				t.Errorf("%s: %q, of %q, names what only a talk has", f.Name, got, h)
			}
		}
	}
}

func outcome(found []Finding) string {
	var list []string
	for _, f := range found {
		s := string(f.Verdict)
		if f.Interface != "" {
			s += " " + f.Interface
		}
		if f.Fix != nil {
			s += " " + fixText(*f.Fix)
		}
		list = append(list, s)
	}
	return strings.Join(list, "; ")
}

func fixText(f Fix) string {
	switch {
	case f.Rejoin != "":
		return "rejoin=" + f.Rejoin
	case f.MulticastAllOff:
		return "multicast-all=off"
	case f.ReadBuffer != 0:
		return fmt.Sprintf("buffer=%d", f.ReadBuffer)
	case f.UseInterface != "":
		return "use=" + f.UseInterface
	case f.Leave != nil:
		return fmt.Sprintf("leave=%s@%s", f.Leave.Group, f.Leave.Interface)
	}
	return "?"
}

var (
	addr  = netip.MustParseAddr
	group = mcast.DefaultGroup
	// plain would talk in the default group by eth0.
	plain = Intent{Group: group, Joined: []int{2}, Loopback: true, Hops: 1}
)

// intent is plain, changed.
func intent(change func(*Intent)) Intent {
	in := plain
	change(&in)
	return in
}

// inGroup is plain in another group.
func inGroup(text string) Intent {
	return intent(func(in *Intent) {
		if err := in.Group.UnmarshalText([]byte(text)); err != nil {
			panic(err)
		}
	})
}

// live is plain, running: it has joined.
var live = intent(func(in *Intent) {
	in.Live = true
	in.Memberships = []mcast.Membership{{Group: group, Interface: eth0}}
})

// lan is a host on eth0 and lo.
func lan(change func(*Facts)) Facts {
	f := facts(by(eth0), eth0)
	change(&f)
	return f
}

// groupsAt is what the host has joined on an interface: once each, "ADDR" or
// "ADDR xUSERS", and 224.0.0.1 as always.
func groupsAt(i host.Interface, groups ...string) host.InterfaceGroups {
	h := host.InterfaceGroups{Index: i.Index, Name: i.Name, Version: 3, Groups: []host.JoinedGroup{{Addr: addr("224.0.0.1"), Users: 1}}}
	for _, text := range groups {
		g := host.JoinedGroup{Users: 1}
		text, users, _ := strings.Cut(text, " x")
		fmt.Sscan(users, &g.Users)
		g.Addr = addr(text)
		h.Groups = append(h.Groups, g)
	}
	return h
}

// socket is another program's, "python3 (4711)", or of another user's "".
func socket(local, program string, drops uint64) host.Socket {
	at := netip.MustParseAddrPort(local)
	inode := uint64(100)
	for _, c := range local + program {
		inode = inode*31 + uint64(c)
	}
	return host.Socket{Local: at, Program: program, UID: 1000, Inode: inode, Drops: drops}
}

func own(s host.Socket) host.Socket {
	s.Own = true
	return s
}
