package kernel_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/kernel"
)

const (
	eventLine = "         python3-13293   [001] b.... 53426.683276: net_dev_queue: dev=eth0 skbaddr=00000000a9fad4fb len=59\n"
	stackLine = "         python3-13293   [001] b.... 53426.683277: <stack trace>\n"
	frames    = " => trace_event_raw_event_net_dev_template\n => __dev_queue_xmit\n => ip_finish_output2\n => do_softirq.part.0\n"
)

func parse(t *testing.T, text string) kernel.Trace {
	t.Helper()
	trace, err := kernel.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

func TestParse(t *testing.T) {
	t.Parallel()
	trace := parse(t, "# tracer: nop\n#\n"+eventLine+stackLine+frames+"\n")
	if len(trace.Events) != 1 || trace.Skipped != 0 || trace.Lost != 0 {
		t.Fatalf("%+v", trace)
	}
	e := trace.Events[0]
	if want := 53426*time.Second + 683276*time.Microsecond; e.At != want || e.PID != 13293 || e.CPU != 1 || e.Name != "net_dev_queue" {
		t.Errorf("%+v", e)
	}
	if e.Field("dev") != "eth0" || e.Field("len") != "59" || e.Field("addr") != "" || e.Field("none") != "" {
		t.Errorf("fields of %q", e.Fields)
	}
	if want := []string{"__dev_queue_xmit", "ip_finish_output2", "do_softirq"}; !slices.Equal(e.Stack, want) {
		t.Errorf("stack %q, want %q", e.Stack, want)
	}
}

// A process may have any name: it is skipped by its width. A name with a line feed
// costs the event, and makes no other.
func TestHostileText(t *testing.T) {
	t.Parallel()
	line := func(comm string) string {
		return strings.Repeat(" ", max(0, 16-len(comm))) + comm + "-7   [000] ..... 1.000000: netif_rx: dev=eth0 skbaddr=1 len=45\n"
	}
	for name, c := range map[string]struct {
		text                  string
		events, skipped, lost int
	}{
		"nothing":                     {"", 0, 0, 0},
		"a name like an event":        {line("a-1 [0] . 1.0: "), 1, 0, 0},
		"a name with a hyphen":        {line("-9 [000] ..... "), 1, 0, 0},
		"a name with a line feed":     {line("x\n => evil"), 0, 2, 0},
		"a frame after such":          {eventLine + stackLine + line("\n => evil"), 1, 2, 0},
		"a frame without an event":    {frames, 0, 4, 0},
		"a stack without an event":    {stackLine + frames, 0, 5, 0},
		"a stack of another thread":   {eventLine + strings.ReplaceAll(stackLine, "13293", "13294") + frames, 1, 5, 0},
		"a frame with escapes":        {eventLine + stackLine + " => a\x1b[2J\n", 1, 1, 0},
		"a frame with spaces":         {eventLine + stackLine + " => a b\n", 1, 1, 0},
		"an interface with escapes":   {strings.ReplaceAll(eventLine, "eth0", "e\x1b[0"), 1, 0, 0},
		"no time":                     {strings.ReplaceAll(eventLine, "53426.683276", "yesterday"), 0, 1, 0},
		"a time before 0":             {strings.ReplaceAll(eventLine, "53426.683276", "-1.000000"), 0, 1, 0},
		"a huge time":                 {strings.ReplaceAll(eventLine, "53426", "99999999999"), 0, 1, 0},
		"no CPU":                      {strings.ReplaceAll(eventLine, "[001]", "001"), 0, 1, 0},
		"a long line":                 {eventLine + strings.Repeat("x", 5000) + "\n" + frames, 1, 5, 0},
		"no line feed at the end":     {strings.TrimSuffix(eventLine, "\n"), 1, 0, 0},
		"lost events":                 {"CPU:1 [LOST 33 EVENTS]\n" + eventLine + "CPU:0 [LOST 2 EVENTS]\n", 1, 0, 35},
		"lost events of no number":    {"CPU:1 [LOST -33 EVENTS]\nCPU:1 [LOST 99999999999999 EVENTS]\nCPU:\n", 0, 3, 0},
		"a deep stack":                {eventLine + stackLine + strings.Repeat(" => f\n", 100), 1, 100 - 64, 0},
		"more events than are kept":   {strings.Repeat(eventLine, 5000), 4096, 5000 - 4096, 0},
		"a stack of one that is not":  {strings.Repeat(eventLine, 4097) + "x\n" + stackLine + frames, 4096, 2, 0},
		"bytes that are not a letter": {"\x00\x01\xff\n", 0, 1, 0},
	} {
		trace := parse(t, c.text)
		if len(trace.Events) != c.events || trace.Skipped != c.skipped || trace.Lost != c.lost {
			t.Errorf("%s: %d events, %d skipped, %d lost: want %d, %d, %d", name, len(trace.Events), trace.Skipped, trace.Lost, c.events, c.skipped, c.lost)
		}
	}
}

// endless is a trace without end.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = eventLine[(e.read+i)%len(eventLine)]
	}
	e.read += len(b)
	return len(b), nil
}

