package class

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// A screen that scrolls by a line and a page that is shown it: what the server does for
// a seat when somebody says something.
func BenchmarkScrolledLine(b *testing.B) {
	for _, size := range []Size{{44, 12}, {100, 30}, {MaxWidth, MaxHeight}} {
		b.Run(fmt.Sprintf("%dx%d", size.Width, size.Height), func(b *testing.B) {
			term := NewTerminal(size, func([]byte) {})
			defer term.Close()
			term.SetPause(0)
			text := strings.Repeat("─multicast ", size.Width/12)
			seen, bytes := int64(0), 0
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				fmt.Fprintf(term, "\x1b[38;2;200;20;%dm%s\x1b[m│%d\r\n", n%256, text, n)
				s, err := term.Next(b.Context(), seen)
				if err != nil {
					b.Fatal(err)
				}
				seen = s.Version
				message, err := json.Marshal(s)
				if err != nil {
					b.Fatal(err)
				}
				bytes += len(message)
			}
			b.ReportMetric(float64(bytes)/float64(b.N), "message-B/op")
		})
	}
}

// Groupcast itself, which was recorded while 150 lines were said: a seat's cost of a line.
func BenchmarkLineOfGroupcast(b *testing.B) {
	const lines = 150
	for _, size := range drawnSizes {
		b.Run(fmt.Sprintf("%dx%d", size.Width, size.Height), func(b *testing.B) {
			var recorded []byte
			for _, s := range readDrawn(b, size) {
				if strings.HasSuffix(s.session, "-scroll/") && s.name <= "04" {
					recorded = append(recorded, s.bytes...)
				}
			}
			term := NewTerminal(size, func([]byte) {})
			defer term.Close()
			term.SetPause(0)
			seen, bytes, rest := int64(0), 0, recorded
			for b.Loop() {
				if len(rest) == 0 {
					rest = recorded
				}
				n := min(len(rest), len(recorded)/lines)
				term.Write(rest[:n])
				rest = rest[n:]
				term.Write([]byte("\x1b]0;" + fmt.Sprint(len(rest)) + "\a")) // there is always something to show
				s, err := term.Next(b.Context(), seen)
				if err != nil {
					b.Fatal(err)
				}
				message, err := s.MarshalJSON()
				if err != nil {
					b.Fatal(err)
				}
				seen, bytes = s.Version, bytes+len(message)
			}
			b.ReportMetric(float64(bytes)/float64(b.N), "message-B/op")
		})
	}
}

// What hostile sequences take of a processor, for each byte.
func BenchmarkHostile(b *testing.B) {
	for name, sequence := range map[string]string{
		"clear": "x\x1b[2J", "below": "\x1b[H\x1b[J", "scroll": "\x1b[99S", "reset": "\x1bc", "repeat": "x\x1b[1000b", "tabs": "\x1b[1000Z",
	} {
		b.Run(name, func(b *testing.B) {
			term := NewTerminal(Size{MaxWidth, MaxHeight}, func([]byte) {})
			defer term.Close()
			part := []byte(strings.Repeat(sequence, drawnAtOnce/len(sequence)))
			begin := time.Now()
			for b.Loop() {
				term.Write(part)
			}
			b.ReportMetric(float64(time.Since(begin).Microseconds())/float64(b.N*len(part)), "µs/B")
		})
	}
}

// What a hundred thousand lines leave behind.
func BenchmarkHeapOfLines(b *testing.B) {
	line := []byte("\x1b[31mmulticast\x1b[m arrives\r\n")
	for b.Loop() {
		before := heap()
		term := NewTerminal(Size{100, 30}, func([]byte) {})
		io.WriteString(term, "\x1b[?1049h")
		for range 100_000 {
			term.Write(line)
		}
		b.ReportMetric(float64(heap()-before), "heap-B")
		term.Close()
	}
}
