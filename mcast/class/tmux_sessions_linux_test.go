package class

import "slices"

// drawnSession is a program that is recorded in the first host of a lab.
type drawnSession struct {
	name     string
	topology string
	hosts    int
	host     string // the first of them
	command  []string
	others   map[string]string // scripts in other hosts
	steps    []drawnStep

	// The program is told that the terminal counts grapheme clusters (mode 2027), which
	// tmux 3.3 does not: it is not asked.
	clusters bool
}

// drawnStep does something, and waits until the screen has a text.
type drawnStep struct {
	name  string
	do    []Input
	shows string
	busy  bool // the screen does not come to rest
}

func typeLine(s string) []Input { return []Input{{Text: s}, press("Enter")} }

func typed1(s string) []Input { return []Input{{Text: s}} }

func press(name string) Input { return Input{Key: Key{Name: name}} }

func ctrl(name string) Input { return Input{Key: Key{Name: name, Ctrl: true}} }

func keys(names ...string) (list []Input) {
	for _, n := range names {
		list = append(list, press(n))
	}
	return list
}

var drawnSessions = []drawnSession{
	{
		name: "talk", topology: "classroom", hosts: 4, command: []string{"groupcast", "chat", "--name", "Ada"},
		others: map[string]string{"H2": `{ sleep 1; echo "hello from Bob"; sleep 60; } | groupcast chat --plain --plain-only=false --name Bob`, "H3": `{ sleep 2; echo "selam"; sleep 60; } | groupcast chat --plain --plain-only=false --name Çelik`},
		steps: []drawnStep{
			{name: "begin", shows: "❯"},
			{name: "heard", shows: "selam"},
			{name: "typed", do: []Input{{Text: "a line that is being typed, and edited: é字"}, press("ArrowLeft"), press("Home"), ctrl("ArrowRight")}, shows: "typed"},
			{name: "said", do: keys("Enter"), shows: "edited"},
			{name: "wide", do: typeLine("漢字 かな交じり文 한국어"), shows: "한국어"},
			{name: "flags", do: typeLine("🇩🇪🇫🇷 🇯🇵"), shows: "🇯🇵"},
			{name: "skin", do: typeLine("👍🏽 👋🏿"), shows: "👋🏿"},
			{name: "zwj", do: typeLine("👩\u200d🚀 👩\u200d👩\u200d👧"), shows: "🚀"},
			{name: "marks", do: typeLine("e\u0301 n\u0303 o\u0302\u0301 Ångström"), shows: "Ångström"},
			{name: "who", do: typeLine("/who"), shows: "Çelik"},
			{name: "datagrams", do: keys("F2"), shows: "Datagrams"},
			{name: "one", do: keys("ArrowUp", "Enter"), shows: ""},
			{name: "calls", do: keys("Escape", "F3"), shows: "Calls"},
			{name: "map", do: keys("F4"), shows: "Map"},
			{name: "interface", do: keys("F5"), shows: "eth0"},
			{name: "group", do: keys("Escape", "F6"), shows: "224.0.0.114"},
			{name: "source", do: keys("Escape", "F7"), shows: ""},
			{name: "talk again", do: keys("Escape", "F1"), shows: "❯"},
			{name: "frozen", do: keys("F8"), shows: ""},
			{name: "going on", do: keys("F8"), shows: ""},
			{name: "help", do: keys("F9"), shows: "Help"},
			{name: "more help", do: keys("PageDown"), shows: ""},
			{name: "no help", do: keys("Escape"), shows: "❯"},
			{name: "F10", do: keys("F10"), shows: ""},
			{name: "F11", do: keys("F11"), shows: ""},
			{name: "matrix", do: keys("F12"), shows: "Matrix"},
			{name: "panes", do: keys("Escape", "Tab", "Tab"), shows: ""},
			{name: "search", do: []Input{press("Escape"), ctrl("s"), {Text: "hello"}}, shows: "hello"},
			{name: "end", do: []Input{press("Escape"), ctrl("c")}, shows: ""},
		},
	}, {
		name: "scroll", topology: "classroom", hosts: 3, command: []string{"groupcast", "chat", "--name", "Ada"},
		others: map[string]string{"H2": `{ sleep 1; for i in $(seq 150); do echo "line $i of many: 字 and é"; sleep 0.02; done; sleep 60; } | groupcast chat --plain --plain-only=false --name Bob`},
		steps: []drawnStep{
			{name: "20", shows: "line 20 of", busy: true},
			{name: "50", shows: "line 50 of", busy: true},
			{name: "back", do: keys("PageUp"), shows: "", busy: true},
			{name: "100", do: keys("End"), shows: "line 10", busy: true},
			{name: "150", shows: "line 150 of"},
			{name: "up", do: keys("PageUp", "PageUp"), shows: "line"},
			{name: "down", do: keys("PageDown"), shows: "line"},
		},
	},
	{
		name: "doctor", topology: "article", command: []string{"sh", "-c", "groupcast doctor; read x; groupcast interfaces; read x; groupcast doctor --help; read x"},
		steps: []drawnStep{
			{name: "doctor", shows: ""},
			{name: "interfaces", do: keys("Enter"), shows: "eth1"},
			{name: "help", do: keys("Enter"), shows: ""},
		},
	},
	{
		name: "ping", topology: "classroom", hosts: 5, command: []string{"groupcast", "ping", "--ui", "239.1.2.3:5000"},
		others: map[string]string{
			"H2": "groupcast echo 239.1.2.3:5000", "H3": "groupcast echo 239.1.2.3:5000", "H4": "groupcast echo 239.1.2.3:5000",
		},
		steps: []drawnStep{
			{name: "replies", shows: "192.168.1.4", busy: true},
			{name: "sorted", do: typed1("s"), shows: "192.168.1.3", busy: true},
			{name: "paused", do: typed1("p"), shows: "paused"},
			{name: "help", do: typed1("?"), shows: ""},
			{name: "detail", do: append(typed1("?"), keys("ArrowDown", "Enter")...), shows: ""},
			{name: "end", do: keys("Escape", "q"), shows: "responders"},
		},
	},
	{
		name: "watch", topology: "classroom", hosts: 4, command: []string{"groupcast", "watch", "239.1.1.1:5004+3"},
		others: map[string]string{
			"H2": "groupcast send --rate 20 239.1.1.1:5004+2", "H3": "sleep 2; groupcast send --rate 50 -t 2s 239.1.1.1:5004",
		},
		steps: []drawnStep{
			{name: "streams", shows: "● 239.1.1.2", busy: true},
			{name: "two", shows: "○ 239.1.1.1", busy: true},
			{name: "help", do: typed1("?"), shows: "", busy: true},
			{name: "detail", do: append(typed1("?"), keys("ArrowDown", "Enter")...), shows: "", busy: true},
			{name: "back", do: keys("Escape"), shows: "", busy: true},
			{name: "end", do: keys("q"), shows: ""},
		},
	},
	{
		name: "igmp", topology: "snooping", command: []string{"groupcast", "igmp"},
		others: map[string]string{
			"B": "groupcast listen 239.1.1.1:5004", "C": "groupcast listen 239.1.1.2:5004",
		},
		steps: []drawnStep{
			{name: "members", shows: "239.1.1.2", busy: true},
			{name: "help", do: typed1("?"), shows: "", busy: true},
			{name: "end", do: append(typed1("?"), keys("q")...), shows: ""},
		},
	},
	{
		name: "lesson", topology: "classroom", hosts: 1, command: []string{"groupcast", "lab"},
		steps: []drawnStep{
			{name: "begin", shows: "1/5", busy: true},
			{name: "step", do: keys("Enter"), shows: ""},
			{name: "next", do: keys("Enter"), shows: ""},
			{name: "without", do: keys("F10"), shows: ""},
			{name: "with", do: keys("F10"), shows: ""},
			{name: "map", do: keys("F4"), shows: ""},
		},
	},
	{
		name: "lesson-text", topology: "classroom", hosts: 1, command: []string{"groupcast", "lab", "run", "own-copy-no-proof"},
		steps: []drawnStep{
			{name: "begin", shows: "enter"},
			{name: "step", do: keys("Enter"), shows: ""},
			{name: "next", do: keys("Enter"), shows: ""},
		},
	},
	{
		name: "shell", topology: "classroom", hosts: 1, command: []string{"bash", "--norc", "--noprofile", "-i"},
		steps: []drawnStep{
			{name: "prompt", shows: "$"},
			{name: "long", do: typeLine("seq -s ' ' 300; printf '\\033[1;31mred \\033[7mtur\\156ed\\033[m\\n'"), shows: "turned"},
			{name: "wide", do: typeLine("printf '字%.0s' $(seq 100); echo; printf 'a%.0s字' $(seq 60); echo do''ne"), shows: "done"},
			{name: "emoji", do: typeLine(`printf '\U1f44d\U1f3fd \U1f1e9\U1f1ea \U1f469\u200d\U1f680 \ne\u0301 o\u0302\u0301x 각 한\n'; echo en''d`), shows: "end"},
			{name: "edit", do: append([]Input{{Text: "echo a line that is edited, and longer than the screen is wide: 字字 é " + "0123456789 0123456789 0123456789"}}, keys("Home", "Delete", "Delete", "ArrowRight", "Backspace", "End", "ArrowLeft", "Backspace")...), shows: "0123"},
			{name: "left", do: []Input{ctrl("e"), ctrl("u"), ctrl("l")}, shows: "$"},
			{name: "table", do: typeLine("groupcast interfaces; ip -color=always address; ls --color=always -C /usr"), shows: "lib"},
			{name: "margins", do: typeLine(`printf '\033[2;6r\033[6;1H'; seq 20; printf '\033[r\033[9;1Htabs:\tone\ttwo\033[3;3H\033[2L\033[4;9H\033[3P\033[5;5H\033[4@\033[6;1H\033[1K\033[10;1H'; echo en''d`), shows: "end"},
		},
	},
	{
		name: "clusters", topology: "classroom", hosts: 1, command: []string{"groupcast", "chat", "--name", "Ada"}, clusters: true,
		steps: []drawnStep{
			{name: "begin", shows: "❯"},
			{name: "said", do: slices.Concat(typeLine("❤️ 1️⃣ ☎️ 👍🏽"), typeLine("👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈"), typeLine("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f end")), shows: "end"},
			{name: "matrix", do: keys("F2"), shows: "Datagrams"},
			{name: "back", do: keys("F1"), shows: "end"},
		},
	},
}
