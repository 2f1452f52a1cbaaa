package lesson

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
)

const header = "title: T\ntopology: article\n\n"

func TestParse(t *testing.T) {
	l, err := Parse("dir/small.txt", strings.NewReader(header+`One paragraph
of two lines.

    heard = B: groupcast listen -i eth0
    expect heard within 20s: joined ... eth0

? Why?
`))
	if err != nil {
		t.Fatal(err)
	}
	if l.Name != "small" || l.Title != "T" || len(l.Topology.Hosts) != 2 || len(l.Parts) != 4 {
		t.Fatalf("parsed %+v", l)
	}
	if got := l.Parts[0].Prose; got != "One paragraph of two lines." {
		t.Errorf("paragraph %q", got)
	}
	if s := l.Parts[1].Step; s.Line != 7 || !s.Acts() {
		t.Errorf("step at line %d, acts: %v; want line 7, and that it acts", s.Line, s.Acts())
	}
	if s := l.Parts[2].Step; s.Acts() || s.action.expected() != "heard prints within 20s: joined ... eth0" {
		t.Errorf("step expects %q", s.action.expected())
	}
	if got := l.Parts[3].Question; got != "Why?" {
		t.Errorf("question %q", got)
	}
}

// What is wrong is told with file and line.
func TestParseErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"title: T\n\nprose\n", "x.txt:3: the header has no title or no topology"},
		{"title: T\ntopology: nowhere\n\nprose\n", `x.txt:2: lab: no topology "nowhere"`},
		{"title: T\ncolour: red\n\nprose\n", `x.txt:2: header "colour"`},
		{"title: T\ntopology: classroom many\n\nprose\n", `"many" is not a number of hosts`},
		{header, "x.txt:3: there is nothing after the header"},
		{header + " jump\n", `x.txt:4: "jump": want HOST: COMMAND`},
		{header + " Z: groupcast listen\n", `the topology has no host "Z"`},
		{header + " A: rm -r /\n", `command "rm": want groupcast or peer`},
		{header + " A: groupcast send 224.0.0.114 'no end\n", "the quote does not end"},
		{header + " expect heard: x\n", `no command was named "heard" before`},
		{header + " h = B: groupcast listen\n expect h:\n", "there is no text to look for"},
		{header + " h = B: groupcast listen\n expect h within soon: x\n", `within "soon": want a time`},
		{header + " h = B: groupcast listen\n silent h: x\n", "want silent NAME: TEXT until HOST: COMMAND"},
		{header + " h = B: groupcast listen\n silent h: mark until A: groupcast send 224.0.0.114 marker\n", `the marker "marker" is itself what is not to be heard`},
		{header + " status 3\n", "want status NUMBER, after a command"},
		{header + " fault burn A.eth0\n", "lab: fault:"},
		{header + " proc A /etc/passwd: root\n", "want HOST /proc/net/FILE: TEXT"},
		{header + " proc A /proc/net/../../etc/passwd: root\n", "want HOST /proc/net/FILE: TEXT"},
		{header + " still A InDatagrams\n", "want still HOST GROUP.COUNTER"},
		{header + " order: one\n", "want order: TEXT | TEXT"},
		{header + " order: one |\n", "there is no text to look for"},
		{header + " A: groupcast send 224.0.0.114 x\n status 0 or\n", "want status NUMBER"},
		{header + " grows A InDatagrams\n", "want grows HOST GROUP.COUNTER"},
		{header + " route A add everywhere\n", `"everywhere": want a destination`},
		{header + " route A everywhere\n", "want route HOST add|del ROUTE"},
		{header + " finds nothing\n", "want finds after a command of groupcast doctor"},
		{header + " A: groupcast send 224.0.0.114 x\n finds nothing\n", "want finds after a command of groupcast doctor"},
		{header + " A: groupcast doctor\n finds\n", "want finds NAME..., or finds nothing"},
		{header + " A: groupcast doctor\n finds nothing no-route\n", "want finds NAME..., or finds nothing"},
		{header + " bridge A add br0\n", "want bridge HOST"},
		{header + " bridge Z del br0\n", `no host "Z"`},
		{header + " macvlan A add mv0 eth0\n", "want macvlan HOST"},
		{header + " macvlan A add mv0 on eth0 to Z\n", `no host "Z"`},
		{header + " rule A add ipproto tcp table 1\n", "want rule HOST"},
		{header + " rule A add ipproto udp table main\n", "want rule HOST"},
		{header + " queue A.eth0 fast\n", "want queue HOST.INTERFACE"},
		{header + " queue A off\n", "want queue HOST.INTERFACE"},
		{header + " swallow A.eth0 10%\n", "want swallow HOST.INTERFACE on|off"},
		{header + " address A add 10.0.0.1/24 eth0\n", "want address HOST"},
		{header + " sysctl A x\n", "want sysctl HOST NAME VALUE"},
	}
	for _, tt := range tests {
		_, err := Parse("x.txt", strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q\n\tgives  %v\n\tnot    %s", tt.text, err, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for dir, names := range map[string][]string{"lessons/": order, sceneDir: scenes} {
		for _, l := range names {
			b, err := files.ReadFile(dir + l + ".txt")
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(b))
		}
	}
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = Parse("x.txt", strings.NewReader(text)) // does not panic
	})
}

func TestPattern(t *testing.T) {
	tests := []struct {
		pattern, line string
		want          bool
	}{
		{"test", "12:00:00  eth0  test", true},
		{"eth0 test", "12:00:00  eth0  test", true},
		{"eth0 ... test", "eth0  192.168.8.164  4 B  test", true},
		{"test ... eth0", "eth0  192.168.8.164  4 B  test", false},
		{"eth0 ... eth0", "eth0 test", false},
		{"a.c", "abc", false},
	}
	for _, tt := range tests {
		p, err := parsePattern(tt.pattern)
		if err != nil || p.matches(tt.line) != tt.want {
			t.Errorf("%q in %q: %v, want %v (%v)", tt.pattern, tt.line, !tt.want, tt.want, err)
		}
	}
}

// Every lesson and scene that comes with the program can be read, is in its
// list, and expects something.
func TestAll(t *testing.T) {
	for dir, names := range map[string][]string{"lessons": order, "lessons/scenes": scenes} {
		there, err := fs.Glob(files, dir+"/*.txt")
		if err != nil {
			t.Fatal(err)
		}
		if len(there) != len(names) {
			t.Errorf("%s has %d files, and the order to take them in %d names", dir, len(there), len(names))
		}
	}
	for _, l := range slices.Concat(All(), Scenes()) {
		if !slices.ContainsFunc(l.Parts, func(p Part) bool { return p.Step != nil && p.Step.action.expected() != "" }) {
			t.Errorf("lesson %s expects nothing", l.Name)
		}
	}
}

// What a wrong name may have been is three names at the most.
func TestFindNamesTheNearest(t *testing.T) {
	for typed, want := range map[string]string{
		"articel":     "did you mean article?",
		"ping":        "did you mean ping-a-group?",
		"no-firewall": "did you mean firewall-out, firewall-in?",
		"interface":   "did you mean interface-deleted, interface-down?",
		"xyzzy":       "groupcast lab run lists them",
		"":            "groupcast lab run lists them",
	} {
		_, err := Find(typed)
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Count(err.Error(), ",") >= mostMeant {
			t.Errorf("Find(%s): %v, want %s", typed, err, want)
		}
	}
}
