package main

import (
	"path/filepath"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// The script in docs/scripts says what is true, by objects and exit statuses
// alone.
func TestMeetScript(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	script, err := filepath.Abs("../../docs/scripts/meet.sh")
	if err != nil {
		t.Fatal(err)
	}
	const group = "239.1.2.3:1234"
	labtest.Talker(t, b, labtest.Group(group), "tick")
	labtest.Echo(t, b, labtest.Group(group))
	met, silent := start(t, a, "sh", script, group, "eth0"), start(t, a, "sh", script, "239.9.9.9", "eth0", "0.3")
	wrong := start(t, a, "sh", script, "239.9.9.9", "eth7")

	if code := met.status(); code != 0 {
		t.Errorf("exit status %d\n%s%s", code, met.out.String(), met.err.String())
	}
	const want = `heard: "tick" by eth0, 4 bytes
sent: 3 from 192.168.8.164
ping: all were answered
  192.168.8.226:1234: 3 of 3
probe: 1 refused
probe: 2 refused
probe: 1234 answered
`
	if got := met.out.String(); got != want || met.err.String() != "" {
		t.Errorf("it says\n%s%s\nwant\n%s", got, met.err.String(), want)
	}
	if code := silent.status(); code != 1 || silent.out.String() != "nobody is heard in 239.9.9.9:1234\n" {
		t.Errorf("of a silent group: exit status %d\n%s%s", code, silent.out.String(), silent.err.String())
	}
	if code := wrong.status(); code != 1 || wrong.out.String() != "" {
		t.Errorf("by no interface: exit status %d\n%s", code, wrong.out.String())
	}
	wrong.remarks(`"type":"error"`)
}
