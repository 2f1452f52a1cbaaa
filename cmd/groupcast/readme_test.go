package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// page reads a page of the repository by its path there.
func page(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// pages are the paths of all pages, the README first.
func pages(t *testing.T) []string {
	t.Helper()
	list := []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md"}
	err := fs.WalkDir(os.DirFS("../.."), "docs", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var (
	codeSpan = pattern("`[^`\n]+`")
	words    = pattern(`"[^"]*"|'[^']*'|\S+`)
)

// commandsOf are the groupcast commands of a page, in its code blocks and in
// its text, each without what a comment or a table in columns says of it.
func commandsOf(page string) (list [][]string) {
	fenced := false
	add := func(line string) {
		line, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "$ "), " # ")
		line, _, _ = strings.Cut(line, "  ")
		line, _, _ = strings.Cut(line, " > ")
		for part := range strings.SplitSeq(line, " | ") {
			if args := words().FindAllString(part, -1); len(args) > 0 && args[0] == "groupcast" {
				for n := range args {
					args[n] = strings.Trim(args[n], `"'`)
				}
				list = append(list, args[1:])
			}
		}
	}
	for line := range strings.Lines(page) {
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case fenced || strings.HasPrefix(line, "    "):
			add(line)
		default:
			for _, span := range codeSpan().FindAllString(line, -1) {
				add(strings.Trim(span, "`"))
			}
		}
	}
	return list
}

// Each command that a page names is one that the program takes: its flags, the
// number of its arguments, and what names a group, a lesson, a page or a fault.
func TestReadmeCommands(t *testing.T) {
	known := map[string]bool{}
	for _, path := range pages(t) {
		list := commandsOf(page(t, path))
		if path == "README.md" && len(list) < 20 {
			t.Errorf("%s has %d commands: they are not found", path, len(list))
		}
		for _, args := range list {
			line := strings.Join(args, " ")
			if known[line] {
				continue
			}
			known[line] = true
			if err := understood(newRoot(), args); err != nil {
				t.Errorf("%s: groupcast %s: %v", path, line, err)
			}
		}
	}
	for _, wrong := range []string{"foo", "listen --watch 5", "lab run no-such", "explain no-such", "interfaces 192.0.2.1", "completion", "lab fault NAME melt B.eth0"} {
		if understood(newRoot(), strings.Fields(wrong)) == nil {
			t.Errorf("groupcast %s is taken for a command", wrong)
		}
	}
}

var placeholders = pattern(`^([A-Z|]+|.*\.\.\.)$`) // HOST, NAME|LESSON|FILE, COMMAND...

func understood(root *cobra.Command, args []string) error {
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if cmd.DisableFlagParsing {
		return nil // the arguments are another program's
	}
	if err := cmd.ParseFlags(rest); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return nil
		}
		return err
	}
	if rest = cmd.Flags().Args(); cmd.Args != nil {
		if err := cmd.Args(cmd, rest); err != nil {
			return err
		}
	}
	var check func(string) error
	switch cmd.CommandPath() {
	case "groupcast", "groupcast bridge", "groupcast chat", "groupcast listen", "groupcast who", "groupcast doctor", "groupcast interfaces":
		check = func(s string) error { _, err := mcast.ParseGroup(s); return err }
	case "groupcast send":
		rest = rest[:min(1, len(rest))]
		check = func(s string) error { _, _, err := parseTarget(s); return err }
	case "groupcast watch":
		check = func(s string) error {
			if strings.HasPrefix(s, "@") {
				return nil // a list
			}
			_, _, err := parseTarget(s)
			return err
		}
	case "groupcast replay":
		rest = rest[min(1, len(rest)):]
		check = func(s string) error { _, err := mcast.ParseGroup(s); return err }
	case "groupcast explain":
		check = func(s string) error { _, err := doctor.FindPage(s); return err }
		if symptom, _ := cmd.Flags().GetBool("symptom"); symptom {
			check = func(s string) error { _, err := symptomsAbout(s); return err }
		}
	case "groupcast lab run", "groupcast lab exercise", "groupcast lab worksheet":
		check = func(s string) error {
			if strings.HasPrefix(s, "./") {
				return nil // a file of the reader's
			}
			_, err := lesson.Find(s)
			return err
		}
	case "groupcast lab course":
		check = func(s string) error { _, err := findPath(s); return err }
	case "groupcast lab up":
		check = func(s string) error { _, err := lab.FindTopology(s, 0); return err }
	case "groupcast lab fault":
		if len(rest) > 1 && !slices.ContainsFunc(rest[1:], placeholders().MatchString) {
			_, err := lab.ParseFault(rest[1:])
			return err
		}
	}
	for _, arg := range rest {
		if check != nil && !placeholders().MatchString(arg) {
			if err := check(arg); err != nil {
				return err
			}
		}
	}
	if !cmd.Runnable() {
		return fmt.Errorf("%s does nothing by itself", cmd.CommandPath())
	}
	return nil
}

