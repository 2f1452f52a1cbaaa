package session

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/frame"
)

// save writes lines of the talk to a new file, as plain text.
func (s *Session) save(a Save) error {
	file, err := writeTalk(a)
	if err != nil {
		return &mcast.Advised{Err: fmt.Errorf("save the talk: %w", err), Advice: saveHint(err)}
	}
	s.notice(fmt.Sprintf("saved %s to %s", chat.Count(len(a.Lines), "line"), file), "")
	return nil
}

func writeTalk(a Save) (file string, err error) {
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

// speaker is who said a line: its address, or beyond a bridge, where that says nothing, its
// name or that of its program.
func speaker(l chat.Line) string {
	switch {
	case l.Origin.By != "":
		return l.Origin.Text()
	case l.Member.Site != "":
		return l.Member.Name + " at " + l.Member.Site
	case l.Member.Name != "" && frame.Marked(l.From):
		return l.Member.Name
	}
	return l.Speaker(l.From.String())
}

// writeLines writes a row for each line, and what else there is to it behind a
// gutter below.
func writeLines(w io.Writer, lines []chat.Line) error {
	buffered := bufio.NewWriter(w)
	for _, l := range lines {
		who, row := "groupcast", l.Text.Row()
		switch l.Kind {
		case chat.Heard:
			who, row = speaker(l), l.Text.String()
		case chat.Own:
			who, row = "you", l.Text.String()
		}
		if more := afterthought(l); more != "" {
			row += "\n" + more
		}
		at := l.At.Format(time.DateTime)
		fmt.Fprintf(buffered, "%s  %-22s  %-5s  %s\n", at, who, l.Interface, chat.Gutter(row, len(at)+2, 0))
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

// saveHint says what to do about a talk that could not be saved.
func saveHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrExist):
		return "name another file: none is overwritten"
	case errors.Is(err, fs.ErrNotExist):
		return "make its directory first, or name another file"
	}
	return "name another file"
}
