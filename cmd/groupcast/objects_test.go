package main

import (
	"encoding/json"
	"go/ast"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

var headOfObject = regexp.MustCompile(`(?m)^(\{"type":"[a-z-]+"),"time":"[^"]+"`)

// untimed is objects without their times.
func untimed(objects string) string { return headOfObject.ReplaceAllString(objects, "$1") }

// Every object of every command begins with its type and its time: what writeJSON
// takes has a jsonHead, and whoever has one begins with it.
func TestObjectsBeginWithTypeAndTime(t *testing.T) {
	t.Parallel()
	objects := 0
	look := func(n ast.Node) bool {
		s, ok := n.(*ast.StructType)
		if !ok {
			return true
		}
		for at, field := range s.Fields.List {
			if id, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 && id.Name == "jsonHead" {
				if objects++; at != 0 {
					t.Errorf("an object does not begin with its jsonHead: %v", s.Fields.List)
				}
			}
			for _, other := range []string{"hops", "peer", "target", "index", "src", "dst"} {
				if field.Tag != nil && regexp.MustCompile(`"`+other+`[",]`).MatchString(field.Tag.Value) {
					t.Errorf("%s is not the name that others have for it", field.Tag.Value)
				}
			}
		}
		return true
	}
	_, sources := parseSources(t, ".")
	for _, source := range sources {
		ast.Inspect(source, look)
	}
	if objects < 20 {
		t.Errorf("%d objects were found", objects)
	}
}

// So it is when they are printed, and from and to are an address with a port.
func TestObjectsOfCommands(t *testing.T) {
	t.Parallel()
	host := labtest.Build(t, lab.Article).Host("A")
	kinds := map[string]int{}
	look := func(args, printed string) {
		for line := range strings.Lines(printed) {
			var o map[string]any
			if err := json.Unmarshal([]byte(line), &o); err != nil || !headOfObject.MatchString(line) {
				t.Errorf("%s prints %s%v", args, line, err)
			}
			kind, _ := o["type"].(string)
			kinds[kind]++
			for _, key := range []string{"from", "to", "group"} {
				text, ok := o[key].(string)
				if _, err := netip.ParseAddrPort(text); ok && err != nil {
					t.Errorf("%s: %s is %q: %v", args, key, text, err)
				}
			}
		}
	}
	server := start(t, host, "groupcast", "echo", "--json", "-v", "-i", "eth0", "239.7.8.9:7")
	server.prints("\n")
	listen := start(t, host, "groupcast", "listen", "--json", "-i", "eth0", "-c", "2", "239.7.8.9:7", "239.7.8.9:8")
	listen.prints(`"group":"239.7.8.9:8"`)
	var all []*program
	for _, args := range []string{
		"send -i eth0 239.7.8.9:7 one", "ping -i eth0 -c 1 239.7.8.9:7", "ping -c 1 -W 0.01 127.0.0.1:9", "ping -W 0.01 --message x 127.0.0.1:9",
		"probe 127.0.0.1:9 127.0.0.1:7", "doctor", "interfaces", "explain ttl", "lab list", "lab run", "listen -t 0.01 239.7.8.10",
		"--plain 239.7.8.9", "send", "send 1.2.3.4 x",
	} {
		p := start(t, host, "groupcast", append(strings.Fields(args), "--json")...)
		p.say("said")
		all = append(all, p)
	}
	for _, p := range all {
		p.end()
		look(p.name, p.out.String()+p.err.String())
	}
	interrupted(t, server)
	look("echo", server.out.String())
	listen.ends(exitOK)
	look("listen", listen.out.String())
	for _, kind := range []string{
		"joined", "datagram", "heard", "silent", "totals", "sent", "pinging", "reply", "responder", "ping", "packet-written", "result", "doctor",
		"finding", "interface", "join", "send", "page", "topology", "lesson", "scene", "serving", "received", "written", "own", "notice", "error",
	} {
		if kinds[kind] == 0 {
			t.Errorf("no object %s was seen: %v", kind, kinds)
		}
	}
}
