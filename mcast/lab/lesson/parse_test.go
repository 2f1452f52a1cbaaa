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

= Because.

    A: groupcast send 224.0.0.114 x
    grows A Udp.OutDatagrams
`))
	if err != nil {
		t.Fatal(err)
	}
	if l.Name != "small" || l.Title != "T" || len(l.Topology.Hosts) != 2 || len(l.Parts) != 3 || len(l.Questions) != 1 {
		t.Fatalf("parsed %+v", l)
	}
	if got := l.Parts[0].Prose; got != "One paragraph of two lines." {
		t.Errorf("paragraph %q", got)
	}
	if s := l.Parts[1].Step; s.Line != 7 || !s.Acts() {
		t.Errorf("step at line %d, acts: %v; want line 7, and that it acts", s.Line, s.Acts())
	}
	if s := l.Parts[2].Step; s.Acts() || s.action.expected() != "heard on B prints within 20s: joined ... eth0" {
		t.Errorf("step expects %q", s.action.expected())
	}
	if got := l.Questions[0].Text; got != "Why?" {
		t.Errorf("question %q", got)
	}
}

// The header goes on after an empty line, and ends with the first line of another kind.
func TestParseHeader(t *testing.T) {
	l, err := Parse("x.txt", strings.NewReader(header+"goal: say why\nminutes: 15\n\ncode: echo\nread: RFC 862\n\nProse: it begins.\n\nread: this is prose\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Goals) != 1 || l.Minutes != 15 || l.Code != "echo" || len(l.Reading) != 1 || len(l.Parts) != 2 || l.Parts[0].Prose != "Prose: it begins." {
		t.Errorf("parsed %+v", l)
	}
	if _, err := Parse("x.txt", strings.NewReader(header+"minutes: soon\n\nprose\n")); err == nil || !strings.Contains(err.Error(), "x.txt:4: minutes") {
		t.Errorf("minutes: soon after an empty line: %v", err)
	}
}

// The command listing is for texts of listings alone.
func TestParseListing(t *testing.T) {
	const text = header + " A: listing send 224.0.0.114 x\n"
	if _, err := ParseListing("x.txt", strings.NewReader(text)); err != nil {
		t.Error(err)
	}
	if _, err := Parse("x.txt", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), `x.txt:4: command "listing"`) {
		t.Errorf("as a lesson: %v", err)
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
		{header + " h = B: groupcast listen\n silent h: mark until A: groupcast send 224.0.0.114 marker\n", `the marker "marker" is the text that must not be heard`},
		{header + " h = B: groupcast listen\n once h: x\n", "want once NAME: TEXT until HOST: COMMAND"},
		{header + " h = B: groupcast listen\n once h: mark until A: groupcast send 224.0.0.114 marker\n", `the marker "marker" is the text that must be heard once`},
		{header + " once h: x until A: groupcast send 224.0.0.114 y\n", `no command was named "h" before`},
		{header + " grows A Udp.InDatagrams by 0\n", "want grows HOST GROUP.COUNTER [by NUMBER]"},
		{header + " grows A Udp.InDatagrams by\n", "want grows HOST GROUP.COUNTER [by NUMBER]"},
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
		{header + " finds nothing\n", "want finds after a command of groupcast doctor, or who"},
		{header + " A: groupcast send 224.0.0.114 x\n finds nothing\n", "want finds after a command of groupcast doctor, or who"},
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
		{header + " name A bee.example\n", "want name HOST NAME ADDRESS, and perhaps more addresses"},
		{header + " name A bee.example bee\n", `ParseAddr("bee")`},
		{header + " name A 10.0.0.2 10.0.0.3\n", `"10.0.0.2" is no name`},
		{header + " name X bee.example 10.0.0.3\n", `no host "X"`},
		{header + " nameserver A bee.example\n", "want nameserver HOST ADDRESS"},
		{header + " file A /tmp/room.key 00ff\n", "want file HOST /srv/FILE LINE"},
		{header + " file A /srv/../etc/hosts 00ff\n", "want file HOST /srv/FILE LINE"},
		{header + " file A /srv/room.key\n", "want file HOST /srv/FILE LINE"},
		{header + " sysctl A x\n", "want sysctl HOST NAME VALUE"},
		{"title: x\ntopology: lan 4\n\nx\n", "x.txt:2: topology lan: it has 3 hosts, which is no choice"},
		{"title: x\ntopology: classroom -4\n\nx\n", "x.txt:2: topology classroom: \"-4\" is not a number of hosts"},
		{"title: x\ntopology: classroom 4 5\n\nx\n", "x.txt:2: topology \"classroom 4 5\": want a name"},
		{"title: \x1b[31mred\ntopology: lan\n\nx\n", "x.txt:1: the line has the character U+001B"},
		{header + "prose \u009b31m\n", "the line has the character U+009B"},
		{header + "prose \u202e\n", "the line has the character U+202E"},
		{header + "prose \xff\n", "the line is not UTF-8"},
		{"", "x.txt:1: the header has no title or no topology"},
		{"title: x\ntopology: lan\n\n" + strings.Repeat("x", mostLineBytes) + "\n", "x.txt:4: the line has more than 16384 bytes"},
		{header + strings.Repeat("\n", mostLines), "a lesson has at most 20000 lines"},
		{header + " A: groupcast send 224.0.0.114 x\n expect within 1h: x\n", "want a time such as 10s, and 10m at the most"},
	}
	for _, tt := range tests {
		_, err := Parse("x.txt", strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q\n\tgives  %v\n\tnot    %s", tt.text, err, tt.want)
		}
	}
}

// A text that is wrong everywhere gives so many errors as somebody reads.
func TestParseErrorsAreBounded(t *testing.T) {
	_, err := Parse("x.txt", strings.NewReader("title: x\ntopology: lan\n\n"+strings.Repeat(" bogus\n", 10_000)))
	if err == nil {
		t.Fatal("it is a lesson")
	}
	lines := strings.Split(err.Error(), "\n")
	if last := lines[len(lines)-1]; len(lines) != mostErrors+1 || !strings.Contains(last, "more errors") {
		t.Errorf("%d errors, of which the last is %q", len(lines), last)
	}
}

// The names of files come from anybody; those of lessons are printed, and name labs.
func TestNamesOfFiles(t *testing.T) {
	for file, want := range map[string]string{
		"./dir/article.txt": "article", "a b;c.txt": "a-b-c", "x\x1b[31m.txt": "x--31m", "\xff\u202e.txt": "--",
		"übung.txt": "übung", strings.Repeat("ü", 40): strings.Repeat("ü", 32),
	} {
		if l, _ := Parse(file, strings.NewReader("")); l.Name != want {
			t.Errorf("%q is named %q, want %q", file, l.Name, want)
		}
	}
	if l, err := Parse("x.txt", strings.NewReader("\ufefftitle: x\r\ntopology: lan\r\n\r\nprose\r\n")); err != nil || l.Title != "x" {
		t.Errorf("as written on Windows: %q, %v", l.Title, err)
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
		{"ready", "bind: address already in use", false},
		{"ready", "already: ready", true},
		{"in use", "already in use", true},
		{"1234", "224.0.0.114:1234", true},
		{"(no", "joined(no)", true},
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

// A step is shown as it is typed.
func TestStepString(t *testing.T) {
	for step, want := range map[string]string{
		"A: peer send to=224.0.0.114:1234 x":                   "A$ peer send to=224.0.0.114:1234 x",
		"route A add 224.0.0.0/4 dev eth0":                     "A$ ip route add 224.0.0.0/4 dev eth0",
		"route A del ff00::/8 dev eth0":                        "A$ ip -6 route del ff00::/8 dev eth0",
		"address B add 10.0.0.1/24 dev eth0":                   "B$ ip address add 10.0.0.1/24 dev eth0",
		"sysctl A net.ipv4.ip_forward 1":                       "A$ sysctl -w net.ipv4.ip_forward=1",
		"name A bee.example 10.0.0.2 2001:db8::2":              "A$ printf '%s\\n' '10.0.0.2 bee.example' '2001:db8::2 bee.example' >> /etc/hosts",
		"nameserver A 10.0.0.3":                                "A$ echo 'nameserver 10.0.0.3' > /etc/resolv.conf",
		"file A /srv/room.key 00ff 11ee":                       "A$ echo '00ff 11ee' > /srv/room.key",
		"fault loss B.eth0 30%":                                "$ groupcast lab fault x loss B.eth0 30%",
		"h = B: groupcast listen":                              "B$ groupcast listen    (keeps running, as \"h\")",
		"h = B: groupcast listen\n say h: hello":               "hello    (typed into h on B)",
		"h = B: groupcast listen\n stop h":                     "h on B ends    (kill)",
		"h = B: peer listen\n silent h: no until A: peer send": "A$ peer send",
		"swallow A.eth0 on":                                    "swallow A.eth0 on",
	} {
		l, err := Parse("x.txt", strings.NewReader(header+" "+step+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Parts[len(l.Parts)-1].Step.String(); got != want {
			t.Errorf("%q is shown as %q, want %q", step, got, want)
		}
	}
}

// What a lesson or an exercise lacks is told with file and line.
func TestParseIncomplete(t *testing.T) {
	const sends = "\n    A: groupcast send 224.0.0.114 x\n    expect: by\n\n"
	const whole = sends + "== exercise\n\nMend it.\n\n    fault down A.eth0\n\n== check\n" + sends + "== hints\n\none\n\ntwo\n\nthree\n\n== cure\n\n    fault up A.eth0\n\n== wrong\n\n    A: ip link\n"
	if _, err := Parse("x.txt", strings.NewReader(header+whole)); err != nil {
		t.Fatal(err)
	}
	without := func(text string) string {
		if !strings.Contains(whole, text) {
			t.Fatalf("the exercise has no %q", text)
		}
		return header + strings.Replace(whole, text, "", 1)
	}
	tests := []struct{ text, want string }{
		{header + "? Why?\n", "x.txt:4: the question has no answer"},
		{header + "? Why?\n\n= So.\n", "x.txt:4: nothing proves the answer"},
		{header + "? Why?\n\n= So.\n\n    A: groupcast send 224.0.0.114 x\n", "x.txt:4: nothing proves the answer"},
		{header + "? Why?\n\n= So.\n\n= Or so.\n", "x.txt:8: the question has an answer already"},
		{header + "= So.\n", "x.txt:4: an answer without a question"},
		{header + "? Why?\n\nMore prose.\n", "x.txt:6: after the first question come answers"},
		{header + "predict: Which?\n" + sends, "x.txt:4: want predict: QUESTION | CHOICE | CHOICE*"},
		{header + "predict: Which? | a*\n" + sends, "x.txt:4: want predict:"},
		{header + "predict: Which? | a | b\n" + sends, "x.txt:4: predict: no choice is right"},
		{header + "predict: Which? | a* | b*\n" + sends, "x.txt:4: predict: two choices are right"},
		{header + "predict: Which? | a* | a\n" + sends, `x.txt:4: predict: the choice "a" is there twice`},
		{header + "predict: Which? | * | a\n" + sends, "x.txt:4: predict: a choice is empty"},
		{header + "predict: Which? | a* | b\n", "x.txt:4: predict: nothing after it shows which choice is right"},
		{header + "predict: Which? | a* | b\n\n    A: groupcast send 224.0.0.114 x\n", "x.txt:4: predict: nothing after it shows"},
		{header + "predict: Which? | a* | b\n\npredict: And? | a* | b\n" + sends, "x.txt:4: predict: nothing after it shows"},
		{header + "way: test\n", "x.txt:4: want way: LABEL |"},
		{header + "way: test | A.eth7 > lan\n", `x.txt:4: way: "A.eth7" is no HOST.INTERFACE at a switch`},
		{header + "way: test | A.eth1 > A.eth1\n", `x.txt:4: way: "A.eth1" leads to itself`},
		{header + "way: test | A.eth1 > B.eth0\n", `x.txt:4: way: "B.eth0" is not on the switch of A.eth1`},
		{"title: T\ntopology: article\nminutes: many\n\n" + sends, `x.txt:3: minutes "many": want a number from 1 to 240`},
		{header + sends + "== homework\n", `section "homework": want one of by hand, exercise`},
		{header + sends + "== check\n", `section "check": want it after == exercise`},
		{header + whole + "\n== hints\n", `a second section "hints"; the first is in line`},
		{without("Mend it.\n\n"), "x.txt:8: the exercise has no task"},
		{without("    fault down A.eth0\n"), "x.txt:8: the exercise has no fault"},
		{without("two\n\n"), "x.txt:8: the exercise has 2 hints, want 3"},
		{without("    fault up A.eth0\n"), "x.txt:8: the exercise has no steps after == cure"},
		{without("    A: ip link\n"), "x.txt:8: the exercise has no steps after == wrong"},
		{header + strings.Replace(whole, "== check\n", "== check\n    fault up A.eth0\n", 1), "a check looks and sends, and changes nothing"},
		{header + strings.Replace(whole, "== check\n", "== check\n    name A bee.example 10.0.0.2\n", 1), "a check looks and sends, and changes nothing"},
		{header + strings.Replace(whole, "== check\n", "== check\n    A: ip link\n", 1), `command "ip": want groupcast or peer`},
		{header + sends + "== by hand\n\n    A: rm -r /\n", `command "rm": want groupcast, peer or one of cat, getent, ip`},
	}
	for _, tt := range tests {
		_, err := Parse("x.txt", strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q\n\tgives  %v\n\tnot    %s", tt.text, err, tt.want)
		}
	}
}
