package class

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestLines(t *testing.T) {
	tests := []struct {
		writes []string
		want   []string
	}{
		{[]string{"one\ntwo\n"}, []string{"one", "two"}},
		{[]string{"o", "ne", "\n\ntwo"}, []string{"one", ""}},
		{[]string{"one\r\n10%\r20%\r\n"}, []string{"one", "20%"}},
		{[]string{"a\tb\x00\x1b[31mred\x1b[m\x1b]0;title\a\u202e\n"}, []string{"a    b\ufffdred\ufffd"}},
		{[]string{"a\xff\xc3\n"}, []string{"a\ufffd"}},
		{[]string{"e", "\u0301\n"}, []string{"e\u0301"}},
		{[]string{strings.Repeat("a", 1e6) + "\nb\n"}, []string{strings.Repeat("a", maxLine), "b"}},
		{[]string{strings.Repeat("\x80", 1e4) + "\n"}, []string{strings.Repeat("\ufffd", maxLine/3)}},
	}
	for _, test := range tests {
		l := newLines()
		for _, w := range test.writes {
			if n, err := io.WriteString(l, w); n != len(w) || err != nil {
				t.Errorf("%d of %d bytes, %v", n, len(w), err)
			}
		}
		got, last, lost, err := l.next(t.Context(), 0)
		if !slices.Equal(got, test.want) || int(last) != len(test.want) || lost != 0 || err != nil {
			t.Errorf("%.60q: %.60q, the last %d, %d lost, %v", test.writes, got, last, lost, err)
		}
	}
}

// What ends without the end of a line is shown, and before the reason.
func TestLastLine(t *testing.T) {
	l := newLines()
	_, _ = io.WriteString(l, "bye")
	l.end("it has ended")
	l.close("the class is over")
	got, last, _, err := l.next(t.Context(), 0)
	if want := []string{"bye", "it has ended", "the class is over"}; !slices.Equal(got, want) || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, _, _, err = l.next(t.Context(), last); got != nil || err != io.EOF {
		t.Errorf("then %q, %v", got, err)
	}
}

// A program that writes all the time is read ten times a second; the lines that are no
// longer kept are counted; a page that asks for what is to come gets all there is.
func TestLinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		const every = 100 * time.Microsecond // 1000 lines in a pause, of which 500 are kept
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for n := 1; ctx.Err() == nil; n++ {
				fmt.Fprintln(l, n)
				time.Sleep(every)
			}
		}()
		begin := time.Now()
		answers, seen, sum := 0, int64(0), 0
		for time.Since(begin) < 2*time.Second {
			list, last, lost, err := l.next(t.Context(), seen)
			if err != nil || len(list) == 0 || len(list) > maxLines || list[len(list)-1] != fmt.Sprint(last) || int64(lost+len(list)) != last-seen {
				t.Fatalf("%d lines after %d, the last %d, %d lost, %v", len(list), seen, last, lost, err)
			}
			seen = last
			sum += lost
			answers++
		}
		stop()
		<-ended
		if answers < 19 || answers > 22 || sum < 8000 {
			t.Errorf("%d answers in 2 s, %d lines lost", answers, sum)
		}
		time.Sleep(linesPause)
		for _, foreign := range []int64{-1 << 62, -1, 1 << 62} {
			if list, last, _, err := l.next(t.Context(), foreign); len(list) != maxLines || last < seen || err != nil {
				t.Errorf("after %d: %d lines, the last %d, %v", foreign, len(list), last, err)
			}
		}
		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, _, err := l.next(stopped, l.last); err != context.Canceled {
			t.Error(err)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("one\ntwo\r\n\x1b[31mred\x1b]0;\xff\n"), uint8(3))
	f.Add([]byte("\u202e\x9b31m\n\x1bP\n\x1b\\"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		whole, parts := newLines(), newLines()
		_, _ = whole.Write(b)
		for piece := range slices.Chunk(b, int(cut)+1) {
			_, _ = parts.Write(piece)
		}
		for _, l := range []*lines{whole, parts} {
			l.end("")
		}
		if !slices.Equal(whole.list, parts.list) {
			t.Errorf("%q, and in parts %q", whole.list, parts.list)
		}
		for _, line := range whole.list {
			if len(line) > maxLine || !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("%.200q", line)
			}
		}
	})
}
