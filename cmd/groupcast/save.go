package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/tui"
)

// saveError is why the talk could not be saved.
type saveError struct{ error }

func (e saveError) Unwrap() error { return e.error }

// save writes lines of the talk to a new file, as plain text.
func (s *session) save(a tui.Save) error {
	file, err := writeTalk(a)
	if err != nil {
		return saveError{fmt.Errorf("save the talk: %w", err)}
	}
	s.notice(fmt.Sprintf("saved %s to %s", chat.Count(len(a.Lines), "line"), file), "")
	return nil
}

func writeTalk(a tui.Save) (file string, err error) {
	if file, err = expandHome(a.File); err != nil {
		return "", err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	if err = errors.Join(writeLines(f, a.Lines), f.Close()); err != nil {
		os.Remove(file) // half a talk is none
		return "", err
	}
	return file, nil
}

// expandHome does for a file's name what a shell does with "~/".
func expandHome(file string) (string, error) {
	if file == "" {
		return "", errors.New("no file is named")
	}
	rest, ok := strings.CutPrefix(file, "~/")
	if !ok {
		return file, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, rest), err
}

// writeLines writes a row for each line, and what else there is to it behind a
// gutter below.
func writeLines(w io.Writer, lines []chat.Line) error {
	buffered := bufio.NewWriter(w)
	for _, l := range lines {
		who, row := "groupcast", l.Text.Row()
		switch l.Kind {
		case chat.Heard:
			who, row = l.Speaker(l.From.String()), l.Text.String()
		case chat.Own:
			who, row = "you", l.Text.String()
		}
		if more := afterthought(l); more != "" {
			row += "\n" + more
		}
		at := l.At.Format(time.DateTime)
		fmt.Fprintf(buffered, "%s  %-22s  %-5s  %s\n", at, who, l.Interface, chat.Gutter(row, len(at)+2))
	}
	return buffered.Flush()
}

// afterthought is what a line has beside its text.
func afterthought(l chat.Line) string {
	switch h := l.Hint.Row(); {
	case l.Kind == chat.Own && l.Copy == chat.CopyNone:
		return "not sent: " + h
	case l.Kind == chat.Own && l.Copy == chat.CopyMissing:
		return fmt.Sprintf("no own copy within %s", chat.CopyTimeout)
	case h != "":
		return "hint: " + h
	}
	return ""
}
