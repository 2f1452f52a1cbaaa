package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// docs/keys.md is made from the tables that the screen itself goes by. Run with
// -update to write it anew.
func TestKeysInTheDocs(t *testing.T) {
	path, should := filepath.Join("..", "docs", "keys.md"), keysPage()
	old, err := os.ReadFile(path)
	if err != nil && !updating() {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(old), "\r\n", "\n") == should {
		return
	}
	if !updating() {
		t.Fatalf("%s is not what the tables say: run go test ./tui -update", path)
	}
	if err := os.WriteFile(path, []byte(should), 0o644); err != nil {
		t.Fatal(err)
	}
}

func keysPage() string {
	var b strings.Builder
	b.WriteString("# Keys, mouse and commands of the screen\n\nMade from the tables in tui/keys.go and tui/commands.go by `go test ./tui -update`. F9 shows the same on the screen.\n")
	for _, bind := range bindings {
		if bind.part != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s", bind.part, keyTable(bind.part))
		}
	}
	b.WriteString("\nEvery function key has an alt chord for terminals that keep the function keys to themselves.\n")
	b.WriteString("\n## Mouse\n\n| action | the same by key |\n|---|---|\n")
	for _, a := range mouseActions {
		fmt.Fprintf(&b, "| %s | %s |\n", a[0], a[1])
	}
	b.WriteString("\n`--mouse=false` leaves the mouse to the terminal; most terminals also do that while shift is held.\n")
	b.WriteString("\n## Commands\n\n| command | what it does |\n|---|---|\n")
	for _, c := range commands {
		name := "`" + strings.TrimSpace(c.name+" "+c.args) + "`"
		if c.alias != "" {
			name += " or `" + c.alias + "`"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", strings.ReplaceAll(name, "|", "\\|"), c.text)
	}
	b.WriteString("| `//text` | says /text |\n")
	b.WriteString("\n## On the screen of groupcast ping --ui\n\n| key | what it does |\n|---|---|\n")
	for _, bind := range pingKeys {
		if bind.label != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", bind.label, bind.text)
		}
	}
	b.WriteString("\n## On the screen of groupcast igmp\n\n| key | what it does |\n|---|---|\n")
	for _, bind := range igmpKeys {
		if bind.label != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", bind.label, bind.text)
		}
	}
	b.WriteString("\n## On the screen of groupcast watch\n\n| key | what it does |\n|---|---|\n")
	for _, bind := range watchKeys {
		if bind.label != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", bind.label, bind.text)
		}
	}
	b.WriteString("\n## On the screen of groupcast mesh\n\n| key | what it does |\n|---|---|\n")
	for _, bind := range meshKeys {
		if bind.label != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", bind.label, bind.text)
		}
	}
	b.WriteString("\n## On the screen of groupcast open\n\n| key | what it does |\n|---|---|\n")
	for _, bind := range recordingKeys {
		if bind.label != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", bind.label, bind.text)
		}
	}
	return b.String()
}

// keyTable is one part of the keys, as Markdown.
func keyTable(part string) string {
	var b strings.Builder
	b.WriteString("| key | what it does |\n|---|---|\n")
	current := ""
	for _, bind := range bindings {
		if bind.part != "" {
			current = bind.part
		}
		if current == part && bind.label != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", bind.label, bind.text)
		}
	}
	return b.String()
}

// Each key of the table is one that a terminal can send, and does one thing in
// a region.
func TestKeyTable(t *testing.T) {
	type place struct {
		key string
		in  focus
	}
	seen := map[place]op{}
	for _, b := range bindings {
		if b.op != opNone && len(b.keys) == 0 {
			t.Errorf("op %d has no key", b.op)
		}
		for _, k := range b.keys {
			for in := onInput; in <= onPaste; in++ {
				if b.in != nil && !slices.Contains(b.in, in) {
					continue
				}
				if old, twice := seen[place{k, in}]; twice && old != b.op {
					t.Errorf("%s in region %d does two things: %d and %d", k, in, old, b.op)
				}
				seen[place{k, in}] = b.op
			}
			if typed := len([]rune(k)) == 1 && k != "?"; typed && (slices.Contains(b.in, onInput) || slices.Contains(b.in, onFind) || slices.Contains(b.in, onFilter) || slices.Contains(b.in, onList) || slices.Contains(b.in, onPicker) || b.in == nil) {
				t.Errorf("%s is a key where it should type", k)
			}
		}
	}
	for o := opSend; o <= opQuit; o++ {
		if !hasOp(o) {
			t.Errorf("no key does op %d", o)
		}
	}
}

func hasOp(o op) bool {
	for _, b := range bindings {
		if b.op == o {
			return true
		}
	}
	return false
}
