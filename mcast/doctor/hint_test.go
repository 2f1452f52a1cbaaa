package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groupcast/groupcast/mcast/host"
)

func TestSplitHint(t *testing.T) {
	for _, tt := range []struct{ hint, reason, command string }{
		{"ip link set eth0 up", "", "ip link set eth0 up"},
		{"give it one: ip addr add 10.0.0.2/24 dev eth0", "give it one", "ip addr add 10.0.0.2/24 dev eth0"},
		{"as root: twice: sysctl -w a.b=1 && ip link set e up", "as root: twice", "sysctl -w a.b=1 && ip link set e up"},
		{"give it one: ip addr add ADDRESS dev eth0", "give it one: ip addr add ADDRESS dev eth0", ""},
		{"at B: ip link set eth0 up", "at B: ip link set eth0 up", ""},
		{"for one: ip addr add 192.0.2.1/24 dev eth0", "for one: ip addr add 192.0.2.1/24 dev eth0", ""},
		{"its own: tc sets it, and nobody else", "its own: tc sets it, and nobody else", ""},
		{"check the cable", "check the cable", ""},
		{"look closer: groupcast doctor --probe", "look closer: groupcast doctor --probe", ""},
		{"ip", "ip", ""},
		{"", "", ""},
		{"its group: ip6 is not a program of the list", "its group: ip6 is not a program of the list", ""},
		{"the upper case of an interface's name: ip link set LAN0 up", "the upper case of an interface's name", "ip link set LAN0 up"},
	} {
		if reason, command := SplitHint(tt.hint); reason != tt.reason || command != tt.command {
			t.Errorf("%q: %q and %q, want %q and %q", tt.hint, reason, command, tt.reason, tt.command)
		}
	}
}

