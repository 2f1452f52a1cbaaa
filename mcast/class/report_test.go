package class

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Who hears whom is what programs tell, for ten seconds, without a host's own copies.
func TestHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := openLAN(t)
		addr := c.cfg.Topology.Hosts[1].Interfaces[0].Addrs[0].Addr()
		own := c.cfg.Topology.Hosts[0].Interfaces[0].Addrs[0].Addr()
		_, s := mustJoin(t, c, Applicant{Name: "Ada"})
		s.Input(Input{Size: Size{80, 24}})
		run := l.last()
		tell := func(text string) {
			t.Helper()
			r, err := readReport([]byte(text), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			run.tells(r)
		}
		show := func() Net {
			t.Helper()
			n, err := c.Net("")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		tell(fmt.Sprintf(`{"type":"report","groups":["224.0.0.114:1234"],"heard":[{"from":"%s","datagrams":3,"ago":2},{"from":"%s","datagrams":9},
			{"from":"203.0.113.1","datagrams":1},{"from":"::ffff:%s","datagrams":4,"ago":1},{"from":"x"}],"findings":["wrong-egress"],"more":{}}`, addr, own, addr))
		if n := show(); !slices.Equal(n.Heard, []NetHeard{{By: "H1", From: "H2", Datagrams: 7, Ago: 1}}) || !n.Hosts[0].Tells || n.Hosts[1].Tells || n.Hosts[0].Findings[0] != "wrong-egress" {
			t.Errorf("%+v", n)
		}
		time.Sleep(3 * time.Second)
		if n := show(); n.Heard[0].Ago != 4 {
			t.Errorf("three seconds later: %+v", n.Heard)
		}
		time.Sleep(5500 * time.Millisecond)
		if n := show(); len(n.Heard) != 1 {
			t.Errorf("then: %+v", n.Heard)
		}
		changed := c.Changed()
		time.Sleep(2 * time.Second)
		if !woken(changed) || len(show().Heard) != 0 {
			t.Errorf("what was heard long ago is still shown: %+v", show().Heard)
		}
		tell(fmt.Sprintf(`{"type":"report","heard":[{"from":"%s","datagrams":8}]}`, addr))
		if n := show(); len(n.Heard) != 1 || n.Hosts[0].Findings != nil {
			t.Errorf("%+v", n)
		}
		run.exit("it has ended")
		synctest.Wait()
		if n := show(); len(n.Heard) != 0 || n.Hosts[0].Tells {
			t.Errorf("its program has ended: %+v", n)
		}
		s.Input(Input{Key: Key{Name: "Enter"}})
		l.last()
		if n := show(); n.Hosts[0].Tells {
			t.Error("a new program tells what the one before did")
		}
	})
}

func TestReadReport(t *testing.T) {
	for _, line := range []string{
		"", "x", "{", "[]", "null", `"report"`, "{}", `{"type":"other"}`, `{"type":7}`, `{"type":"report","heard":{}}`, `{"type":"report","heard":[{"datagrams":1e99}]}`,
		`{"type":"report","findings":["` + strings.Repeat("x", maxReport) + `"]}`, strings.Repeat("[", 1000), strings.Repeat(`{"a":`, 1000),
	} {
		if r, err := readReport([]byte(line), time.Unix(0, 0)); err == nil {
			t.Errorf("%.50q is a report: %+v", line, r)
		}
	}
	var many strings.Builder
	for range maxHeard + 10 {
		many.WriteString(`{"from":"10.0.0.1","datagrams":1},`)
	}
	r, err := readReport([]byte(`{"type":"report","heard":[`+many.String()+`{"from":"10.0.0.1","datagrams":-1}],"findings":["\u001b[2J","`+strings.Repeat("字", 200)+`"]}`), time.Unix(9, 0))
	if err != nil || len(r.heard) != maxHeard || strings.Contains(r.findings[0], "\x1b") || len(r.findings[1]) > 4*maxFinding || r.at != time.Unix(9, 0) {
		t.Errorf("%d heard, %q, %v", len(r.heard), r.findings, err)
	}
	for _, bad := range []string{`"ago":-1`, `"ago":86401`, `"datagrams":-1`, `"from":"x"`} {
		r, err := readReport([]byte(`{"type":"report","heard":[{"from":"10.0.0.1","datagrams":1,`+bad+`}]}`), time.Unix(0, 0))
		if err != nil || len(r.heard) != 0 {
			t.Errorf("%s: %+v, %v", bad, r, err)
		}
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"type":"report","groups":["224.0.0.114:1234"],"heard":[{"from":"192.168.1.7","datagrams":3,"ago":2}],"findings":["wrong-egress"]}`))
	f.Add([]byte("panic: x\n\ngoroutine 1 [running]:\n\x1b[2J\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out := errorOutput{tells: func(r report) {
			for _, f := range r.findings {
				if f != harmlessAll(f) {
					t.Errorf("a finding %q", f)
				}
			}
		}}
		out.read(strings.NewReader(string(b)), func(time.Duration) {})
		for _, line := range out.last() {
			if line != harmlessAll(line) || len(line) > 4*maxWords {
				t.Errorf("last words %q", line)
			}
		}
	})
}

// A program that writes to its standard error without end is read slowly, and what is kept
// of it is bounded.
func TestErrorOutputFloods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, flood := range map[string]string{
			"reports": `{"type":"report","heard":[{"from":"10.0.0.1","datagrams":1}]}` + "\n", "lines": "no\n", "one line": "x", "zeros": "\x00",
		} {
			from, to := io.Pipe()
			told := 0
			out := errorOutput{tells: func(report) { told++ }}
			done := make(chan struct{})
			go func() { defer close(done); out.read(from, time.Sleep) }()
			begin, wrote := time.Now(), 0
			for block := []byte(strings.Repeat(flood, 1000)); time.Since(begin) < 10*time.Second; wrote += len(block) {
				_, _ = to.Write(block)
			}
			_, _ = io.WriteString(to, "\nlast words\n\n")
			to.Close()
			<-done
			if wrote > 11*errorRate+errorBurst+len(flood)*1000 || told > 60 {
				t.Errorf("%s: %d bytes and %d reports in 10 s", name, wrote, told)
			}
			last := out.last()
			if len(out.words) > maxWords || cap(out.words) > 4*maxReport || last[len(last)-1] != "last words" {
				t.Errorf("%s: %d bytes are kept, %q", name, len(out.words), last)
			}
		}
	})
}
