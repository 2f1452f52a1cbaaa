package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/kernel"
)

func TestKernelCommandLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"kernel":                        exitUsage,
		"kernel receive 224.0.0.114":    exitUsage,
		"kernel send":                   exitUsage,
		"kernel send 1.2.3.4 5.6.7.8":   exitUsage,
		"kernel send 1.2.3.4:0":         exitUsage,
		"kernel send 0.0.0.0":           exitUsage,
		"kernel send 1.2.3.4@232.1.1.1": exitUsage,
		"kernel send -i a -i b 1.2.3.4": exitUsage,
		"kernel send --recorded":        exitOK,
		"kernel connect --recorded":     exitOK,
		"kernel connect --recorded ::1": exitOK,
		"kernel send --recorded --json": exitOK,
		"kernel send -i eth9 1.2.3.4:5": exitNot,
	} {
		var out, errs bytes.Buffer
		if got := run(t.Context(), strings.Fields(line), strings.NewReader(""), &out, &errs); got != want {
			t.Errorf("%s: exit status %d, want %d\n%s%s", line, got, want, out.String(), errs.String())
		}
		if want == exitUsage && !strings.Contains(errs.String(), "usage") && errs.Len() == 0 {
			t.Errorf("%s: it says nothing", line)
		}
	}
}

// Rows are no wider than the terminal, and name the function at every width.
func TestKernelRowsFit(t *testing.T) {
	t.Parallel()
	for _, op := range []kernel.Op{kernel.Send, kernel.Connect} {
		for _, ipv6 := range []bool{false, true} {
			p := kernel.Recorded(op, ipv6)
			for width, rows := range map[int]int{80: 2 * len(p.Steps), 160: len(p.Steps)} {
				var out bytes.Buffer
				writeSteps(&out, p, width)
				rest := out.String()
				if n := strings.Count(rest, "\n"); n != rows {
					t.Errorf("%s at %d columns: %d rows, want %d:\n%s", op, width, n, rows, rest)
				}
				for line := range strings.Lines(rest) {
					if utf8.RuneCountInString(line) > width+1 {
						t.Errorf("%d columns: %q", width, line)
					}
				}
				for _, s := range p.Steps {
					_, after, ok := strings.Cut(rest, s.Callers(1)[0]+"\n")
					if !ok {
						t.Fatalf("at %d columns no row ends in %s:\n%s", width, s.Callers(1)[0], out.String())
					}
					rest = after
				}
			}
		}
	}
}

// The functions of the pages' tables are those of the recorded run, in its order, and
// the pitfalls are pages.
func TestPathPagesNameFunctionsThatWereSeen(t *testing.T) {
	t.Parallel()
	var seen []string
	for _, s := range kernel.Recorded(kernel.Send, false).Steps {
		seen = append(seen, s.Stack...)
	}
	for _, name := range []string{"send-path", "receive-path"} {
		page, err := doctor.FindPage(name)
		if err != nil {
			t.Fatal(err)
		}
		rows := strings.Split(strings.TrimSpace(page.Sections[0].Paragraphs[1].Text), "\n")
		if !strings.HasPrefix(rows[0], "function ") || len(rows) < 8 {
			t.Fatalf("%s: the table is %q", name, rows)
		}
		for _, row := range rows[1:] {
			words := strings.Fields(row)
			if !slices.Contains(seen, words[0]) {
				t.Errorf("%s: %s was not seen", name, words[0])
			}
			if pitfall := words[len(words)-1]; pitfall != "-" && !slices.Contains(doctor.Names(), pitfall) {
				t.Errorf("%s: %q is no pitfall", name, pitfall)
			}
		}
	}
}
