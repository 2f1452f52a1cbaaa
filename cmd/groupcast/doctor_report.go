package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
)

// issueFile is the report of doctor --report.
type issueFile struct {
	name   string // "-": standard output; "": there is none
	mask   bool
	groups bool // masked, too
	yes    bool
	in     io.Reader
	asks   bool // a person can answer
}

const toStdout = "-"

func (e *examiner) reportFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&e.file.name, "report", "", "write a report for an issue to this new `FILE`, which only you can read: facts, findings and versions; \"-\": print it")
	flags.BoolVar(&e.file.mask, "mask", false, "with --report: replace addresses and the names of interfaces, hosts and users by others, each always by the same")
	flags.BoolVar(&e.file.groups, "mask-groups", false, "with --report: as --mask, and replace the groups, too")
	flags.BoolVar(&e.file.yes, "yes", false, "with --report: write the file, and do not ask")
}

// check looks at the flags of the report, before anything is looked at.
func (f *issueFile) check(cmd *cobra.Command, e *examiner) error {
	if f.name == "" {
		for _, name := range []string{"mask", "mask-groups", "yes"} {
			if cmd.Flags().Changed(name) {
				return fmt.Errorf("--%s needs --report FILE", name)
			}
		}
		if cmd.Flags().Changed("report") {
			return errors.New(`--report: want the name of a file, or "-" to print the report`)
		}
		return nil
	}
	for name, given := range map[string]bool{"with": e.with != "", "kernel": e.kernel, "json": e.set.json} {
		if given {
			return fmt.Errorf("--report and --%s do not go together", name)
		}
	}
	f.mask = f.mask || f.groups
	f.in = cmd.InOrStdin()
	f.asks = isTerminal(cmd.InOrStdin()) && isTerminal(cmd.OutOrStdout())
	if f.name == toStdout {
		return nil
	}
	if !f.yes && !f.asks {
		return errors.New(`--report FILE shows the report and asks before it writes it, and here is no terminal: add --yes, or print it with --report -`)
	}
	if _, err := os.Lstat(f.name); err == nil {
		return fmt.Errorf("--report %s: the file exists, and is not overwritten", chat.Clean(f.name))
	}
	dir, file := filepath.Split(f.name)
	if info, err := os.Stat(cmp.Or(dir, ".")); err != nil || !info.IsDir() || file == "" {
		return fmt.Errorf("--report %s: want the name of a new file, in a directory that exists", chat.Clean(f.name))
	}
	return nil
}

// write makes the report, shows it, asks, and writes it.
func (f *issueFile) write(ctx context.Context, e *examiner, r report) error {
	versions := readVersions()
	var text bytes.Buffer
	issue{report: r, host: versions, probe: e.probe, watch: e.watch, masked: f.mask, groups: f.groups}.write(&text)
	if f.name == toStdout {
		_, err := e.out.Write(text.Bytes())
		return err
	}
	if !e.set.quiet || !f.yes {
		if _, err := e.out.Write(text.Bytes()); err != nil {
			return err
		}
	}
	if !f.yes {
		if s, ok := errors.AsType[signalled](context.Cause(ctx)); ok && s.Signal == os.Interrupt {
			ctx = context.WithoutCancel(ctx) // ctrl+c ended --watch early; another one ends the program
		}
		fmt.Fprintf(e.out, "\nWrite it to %s? [y/N] ", chat.Clean(f.name)) // which is a terminal
		if answer, err := readAnswer(ctx, f.in); err != nil {
			return err
		} else if answer != "y" && answer != "yes" {
			return errors.New("the report was not written")
		}
	}
	if err := newFileOf(f.name, text.Bytes()); err != nil {
		return &mcast.Advised{Err: err, Advice: "name a file where you may write and where there is room, or print the report: --report -"}
	}
	return nil
}

// newFileOf writes a file that only the user can read. There was none of that name, and
// there is none after an error.
func newFileOf(name string, b []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // which follows no symbolic link
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err = errors.Join(err, file.Close()); err != nil {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// readAnswer reads a line, in lower case; the end of ctx is an error.
func readAnswer(ctx context.Context, in io.Reader) (string, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 256), 4096)
	answer, err := nextAnswer(ctx, lines)
	if err == io.EOF {
		err = nil
	}
	return strings.ToLower(answer), err
}

// hostVersions is what a host is made of, and the names that a masked report hides.
type hostVersions struct {
	groupcast    version
	kernel       string // its release; "": not known
	distribution string
	names        []string // of the host and its user
}

func readVersions() hostVersions {
	h := hostVersions{groupcast: buildVersion()}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		h.kernel = strings.TrimSpace(string(b))
	}
	if b, err := os.ReadFile("/etc/os-release"); err == nil {
		h.distribution = prettyName(string(b))
	}
	if name, err := os.Hostname(); err == nil {
		h.names = append(h.names, name)
	}
	if u, err := user.Current(); err == nil {
		h.names = append(h.names, u.Username)
	}
	h.names = append(h.names, os.Getenv("SUDO_USER"))
	return h
}

// prettyName is PRETTY_NAME of os-release(5).
func prettyName(file string) string {
	for line := range strings.Lines(file) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			return strings.Trim(value, `"'`)
		}
	}
	return ""
}

// sameFindings reports whether the doctor finds the same in masked facts.
func sameFindings(a, b []doctor.Finding) bool {
	count := map[string]int{}
	for _, f := range a {
		count[f.Name+" "+string(f.Verdict)]++
	}
	for _, f := range b {
		count[f.Name+" "+string(f.Verdict)]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
