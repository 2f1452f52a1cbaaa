package class

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/time/rate"
)

// report is what a program in a seat last told of what it hears.
type report struct {
	at       time.Time // when; zero: it has told nothing
	heard    []heard
	findings []string
}

// heard is one whom a program hears.
type heard struct {
	from      netip.Addr
	datagrams int
	last      time.Time
}

// Bounds of what a program tells. Others cost as much, and are not taken in.
const (
	maxReport      = 64 << 10 // bytes of a line
	maxHeard       = 1024
	maxFindings    = 64
	maxFinding     = 48 // columns
	maxAgo         = 24 * 60 * 60
	reportsASecond = 5
)

var errNoReport = errors.New("no report")

// readReport reads a line of a program that tells what it hears.
func readReport(line []byte, now time.Time) (report, error) {
	var told struct {
		Type  string `json:"type"`
		Heard []struct {
			From      string `json:"from"`
			Datagrams int    `json:"datagrams"`
			Ago       int    `json:"ago"`
		} `json:"heard"`
		Findings []string `json:"findings"`
	}
	if len(line) > maxReport || len(line) == 0 || line[0] != '{' || json.Unmarshal(line, &told) != nil || told.Type != "report" {
		return report{}, errNoReport
	}
	r := report{at: now}
	for _, h := range told.Heard[:min(len(told.Heard), maxHeard)] {
		if from, err := netip.ParseAddr(h.From); err == nil && h.Datagrams > 0 && h.Ago >= 0 && h.Ago <= maxAgo {
			r.heard = append(r.heard, heard{from.Unmap().WithZone(""), h.Datagrams, now.Add(-time.Duration(h.Ago) * time.Second)})
		}
	}
	for _, f := range told.Findings[:min(len(told.Findings), maxFindings)] {
		if f = ansi.Truncate(harmlessAll(f[:min(len(f), 4*maxFinding)]), maxFinding, "…"); f != "" {
			r.findings = append(r.findings, f)
		}
	}
	return r, nil
}

// tell takes a report of the program.
func (t *Tab) tell(r report) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report = r
	t.seat.class.changes.wake()
}

// maxWords is how much is kept of what a program wrote to its standard error, in bytes.
const maxWords = 4 << 10

// errorOutput reads what a program writes to its standard error: reports, and else what
// may tell why it ends.
type errorOutput struct {
	tells func(report)

	mu    sync.Mutex
	words []byte // the last of the other lines
}

// errorRate is how fast it is read, in bytes a second: a program that writes more waits.
const errorRate, errorBurst = 128 << 10, 256 << 10

// read reads until an error. rest waits.
func (e *errorOutput) read(from io.Reader, rest func(time.Duration)) {
	bytes := rate.NewLimiter(errorRate, errorBurst)
	reports := rate.NewLimiter(reportsASecond, reportsASecond)
	in := bufio.NewReaderSize(from, maxReport)
	long := false // the line goes on that was too long
	for {
		line, err := in.ReadSlice('\n')
		rest(bytes.ReserveN(time.Now(), len(line)).Delay())
		switch was := long; {
		case err == bufio.ErrBufferFull:
			long = true
			fallthrough
		case was:
			e.other(line)
			long = err == bufio.ErrBufferFull
		default:
			if r, no := readReport(trimLine(line), time.Now()); no != nil {
				e.other(line)
			} else if reports.Allow() {
				e.tells(r)
			}
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

func trimLine(line []byte) []byte {
	n := len(line)
	for n > 0 && (line[n-1] == '\n' || line[n-1] == '\r') {
		n--
	}
	return line[:n]
}

// other takes what is no report.
func (e *errorOutput) other(line []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.words = append(e.words, line...)
	if more := len(e.words) - maxWords; more > 0 {
		e.words = append(e.words[:0], e.words[more:]...)
	}
}

// last is the end of what is no report, as lines that are safe to show.
func (e *errorOutput) last() (lines []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for line := range strings.SplitSeq(strings.TrimRight(strings.ToValidUTF8(string(e.words), ""), "\r\n"), "\n") {
		if line = harmlessAll(strings.ReplaceAll(ansi.Strip(strings.TrimRight(line, "\r")), "\t", "    ")); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