// What the README shows behind "$ groupcast" is what is printed in host A of
// the article's LAN. "..." stands for anything within a line.
func TestReadmeShows(t *testing.T) {
	shown := regexp.MustCompile(`(?m)^    \$ (.*groupcast.*)\n((?:    [^$\n].*\n)+)`).FindAllStringSubmatch(page(t, "README.md"), -1)
	if len(shown) == 0 {
		t.Fatal("the README shows nothing that is printed")
	}
	a := labtest.Build(t, lab.Article).Host("A")
	for _, block := range shown {
		p := start(t, a, "sh", "-c", block[1])
		p.end()
		printed := p.out.String() + p.err.String()
		pattern := "(?m)^"
		for line := range strings.Lines(block[2]) {
			line = regexp.QuoteMeta(strings.TrimPrefix(line, "    "))
			pattern += strings.ReplaceAll(line, regexp.QuoteMeta("..."), ".*")
		}
		if !regexp.MustCompile(pattern).MatchString(printed) {
			t.Errorf("%s prints\n%s\nand the README shows\n%s", block[1], printed, block[2])
		}
	}
}

// Each command of the engineer's door runs as it stands, in host A of the
// article's LAN, where B is 192.168.8.226 and speaks.
func TestReadmeEngineer(t *testing.T) {
	_, door, _ := strings.Cut(page(t, "README.md"), "### Engineer")
	_, door, _ = strings.Cut(door, "\n\n    ")
	door, _, _ = strings.Cut(door, "\n\n")
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	start(t, b, "groupcast", "echo").remarks("echoing")
	start(t, b, "groupcast", "send", "--json", "-c", "3000", "--interval", "20ms", "239.1.2.3:5000", "tick").prints("sent")
	list := commandsOf("    " + door)
	if len(list) < 5 {
		t.Fatalf("the engineer has %d commands: they are not found", len(list))
	}
	together(t, list, func(args []string) string { return strings.Join(args, " ") }, func(t *testing.T, args []string) {
		p := start(t, a, "sh", append([]string{"-c", `cd "$0" && exec groupcast "$@"`, t.TempDir()}, args...)...)
		want := exitOK
		if slices.Contains([]string{"doctor", "interfaces", "who"}, args[0]) {
			want = exitDoubt // wrong-egress
		}
		if status := p.status(); status != want {
			t.Errorf("groupcast %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), status, want, p.out.String(), p.err.String())
		}
	})
}

// The numbers of the README are those of the program, and its links lead to
// something.
func TestReadmeNumbersAndLinks(t *testing.T) {
	readme := page(t, "README.md")
	for _, want := range []string{
		fmt.Sprintf("[%d pitfalls](docs/pitfalls/README.md); %d of them happen in a lab", len(doctor.Names()), len(reproduced())),
		fmt.Sprintf("%d lessons, and a scene for each pitfall that a lab can make", len(lesson.All())),
		mcast.DefaultGroup.String(),
	} {
		if !strings.Contains(strings.ReplaceAll(readme, "\n", " "), want) {
			t.Errorf("the README does not say %q", want)
		}
	}
	forbidden := "kernel.apparmor_restrict_unprivileged_userns is 1"
	if !strings.Contains(readme, `"`+forbidden+`"`) || !strings.Contains(page(t, "docs/lab.md"), "| "+forbidden+" |") {
		t.Errorf("the README or docs/lab.md does not quote %q", forbidden)
	}
	classroom, err := lab.FindTopology("classroom", 0)
	if err != nil || !strings.Contains(readme, fmt.Sprintf("# %d hosts on a switch", len(classroom.Hosts))) {
		t.Errorf("a classroom has %d hosts, %v, and the README says another number", len(classroom.Hosts), err)
	}
	for _, link := range regexp.MustCompile(`\]\(([^)]+)\)|(?:src|srcset)="([^"]+)"`).FindAllStringSubmatch(readme, -1) {
		target, err := url.Parse(link[1] + link[2])
		if err != nil || target.IsAbs() {
			continue
		}
		text := readme
		if target.Path != "" {
			if _, err := os.Stat(filepath.Join("..", "..", target.Path)); err != nil {
				t.Errorf("a link of the README leads nowhere: %v", err)
				continue
			}
			if target.Fragment != "" {
				text = page(t, target.Path)
			}
		}
		if target.Fragment != "" && !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
			name, heading := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
			return heading && strings.HasPrefix(line, "#") && strings.ReplaceAll(strings.ToLower(name), " ", "-") == target.Fragment
		}) {
			t.Errorf("%s has no heading for the link %s", target.Path, target)
		}
	}
}
