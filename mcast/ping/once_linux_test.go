package ping

import (
	"bytes"
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func once(t *testing.T, ctx context.Context, host *lab.Node, cfg OnceConfig) (x Exchange, failed error) {
	t.Helper()
	labtest.In(t, host, func() error {
		x, failed = Once(ctx, cfg)
		return nil
	})
	return x, failed
}

func TestOnceWaitsForTheEcho(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(1))
	echoing(t, l.Host("R1"), "192.168.1.11:7000")
	for _, message := range [][]byte{[]byte("HELLO!!"), {}, bytes.Repeat([]byte("long"), 65507/4)} {
		sent := 0
		x, err := once(t, t.Context(), l.Host("P"), OnceConfig{Target: to("192.168.1.11:7000"), Message: message, Sent: func() { sent++ }})
		if err != nil {
			t.Fatal(err)
		}
		if x.Written != len(message) || x.Read != len(message) || !bytes.Equal(x.Answer, message) || x.Answer == nil || x.From != to("192.168.1.11:7000") || x.RTT <= 0 || sent != 1 {
			t.Errorf("%d bytes: wrote %d, read %d from %s in %v; want the same back", len(message), x.Written, x.Read, x.From, x.RTT)
		}
	}
}

func TestOnceSaysWhyThereIsNoAnswer(t *testing.T) {
	l := labtest.Build(t, labtest.PingLAN(2))
	if err := l.Host("R2").Firewall(true, false); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	for _, test := range []struct {
		name, target string
		ctx          context.Context
		timeout      time.Duration
		want         error
		text         string
	}{
		{"a closed port", "192.168.1.11:9", t.Context(), time.Minute, syscall.ECONNREFUSED,
			"ping: 192.168.1.11:9 refused it: ICMP port unreachable (3, 3) from 192.168.1.11"},
		{"a firewall", "192.168.1.12:9", t.Context(), 50 * time.Millisecond, os.ErrDeadlineExceeded,
			"ping: 192.168.1.12:9: no answer within 50ms: i/o timeout"},
		{"nobody", "192.168.1.99:9", t.Context(), time.Minute, syscall.EHOSTUNREACH, ""},
		{"no way", "10.9.9.9:9", t.Context(), time.Minute, syscall.ENETUNREACH, ""},
		{"an interrupt", "192.168.1.12:9", cancelled, time.Minute, context.Canceled, "ping: 192.168.1.12:9: context canceled"},
		{"a group", "224.0.0.114:1234", t.Context(), time.Minute, nil, "ping: 224.0.0.114:1234: a group has many hosts: want one host"},
	} {
		began := time.Now()
		x, err := once(t, test.ctx, l.Host("P"), OnceConfig{Target: to(test.target), Message: []byte("HELLO!!"), Timeout: test.timeout, Sent: func() {
			if test.ctx == cancelled {
				cancel()
			}
		}})
		if err == nil || test.want != nil && !errors.Is(err, test.want) || test.text != "" && err.Error() != test.text {
			t.Errorf("%s: error %v, want %v %q", test.name, err, test.want, test.text)
		}
		if took := time.Since(began); took > 30*time.Second || x.Read != 0 {
			t.Errorf("%s: took %v, want that it does not wait for the minute of its timeout; read %d bytes", test.name, took, x.Read)
		}
	}
	cancel()
}
