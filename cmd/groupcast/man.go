package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast/chat"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIRECTORY",
		Short: "Write the man pages of all commands into a directory",
		Long: `Write a man page for each command into a directory, which is made if it does not exist. man(1) shows a page by its
path, or finds all of them in a directory man1 below a directory of $MANPATH.`,
		Example: `  groupcast man ~/.local/share/man/man1    man groupcast-listen works then
  groupcast man . && man ./groupcast.1`,
		Args: arguments(1, 1, "the directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := writeManPages(cmd.Root(), args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s in %s\n", chat.Count(n, "page"), chat.Clean(args[0]))
			return nil
		},
	}
}

// writeManPages writes the page of each command, and returns how many there are.
func writeManPages(root *cobra.Command, dir string) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	pages := tree(root)
	for _, cmd := range pages {
		page, err := manPage(cmd)
		if err != nil {
			return 0, err
		}
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		if err := os.WriteFile(filepath.Join(dir, name), page, 0o644); err != nil {
			return 0, err
		}
	}
	return len(pages), nil
}

// manPage is the page of one command, with no date in it: the same program
// writes the same page.
func manPage(cmd *cobra.Command) ([]byte, error) {
	var b bytes.Buffer
	cmd.DisableAutoGenTag = true
	long := cmd.Long
	cmd.Long = description(cmd)
	defer func() { cmd.Long = long }()
	header := &doc.GenManHeader{Title: strings.ToUpper(strings.ReplaceAll(cmd.CommandPath(), " ", "-")), Section: "1", Source: "groupcast", Date: &time.Time{}}
	if err := doc.GenMan(cmd, header, &b); err != nil {
		return nil, err
	}
	text := strings.Replace(b.String(), header.Date.Format(`"Jan 2006"`), `""`, 1)
	b.Reset()
	b.WriteString(text)
	fmt.Fprintf(&b, ".SH ENVIRONMENT\n.PP\nEach flag that is not given has the value of its variable, if that is set:\n")
	visible(cmd, func(f *pflag.Flag) {
		fmt.Fprintf(&b, ".TP\n\\fB%s\\fP\n\\-\\-%s\n", variable(cmd, f.Name), roff(f.Name))
	})
	b.WriteString(manFiles())
	return b.Bytes(), nil
}
