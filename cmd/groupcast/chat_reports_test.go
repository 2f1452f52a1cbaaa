package main

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/session"
)

// A report says what is heard, and is written when that has changed; a time that has passed
// is no change.
func TestHeardReports(t *testing.T) {
	now := time.Now()
	g, err := mcast.ParseGroup("239.1.2.3:5000")
	if err != nil {
		t.Fatal(err)
	}
	snap := session.Snapshot{Groups: []mcast.Group{g}}
	var out, all bytes.Buffer
	r := reportsTo(&out, true, &session.Config{})
	say := func(after time.Duration, want string) {
		t.Helper()
		out.Reset()
		r.tell(reportOf(snap, now.Add(after)))
		all.Write(out.Bytes())
		if got := untimed(out.String()); got != want {
			t.Errorf("after %s it says\n%swant\n%s", after, got, want)
		}
	}
	stream := &output{w: &out}
	r.out = stream
	say(0, `{"type":"report","schema":1,"groups":["239.1.2.3:5000"],"heard":[],"findings":[]}`+"\n")
	say(time.Second, "")
	snap.Room.Senders = []chat.Sender{{Addr: netip.MustParseAddr("192.168.1.7"), Datagrams: 3, Last: now}}
	snap.Findings = []doctor.Finding{{Name: "wrong-egress", Interface: "eth0"}, {Name: "wrong-egress", Interface: "eth1"}}
	say(2900*time.Millisecond, `{"type":"report","groups":["239.1.2.3:5000"],"heard":[{"from":"192.168.1.7","datagrams":3,"ago":2}],"findings":["wrong-egress"]}`+"\n")
	say(time.Minute, "")
	snap.Room.Senders[0].Datagrams, snap.Room.Senders[0].Last = 4, now.Add(time.Hour) // a clock that was set
	say(time.Minute, `{"type":"report","groups":["239.1.2.3:5000"],"heard":[{"from":"192.168.1.7","datagrams":4,"ago":0}],"findings":["wrong-egress"]}`+"\n")
	snap.Findings = nil
	say(time.Minute, `{"type":"report","groups":["239.1.2.3:5000"],"heard":[{"from":"192.168.1.7","datagrams":4,"ago":0}],"findings":[]}`+"\n")
	if reportsTo(&out, false, &session.Config{}) != nil {
		t.Error("reports are made that nobody asked for")
	}
	readObjectsDoc(t).hold(t, "chat", "--heard-json", all.String())
}
