package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A form is a way to say something that a reader has to read twice.
type form struct {
	name string
	is   *regexp.Regexp // matched against one sentence
	near []string       // one of these is in each such sentence, in lower case: it saves most of the time
	why  string
	use  string // the better words
	bad  []string
	good []string
}

var forms = sync.OnceValue(func() []form {
	re := regexp.MustCompile
	return []form{{
		name: "headless subject",
		near: []string{"wh"},
		is: re(`^(Who|Whom|What) ([a-z]+(s|ed)|[^ :?]+ [^:?]+?) ` +
			`(is|are|was|were|has|have|had|does|do|can|cannot|may|must|goes|go|comes|come|gets|costs|says|takes|shows|needs|belongs|leaves|stays|overrules|calls|counts|begins|ends|reaches|looks) [^?]+\.$`),
		why:  "a sentence that begins with Who or What looks like a question until its end",
		use:  `name the subject: "The device that sends queries is the querier", "Checks that it could not make are listed"`,
		bad:  []string{"Who asks is called the querier.", "What it could not look at it calls not known.", "What strangers can fill has a bound: 5,000."},
		good: []string{"What happened: the kernel chose eth1.", "Who is there?", "The host that asks is the querier.", "What UDP answers: refused, or nothing is known.", "What happened to a request.", "What is there now.", "Whoever has the key can read it."},
	}, {
		name: "headless who after a preposition",
		near: []string{" who"},
		is:   re(`(?i)\b((to|for|by|from|with|at) (who|whoever|whomever)|of who(m?)ever)\b[^?]*$`),
		why:  "the clause has no noun",
		use:  `"to the program that", "for everyone who", "by spoofed sources"`,
		bad:  []string{"be of no use to who forges", "For whoever asks why.", "the packets of whomever"},
		good: []string{"for everyone who asks", "To who? To B?", "a map of who was heard", "This belongs to the host who sent it."},
	}, {
		name: "is told",
		near: []string{"told"},
		is:   re(`(?i)\b(am|is|are|was|were|be|been|being|gets?|not) told\b`),
		why:  "the reader does not learn who tells, nor how; and \"told from\" means \"distinguished from\"",
		use:  `name the actor: "the kernel reports the error to the socket", "the program receives", "the page says"`,
		bad:  []string{"It is told once.", "nobody is told", "Connect, to be told at least that", "they are not told of it", "No program gets told."},
		good: []string{"The kernel reports it once.", "B told A.", "the doctor, told nothing, says so"},
	}, {
		name: "That as a subject",
		near: []string{"that "},
		is:   re(`^That (nothing|nobody|none|no|it|they|we|you|a|an|the|this|[A-Z][A-Za-z0-9]*('s)?) `),
		why:  "the verb comes much too late",
		use:  `"You cannot wait for nothing to arrive", "The next datagram proves that they did not receive it"`,
		bad:  []string{"That nothing comes cannot be waited for.", "That A's programs did not get it is proved by the next one.", "That the switch forgets is seen in C."},
		good: []string{"That is all.", "That route wins.", "The test proves that nothing came."},
	}, {
		name: "by an interface",
		near: []string{"by"},
		is: re(`(?i)\bby (eth|ens|enp|wlan|tun|veth|d)[0-9]+\b|\bby (the|an?|its|that|this|which|another|the other|each|every|whose|one|no) ((own|same|other|right|wrong|first|outgoing|named|chosen|loopback) )?(interface|wire|cable)s?\b` +
			`|\binterfaces? (that|which) [^.,;:]{1,50} by[.,;:]`),
		why:  `"by" names an actor`,
		use:  `"leaves via eth1", "out of eth1", "through eth1", "receives on eth0", "on which interface"`,
		bad:  []string{"sends leave by eth1", "by which interface and source address each datagram left", "the interface that it was sent by.", "a copy arrives by the other interface"},
		good: []string{"sends leave via eth1", "on which interface", "interfaces are chosen by interface index", "counted by interface", "sent by the host"},
	}, {
		name: "the way out",
		near: []string{"out"},
		is:   re(`(?i)\b(the|a|no|each|every|which|whose|another|other|one|two) ways? out([^ ]| [^o]| o[^f]|$)|\bways out\b`),
		why:  "the field has a word",
		use:  `"the outgoing interface"`,
		bad:  []string{"A join does not choose the way out", "it chooses the way out for each datagram", "groups and ways out"},
		good: []string{"The outgoing interface is eth1.", "all the way out of the building", "a packet on its way out"},
	}, {
		name: "a person made of a program",
		near: []string{"believ", "thin", "like", "feel", "want", "knows", "dull"},
		is:   re(`(?i)\bbelie(ves?|ved|ving) (in|it|a|an|the|that|them|what|every|each)\b|\b(kernel|switch|router|socket|host|server)s? (thinks?|likes?|feels?|wants? to know|knows? better)\b|\b(is|are) dull\b`),
		why:  "a program or a device does not believe, think or feel",
		use:  `"keeps the entry for 260 seconds", "accepts", "takes ... for", "replies to nobody twice"`,
		bad:  []string{"Who has talked to it believes in it for a minute", "The switch thinks so.", "An echo server is a weapon unless it is dull."},
		good: []string{"The switch keeps the entry for 260 s.", "I believe you.", "the server likely stopped"},
	}, {
		name: "Mostly",
		near: []string{"mostly"},
		is:   re(`^Mostly (that|this|it|the|a|an)\b|(?i)\bmostly that is\b|, mostly an? [a-z]+\.$`),
		why:  "mostly of what? The word is far from its noun",
		use:  `"It is usually a router"`,
		bad:  []string{"Mostly that is a router.", "Who asks is the querier, mostly a router."},
		good: []string{"It is usually a router.", "The mostly idle link is eth1."},
	}, {
		name: "the one, the other",
		near: []string{"the one", "one of"},
		is:   re(`(?i)\bthe one (is|are|has|have|does|was|were|goes|comes|sends|says)\b[^.]*\bthe other\b|\bone of the two[.,;:]`),
		why:  "the reader has to look for both nouns",
		use:  "name both",
		bad:  []string{"This is the sign: the one is silent, the other is not.", "A host has one of the two."},
		good: []string{"239.1.2.3 is silent, 224.0.0.114 is not.", "one of the two routers", "the one that is silent"},
	}, {
		name: "news",
		near: []string{"news"},
		is:   re(`(?i)\b(brings?|brought|bringing|has|have|had|get|gets|got) (only )?(the |no )?news\b`),
		why:  "an error is reported, it is no news",
		use:  `"returns the error of the first send"`,
		bad:  []string{"its call only brought the news of \"first\"", "A socket has no news."},
		good: []string{"the send returns the error of \"first\"", "the news page"},
	}, {
		name: "is heard out of order",
		near: []string{"hear", "before it"},
		is:   re(`(?i)\bheard (prints|comes|has)\b|\band not before it:|\bhears? that, and had not\b`),
		why:  "two times and two pronouns in one clause",
		use:  `"expected: B prints "second", and no "test" before it"`,
		bad:  []string{"expected: heard prints second, which was sent later", "and not before it: test", "when B hears that, and had not heard test before"},
		good: []string{"B prints second, and no test before it", "B heard it"},
	}, {
		name: "it is so",
		near: []string{"so.", "way round", "moreover"},
		is:   re(`(?i)[,:;] it is so\.|\b(the )?other way round\b|\bmoreover\b`),
		why:  "the word points back at a whole clause",
		use:  "say the statement again, in its own words",
		bad:  []string{"Since a container network was set up, it is so.", "That is better than the other way round.", "A failure if moreover no interface has it."},
		good: []string{"It is so large that it is cut.", "The route also needs a source."},
	}, {
		name: "who asks",
		near: []string{"asks", "has port", "ask for"},
		is:   re(`(?i)(^|[:,;] |\b(of|is|see|know|says|shows?|tells?) )who(ever)? asks\b[^?]*$|\b(nobody|somebody|no one) asks\b[^?]*$|\basks? for members\b|\b(nobody|no one|none) has port [0-9]`),
		why:  "the field says query, querier, bound",
		use:  `"without a querier", "sends queries", "no process is bound to port 9"`,
		bad:  []string{"root is needed: who asks; it waits", "nobody asks who they are", "which router asks for members", "Nobody has port 9 of C."},
		good: []string{"Who asks?", "as the user who asks", "without a querier", "no process is bound to port 9"},
	}, {
		name: "swallow",
		near: []string{"swallow"},
		is:   re(`(?i)\bswallow(s|ed|ing)?\b`),
		why:  "the field has a word",
		use:  `"discards", "blackholes", "drops"`,
		bad:  []string{"one that swallows what is sent"},
		good: []string{"one that discards every packet"},
	}, {
		name: "be of no use",
		near: []string{"use to", "which to", "fault", "nothing means", "there be"},
		is:   re(`(?i)\b(of (no|much|some) use to|by which to know|is not at fault|nothing means nothing|there be (others|several|more))\b`),
		why:  "an idiom that few learners know",
		use:  "say it plainly",
		bad:  []string{"be of no use to who forges", "the sign by which to know it", "though there be others"},
		good: []string{"It does not help an attacker.", "there may be others"},
	}}
})

