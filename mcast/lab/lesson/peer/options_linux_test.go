package peer

import "testing"

func TestParse(t *testing.T) {
	o, err := parse([]string{"to=239.1.2.3:5000", "ttl=16", "quiet", "count=2", "two", "words"})
	if err != nil || o.to.Port() != 5000 || o.ttl != 16 || !o.quiet || o.count != 2 || len(o.words) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := parse(nil); err != nil || o.ttl != -1 || o.quiet || o.count != 1 {
		t.Errorf("nothing: %+v, %v; want the kernel's TTL, loopback, and one datagram", o, err)
	}
	if _, err := parse([]string{"ttl=many"}); err == nil {
		t.Error("ttl=many: no error")
	}
}