func TestCommandsOf(t *testing.T) {
	got := commandsOf([]string{"look: nft list ruleset", "ip link set eth0 up", "look: tc -s qdisc show dev eth0", "unplug it", "give it one: ip addr add 10.0.0.2/24 dev eth0", "ip route get 10.0.0.1"})
	if want := []string{"ip link set eth0 up", "ip addr add 10.0.0.2/24 dev eth0"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFirewallHints(t *testing.T) {
	in, out := FirewallChain{Family: "inet", Table: "filter", Name: "input", In: true, Policy: true}, FirewallChain{Family: "inet", Table: "filter", Name: "output"}
	ipt := FirewallChain{Family: "ip", Table: "filter", Name: "INPUT", In: true, Policy: true}
	ipt6 := FirewallChain{Family: "ip6", Table: "filter", Name: "INPUT", In: true, Policy: true}
	ingress := FirewallChain{Family: "netdev", Table: "guard", Name: "eth0-in", In: true}
	firewalld := FirewallChain{Family: "inet", Table: "firewalld", Name: "filter_INPUT", In: true}
	odd := FirewallChain{Family: "inet", Table: "a b;reboot", Name: "input", In: true}
	type chains = []FirewallChain
	const group4, group6 = "239.1.2.3", "ff15::1"
	for _, tt := range []struct {
		what     string
		tools    []string
		firewall chains // nil: hidden
		group    string
		outward  bool
		commands []string
		says     string // words that some hint has, with "|" between; "!" before those that none has
	}{
		{"nobody has looked", nil, nil, group4, false, nil, "as root, ask again|no program that lists|!nft list|!iptables -"},
		{"hidden, no tool at all", []string{}, nil, group4, false, nil, "no program that lists"},
		{"hidden, nft", []string{"nft", "iptables"}, nil, group4, false, nil, "nft list ruleset|--probe|!iptables"},
		{"hidden, iptables only", []string{"iptables"}, nil, group4, false, []string{"iptables -I INPUT -p udp -d 239.1.2.3 --dport 1234 -j ACCEPT"}, "iptables -S|!nft"},
		{"hidden, iptables, and the group is of IPv6", []string{"iptables"}, nil, group6, false, nil, "no program that lists"},
		{"hidden, ip6tables", []string{"ip6tables"}, nil, group6, true, []string{"ip6tables -I OUTPUT -p udp -d ff15::1 --dport 1234 -j ACCEPT"}, ""},
		{"hidden, ufw", []string{"nft", "ufw"}, nil, group4, false, []string{"ufw prepend allow in proto udp to 239.1.2.3 port 1234"}, ""},
		{"hidden, firewalld", []string{"nft", "firewall-cmd"}, nil, group4, false, nil, `firewall-cmd --add-rich-rule|family="ipv4" destination address="239.1.2.3" port port="1234" protocol="udp" accept`},
		{"nft", []string{"nft"}, chains{in, out}, group4, false, []string{"nft insert rule inet filter input ip daddr 239.1.2.3 udp dport 1234 accept"}, "IGMP"},
		{"nft, outward", []string{"nft"}, chains{in, out}, group4, true, []string{"nft insert rule inet filter output ip daddr 239.1.2.3 udp dport 1234 accept"}, "!IGMP"},
		{"nft, IPv6", []string{"nft"}, chains{in, ipt}, group6, false, []string{"nft insert rule inet filter input ip6 daddr ff15::1 udp dport 1234 accept"}, "MLD"},
		{"two chains drop: both must let it in", []string{"nft"}, chains{ingress, in}, group4, false, []string{
			"nft insert rule netdev guard eth0-in ip daddr 239.1.2.3 udp dport 1234 accept && nft insert rule inet filter input ip daddr 239.1.2.3 udp dport 1234 accept"}, ""},
		{"iptables made it, and nft is there", []string{"nft", "iptables"}, chains{ipt}, group4, false, []string{"nft insert rule ip filter INPUT ip daddr 239.1.2.3 udp dport 1234 accept"}, ""},
		{"iptables made it, and nft is not there", []string{"iptables"}, chains{ipt}, group4, false, []string{"iptables -I INPUT -p udp -d 239.1.2.3 --dport 1234 -j ACCEPT"}, "!nft"},
		{"ufw made it", []string{"nft", "ufw"}, chains{ipt, ipt6}, group6, false, []string{"ufw prepend allow in proto udp to ff15::1 port 1234"}, ""},
		{"firewalld made it", []string{"nft", "firewall-cmd"}, chains{firewalld}, group6, false, nil, `family="ipv6"`},
		{"it is known, and nft is not there", []string{}, chains{in}, group4, false, nil, "head of the chain input of table inet filter"},
		{"a name that a shell would take apart", []string{"nft"}, chains{odd}, group4, false, nil, "head of the chain input"},
		{"no chain drops", []string{"nft", "iptables"}, chains{}, group4, false, nil, "no chain of nft drops on the way in|iptables -S"},
		{"VRRP", []string{"nft"}, chains{in}, "224.0.0.18", false, []string{"nft insert rule inet filter input ip daddr 224.0.0.18 meta l4proto 112 accept"}, "VRRP, which is IP protocol 112|!dport"},
		{"OSPF", []string{"iptables"}, nil, "224.0.0.6", false, []string{"iptables -I INPUT -p 89 -d 224.0.0.6 -j ACCEPT"}, "!dport"},
		{"PIM", []string{"firewall-cmd"}, nil, "224.0.0.13", false, nil, `protocol value="103"|!port port`},
		{"IGMP", []string{"ufw"}, nil, "224.0.0.22", false, []string{"ufw prepend allow in to 224.0.0.22"}, "!udp"},
		{"VRRP of IPv6", []string{"nft"}, chains{in}, "ff02::12", false, []string{"nft insert rule inet filter input ip6 daddr ff02::12 meta l4proto 112 accept"}, ""},
	} {
		f := Facts{Tools: tt.tools, Firewall: tt.firewall}
		hints := f.openPort(talk(tt.group, 2))
		if tt.outward {
			hints = f.letOut(talk(tt.group, 2))
		}
		if got := commandsOf(hints); !slices.Equal(got, tt.commands) {
			t.Errorf("%s: the commands %q, want %q", tt.what, got, tt.commands)
		}
		all := strings.Join(hints, "\n")
		for word := range strings.SplitSeq(tt.says, "|") {
			word, not := strings.CutPrefix(word, "!")
			if word != "" && strings.Contains(all, word) == not {
				t.Errorf("%s: %q is wrong in:\n%s", tt.what, word, all)
			}
		}
	}
}

func TestQueueHints(t *testing.T) {
	for kind, word := range map[string]string{"": "", "noqueue": "", "pfifo_fast": "its txqueuelen", "tbf": "tbf, whose limit is its own", "fq_codel": "fq_codel, whose limit is its own"} {
		f := Facts{Links: map[int]Link{2: {Queue: kind}}}
		hints := f.moreQueue(2, "eth0")
		if all := strings.Join(hints, "\n"); !strings.Contains(all, word) || word == "" && strings.Contains(all, "txqueuelen") || len(commandsOf(hints)) > 0 {
			t.Errorf("%s: %q", kind, hints)
		}
	}
}

func TestUfwEnabled(t *testing.T) {
	for text, want := range map[string]bool{"# ufw\nENABLED=yes\nLOGLEVEL=low\n": true, "ENABLED=no\n": false, "# ENABLED=yes\n": false, "": false} {
		if got := ufwEnabled(fstest.MapFS{"etc/ufw/ufw.conf": {Data: []byte(text)}}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if ufwEnabled(fstest.MapFS{}) {
		t.Error("without a file it is enabled")
	}
}

func TestWhatOnlyTheScreenHas(t *testing.T) {
	in := talk("239.1.2.3", 2)
	for _, live := range []bool{false, true} {
		in.Live = live
		got := strings.Join(in.joinOnOne(eth0, bare), " ")
		if strings.Contains(got, "/leave") != live || strings.Contains(got, "-i eth0") == live {
			t.Errorf("it runs: %v: %s", live, got)
		}
	}
}

func TestQuerierHints(t *testing.T) {
	runs := withLinks(facts(by(eth0), eth0), map[int]Link{2: {Master: 3}, 3: {Bridge: &Bridge{Snooping: true, Heard: true}}})
	silent := withLinks(facts(by(eth0), eth0), map[int]Link{2: {Master: 3}, 3: {Bridge: &Bridge{Snooping: true}}})
	for _, tt := range []struct {
		what  string
		facts Facts
		group string
		says  string
	}{
		{"nothing is known of it", facts(by(eth0), eth0), "239.1.2.3", "first see whether there is a querier|groupcast igmp -i eth0|if there is none"},
		{"nobody asks", silent, "239.1.2.3", "first see whether"},
		{"somebody does", runs, "239.1.2.3", "there is a querier, and the bridge|let IGMP through"},
		{"IPv6", silent, "ff15::114", "groupcast igmp -i eth0|let MLD through"},
	} {
		hints := tt.facts.askForMembers(talk(tt.group, 2), 2)
		all := strings.Join(hints, "\n")
		for word := range strings.SplitSeq(tt.says, "|") {
			if !strings.Contains(all, word) {
				t.Errorf("%s: no %q in:\n%s", tt.what, word, all)
			}
		}
		if list := commandsOf(hints); list != nil {
			t.Errorf("%s: advice looks like %q", tt.what, list)
		}
	}
}

func TestCommandHint(t *testing.T) {
	for hint, want := range map[string]string{
		useInterface(host.Interface{Name: "a;b"})[0]:                          "send and join by a;b: -i a;b",
		"send with more: --ttl 32, or /hops 32":                               "send with more: --ttl 32",
		"-i NAME, or /interface NAME; groupcast interfaces lists them":        "-i NAME; groupcast interfaces lists them",
		"join again: /leave 239.1.2.3, then /join 239.1.2.3":                  "join again: end the program and start it again",
		"join on one of them: /leave 239.1.2.3 eth1":                          "join on one of them: start again with -i and the name of the other",
		"leave it: /leave 239.1.2.3":                                          "leave it: start again without it",
		"to hear everybody: /source any":                                      "to hear everybody: start again and name the group without a source",
		"if it is groupcast itself: /unblock 10.0.0.1":                        "if it is groupcast itself: start the program again",
		"or choose another: /interface NAME; groupcast interfaces lists them": "or choose another: -i NAME; groupcast interfaces lists them",
		"join the group first: /join GROUP":                                   "join the group first: start again and name it",
		"a request has to leave: /ttl 1":                                      "a request has to leave: --ttl 1",
		"/who lists them, with fingerprints":                                  "groupcast who lists them, with fingerprints",
		"ask ada whether the key is new: /verify ada~7f3c":                    "ask ada whether the key is new: a talk in a terminal marks it as verified",
		"another name for yourself: /nick NAME":                               "another name for yourself: --name NAME",
		"to end that: /facts off":                                             "to end that: start again without --share-facts",
		"to end that: /facts no bob":                                          "to end that: start again without --share-facts",
		"hear yourself: /loopback on":                                         "hear yourself: --loopback",
		"name it: /tmp/x, or /tmp/y":                                          "name it: /tmp/x, or /tmp/y",
		"see: /proc/net/igmp; or choose another: /interface eth0":             "see: /proc/net/igmp; or choose another: -i eth0",
		"for every program of this host: ip route add 224.0.0.0/4 dev eth0":   "for every program of this host: ip route add 224.0.0.0/4 dev eth0",
	} {
		if got := CommandHint(hint); got != want {
			t.Errorf("%q: %q, want %q", hint, got, want)
		}
	}
}

// talkWord is a command of the talk, as a hint has it; no file is called like that.
var talkWord = regexp.MustCompile(`(^|[ :"(])/[a-z]+([ ,;.)"]|$)`)

// No hint that this package or the session writes has a command of the talk where it
// cannot be typed.
func TestEveryHintIsForCommands(t *testing.T) {
	found := 0
	for _, dir := range []string{".", "../session"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				if !talkWord.MatchString(text) || !strings.Contains(text, " ") {
					return true
				}
				found++
				if got := CommandHint(text); talkWord.MatchString(got) || strings.HasSuffix(got, ": ") {
					t.Errorf("%s: %q, of %q, names what cannot be typed", e.Name(), got, text)
				}
				return true
			})
		}
	}
	if found < 10 {
		t.Errorf("%d hints with commands of the talk, want 10 at least: they are not found", found)
	}
}