func TestEnglishForms(t *testing.T) {
	for _, f := range forms() {
		for _, s := range f.bad {
			if !f.in(s) {
				t.Errorf("%s: %q is let through", f.name, s)
			}
		}
		for _, s := range f.good {
			if f.in(s) {
				t.Errorf("%s: %q is found, and it is good", f.name, s)
			}
		}
	}
}

// A text of a file is prose: a page, or a string of a program.
func TestEnglishSentences(t *testing.T) {
	const text = "# Who is there\n\nOne `by eth1`, see\n[the *page*](x.md). Two, e.g. this.\n* \"What a list.\"\n| cell | other |\n\n    code by eth1\n\n```\nby eth1\n```\ntitle: Three\npredict: Four? | five* | six\n"
	got := sentences(text)
	want := []string{"Who is there", "One X, see the page.", "Two, e.g. this.", "What a list.", "cell", "other", "Three", "Four?", "five", "six"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

var (
	codeInText  = pattern("`[^`]*`")
	linkInText  = pattern(`!?\[([^\]]*)\]\([^)]*\)`)
	sentenceEnd = pattern(`([.!?]["')*]*)\s+(["'(*]*[A-Z0-9])`)
	ownBlock    = pattern(`^(\s*([*-]|[0-9]+\.) |[=?] |#+ |\||[a-z]+: )`)
	signsOf     = pattern(`^(\s*([*-]|[0-9]+\.) |[=?] |#+ |(title|goal|predict|read|needs|lesson|sources|topology): )`)
)

// in reports whether a sentence has the form.
func (f form) in(sentence string) bool {
	lower := strings.ToLower(sentence)
	return slices.ContainsFunc(f.near, func(s string) bool { return strings.Contains(lower, s) }) && f.is.MatchString(sentence)
}

// sentences are those of a text, one a string, without its code, its marks and
// its links.
func sentences(text string) (list []string) {
	block := ""
	end := func() {
		b := strings.Join(strings.Fields(block), " ")
		block = ""
		b = sentenceEnd().ReplaceAllString(b, "$1\n$2")
		for s := range strings.SplitSeq(b, "\n") {
			if s = strings.Trim(s, ` "'*()`); s != "" {
				list = append(list, s)
			}
		}
	}
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "```") {
			end()
			fenced = !fenced
			continue
		}
		shown := strings.HasPrefix(line, "seen: ") && !strings.HasPrefix(line, "seen: # ") // a card quotes a program, whose texts are read where they stand
		if fenced || shown || strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t") || strings.TrimSpace(line) == "" {
			end()
			continue
		}
		own := ownBlock().MatchString(line)
		if own {
			end()
		}
		heading := strings.HasPrefix(line, "#")
		parts := strings.HasPrefix(line, "|") || strings.HasPrefix(line, "predict: ")
		line = signsOf().ReplaceAllString(line, "")
		line = codeInText().ReplaceAllString(line, "X")
		line = linkInText().ReplaceAllString(line, "$1")
		line = strings.NewReplacer("**", "", "*", "").Replace(line)
		if !parts {
			block += line + " "
			if heading {
				end()
			}
			continue
		}
		for cell := range strings.SplitSeq(line, "|") {
			block = cell
			end()
		}
	}
	end()
	return list
}

