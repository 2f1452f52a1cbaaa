package peer

import "testing"

func TestParse(t *testing.T) {
	o, err := parse([]string{"to=239.1.2.3:5000", "ttl=16", "quiet", "count=2", "two", "words"})
	if err != nil || o.to.Port() != 5000 || o.ttl != 16 || !o.quiet || o.count != 2 || len(o.words) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = parse([]string{"to=192.168.1.11:7030", "sndbuf=8192", "nowait", "read=4", "port=7075", "hear"})
	if err != nil || o.sndbuf != 8192 || !o.nowait || o.read != 4 || o.port != 7075 || !o.hear {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := parse(nil); err != nil || o.read != 1<<16 || o.sndbuf != 0 || o.nowait || o.port != 0 || o.hear {
		t.Errorf("nothing: %+v, %v; want a buffer for every datagram, the kernel's send buffer and a port of its choice", o, err)
	}
	if o, err := parse(nil); err != nil || o.ttl != -1 || o.quiet || o.count != 1 {
		t.Errorf("nothing: %+v, %v; want the kernel's TTL, loopback, and one datagram", o, err)
	}
	if _, err := parse([]string{"ttl=many"}); err == nil {
		t.Error("ttl=many: no error")
	}
}