func TestParseReadsNoMoreThanItsBound(t *testing.T) {
	t.Parallel()
	e := &endless{}
	if _, err := kernel.Parse(e); err != nil || e.read > 5<<20 {
		t.Errorf("%d bytes were read, %v", e.read, err)
	}
	if _, err := kernel.Parse(io.MultiReader(strings.NewReader(eventLine), broken{})); err == nil {
		t.Error("the error of the reader is not returned")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// FuzzParse reads anything, and what it keeps is bounded and printable.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"recorded/*.txt", "testdata/*.txt"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text[:min(len(text), 4096)])
		}
	}
	f.Add([]byte(eventLine + stackLine + frames))
	f.Fuzz(func(t *testing.T, text []byte) {
		trace, err := kernel.Parse(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if len(trace.Events) > 4096 || trace.Lost < 0 || trace.Skipped > strings.Count(string(text), "\n")+1 {
			t.Fatalf("%d events, %d lost, %d skipped", len(trace.Events), trace.Lost, trace.Skipped)
		}
		for _, e := range trace.Events {
			if len(e.Stack) > 64 || e.PID < 0 || e.CPU < 0 || e.At < 0 {
				t.Fatalf("%+v", e)
			}
			for _, s := range append(e.Stack, e.Name, e.Fields) {
				if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Fatalf("%q", s)
				}
			}
		}
		for _, op := range []kernel.Op{kernel.Send, kernel.Connect} {
			p := kernel.Follow(op, group4, 17, trace.Events)
			if len(p.Steps) > len(trace.Events) || p.Foreign > len(trace.Events) {
				t.Fatalf("%d steps and %d foreign of %d events", len(p.Steps), p.Foreign, len(trace.Events))
			}
			for _, d := range p.Drops() {
				_ = d.Sentence()
			}
		}
		_, _ = kernel.ParseRecording(string(text))
		kernel.ParseReasons(string(text))
	})
}

func TestReasons(t *testing.T) {
	t.Parallel()
	format := `print fmt: "skbaddr=%p reason: %s", REC->skbaddr, __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, { 16, "IP_RPFILTER" }, { 0x11, "XDP" }, { 3, "<script>" })`
	got := kernel.ParseReasons(format)
	if len(got) != 3 || got[2] != "NOT_SPECIFIED" || got[16] != "IP_RPFILTER" || got[17] != "XDP" {
		t.Errorf("%v", got)
	}
	for _, text := range []string{"", `__print_symbolic(REC->protocol, { 2, "NOT_SPECIFIED" })`, "__print_symbolic(REC->reason, { 99999999999, \"X\" })"} {
		if got := kernel.ParseReasons(text); len(got) != 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
}