// literals are the texts in a Go file that a person reads: its strings, those
// that are added together as one, and the docs of its exported names.
func literals(path string) (list []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var whole func(e ast.Expr) string
	whole = func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.BasicLit:
			if e.Kind == token.STRING {
				s, _ := strconv.Unquote(e.Value)
				return s
			}
		case *ast.BinaryExpr:
			if e.Op == token.ADD {
				return whole(e.X) + whole(e.Y)
			}
		}
		return "X"
	}
	exported := func(doc *ast.CommentGroup, names ...*ast.Ident) {
		if doc != nil && slices.ContainsFunc(names, (*ast.Ident).IsExported) {
			list = append(list, doc.Text())
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field:
			return false
		case *ast.BinaryExpr:
			if s := whole(n); strings.Contains(s, " ") {
				list = append(list, s)
				return false
			}
		case *ast.BasicLit:
			if s := whole(n); n.Kind == token.STRING && strings.Contains(s, " ") {
				list = append(list, s)
			}
		case *ast.FuncDecl:
			exported(n.Doc, n.Name)
		case *ast.TypeSpec:
			exported(n.Doc, n.Name)
		case *ast.GenDecl:
			if n.Doc != nil && len(n.Specs) > 0 {
				switch s := n.Specs[0].(type) {
				case *ast.TypeSpec:
					exported(n.Doc, s.Name)
				case *ast.ValueSpec:
					exported(n.Doc, s.Names...)
				}
			}
		}
		return true
	})
	if file.Doc != nil && file.Name.Name != "main" {
		list = append(list, file.Doc.Text())
	}
	return list, nil
}

