package main

import (
	"bytes"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshreport"
)

var errReportExists = errors.New("the file exists, and is not overwritten")

// checkReport names the files of the report, and sees that they can be made.
func (c *meshCommand) checkReport() error {
	if c.report == "" {
		return nil
	}
	lower := strings.ToLower(c.report)
	if !strings.HasSuffix(lower, ".html") && !strings.HasSuffix(lower, ".txt") {
		return &mcast.Advised{
			Err:    fmt.Errorf("--report %s: its name says what is written: .html or .txt", chat.CleanRow(c.report)),
			Advice: "--report " + shellWord(chat.CleanRow(c.report)+".html"),
		}
	}
	for _, g := range c.groups {
		c.files = append(c.files, reportFile(c.report, g.joins[0], c.several))
	}
	for _, file := range c.files {
		if _, err := os.Lstat(file); err == nil {
			return c.unreported(file, errReportExists)
		}
		name, err := reportBeside(file, nil)
		if err != nil {
			return c.unreported(file, err)
		}
		os.Remove(name)
	}
	return nil
}

// reportFile is the name of a group's report: of several "night-239.1.2.3_5000.html".
func reportFile(file string, g mcast.Group, several bool) string {
	if !several {
		return file
	}
	ext := filepath.Ext(file)
	group := strings.NewReplacer(":", "-", "%", "-").Replace(g.Addr.String())
	return fmt.Sprintf("%s-%s_%d%s", strings.TrimSuffix(file, ext), group, g.Port, ext)
}

// unreported is the error of a file that cannot be made, with what to do.
func (c *meshCommand) unreported(file string, err error) error {
	advice := "name a file that can be made, such as --report /tmp/mesh.html"
	if errors.Is(err, errReportExists) || errors.Is(err, fs.ErrExist) {
		err, advice = errReportExists, "name another, or remove it first"
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return &mcast.Advised{Err: fmt.Errorf("--report %s: %w", chat.CleanRow(file), err), Advice: advice}
}

// reportBeside makes a file of another name in the same directory.
func reportBeside(file string, text []byte) (string, error) {
	name := filepath.Join(filepath.Dir(file), ".groupcast-"+crand.Text()[:12])
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", err
	}
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(name)
		return "", err
	}
	return name, nil
}

// writeReport makes the file of a report, whole or not at all. What was made there
// meanwhile is not overwritten.
func writeReport(file string, r mesh.Report) error {
	var b bytes.Buffer
	write := func() error { return meshreport.Text(&b, r, meshreport.Options{Width: 100}) }
	if hasHTML(file) {
		write = func() error { return meshreport.HTML(&b, r) }
	}
	if err := write(); err != nil {
		return err
	}
	name, err := reportBeside(file, b.Bytes())
	if err != nil {
		return err
	}
	defer os.Remove(name)
	if err = os.Link(name, file); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// A file system without hard links: what is there is looked at first.
	if _, err := os.Lstat(file); err == nil {
		return errReportExists
	}
	return os.Rename(name, file)
}