// Made of other files that are looked at, or bytes of others.
var notRead = []string{"docs/pitfalls/", "docs/topics/", "docs/lessons/", "docs/course/", "docs/flags.md", "docs/exit-status.md", "THIRD_PARTY.md"}

// texts are all that a person reads, by path: pages, lessons, and what the
// program says.
func texts(t *testing.T) map[string][]string {
	t.Helper()
	root := filepath.Join("..", "..")
	all := map[string][]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		made := slices.ContainsFunc(notRead, func(p string) bool { return strings.HasPrefix(path, p) })
		switch ext := filepath.Ext(path); {
		case d.IsDir() || made || path == "CHANGELOG.md":
		case ext == ".md", ext == ".txt" && strings.HasPrefix(path, "mcast/"):
			b, err := os.ReadFile(filepath.Join(root, path))
			all[path] = sentences(strings.ReplaceAll(string(b), "\r\n", "\n"))
			return err
		case ext == ".go" && (!strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "cmd/groupcast/lesson_pages") || strings.HasPrefix(path, "cmd/groupcast/course_pages") || strings.HasSuffix(path, "_doc_test.go")):
			list, err := literals(filepath.Join(root, path))
			for _, s := range list {
				all[path] = append(all[path], sentences(s)...)
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const unreadList = "testdata/english-unread.txt"

// Nobody has to read a sentence twice: no text has one of the forms. Files
// that are not mended yet are in the list with the number of such sentences,
// which must not grow. -update writes what is left, and never adds to it.
//
//	go test ./cmd/groupcast -run English -update
func TestEnglish(t *testing.T) {
	all := texts(t)
	for _, want := range []string{"README.md", "docs/lab.md", "mcast/doctor/pages/no-querier.txt", "mcast/lab/lesson/lessons/article.txt", "cmd/groupcast/lab_run.go"} {
		if len(all[want]) < 10 {
			t.Errorf("%s has %d sentences: they are not found", want, len(all[want]))
		}
	}
	found := map[string]int{}
	told := map[string][]string{}
	for path, list := range all {
		for _, s := range list {
			for _, f := range forms() {
				if f.in(s) {
					found[path]++
					told[path] = append(told[path], fmt.Sprintf("  %q\n    %s: %s. Better: %s", s, f.name, f.why, f.use))
				}
			}
		}
	}
	unread, exists := readUnread(t)
	if updating() {
		left := ""
		for _, path := range slices.Sorted(maps.Keys(found)) {
			n := found[path]
			if exists {
				n = min(n, unread[path])
			}
			if n > 0 {
				left += fmt.Sprintf("%d %s\n", n, path)
			}
		}
		if err := os.WriteFile(unreadList, []byte(left), 0o644); err != nil {
			t.Fatal(err)
		}
		unread, _ = readUnread(t)
	}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		if n := found[path]; n > unread[path] {
			t.Errorf("%s has %d sentences that are read twice, and %s allows %d:\n%s", path, n, unreadList, unread[path], strings.Join(told[path], "\n"))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(unread)) {
		if found[path] < unread[path] {
			t.Errorf("%s has %d, and %s says %d: run go test ./cmd/groupcast -run 'TestEnglish$' -update", path, found[path], unreadList, unread[path])
		}
	}
}

func readUnread(t *testing.T) (unread map[string]int, exists bool) {
	t.Helper()
	unread = map[string]int{}
	file, err := os.Open(unreadList)
	if err != nil {
		return unread, false
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		n, path, ok := strings.Cut(lines.Text(), " ")
		count, err := strconv.Atoi(n)
		if !ok || err != nil {
			t.Fatalf("%s: %q is no count and path", unreadList, lines.Text())
		}
		unread[path] = count
	}
	return unread, true
}
