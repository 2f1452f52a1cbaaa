package tui

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// manyHosts is a lab of 30 hosts on a switch.
type manyHosts struct{ entered []string }

func (v *manyHosts) Rows() []LabRow {
	rows := []LabRow{{Text: "lan"}}
	for n := range 30 {
		rows = append(rows, LabRow{Text: fmt.Sprintf(" ├─ H%d.eth0", n+1), Host: fmt.Sprintf("H%d", n+1)})
	}
	return rows
}

func (v *manyHosts) Enter(host string) *exec.Cmd {
	v.entered = append(v.entered, host)
	return exec.Command("true")
}

// press lets a model of a lab have keys.
func (m *labModel) press(keys ...tea.KeyPressMsg) (cmd tea.Cmd) {
	for _, k := range keys {
		_, cmd = m.Update(k)
	}
	return cmd
}

func (m *labModel) text() []string {
	return strings.Split(ansi.Strip(m.View().Content), "\n")
}

// However the lab is scrolled, the selected host is on the screen, and every row can
// be brought there.
func TestLabScreenScrolls(t *testing.T) {
	view := &manyHosts{}
	m := newLabModel("ready: class", view, Options{})
	down, up := tea.KeyPressMsg{Code: tea.KeyDown}, tea.KeyPressMsg{Code: tea.KeyUp}
	m.Update(tea.WindowSizeMsg{Width: 60, Height: 12})
	m.Update(labMsg(view.Rows()))
	shows := func(row int, want string) {
		t.Helper()
		if got := m.text()[row]; !strings.Contains(got, want) {
			t.Fatalf("row %d is %q, want %q:\n%s", row, got, want, strings.Join(m.text(), "\n"))
		}
	}
	shows(0, "ready: class")
	shows(1, "lan")
	shows(2, "▸  ├─ H1.eth0")
	shows(11, "21 rows more below")
	for n := 2; n <= 30; n++ {
		m.press(down)
		if !strings.Contains(m.View().Content, fmt.Sprintf("H%d.eth0", n)) {
			t.Fatalf("H%d is selected and not shown:\n%s", n, strings.Join(m.text(), "\n"))
		}
	}
	m.press(down, down)
	shows(10, "▸  ├─ H30.eth0")
	shows(11, "enter a shell in H30")
	m.Update(labMsg(view.Rows())) // what is selected stays
	shows(10, "▸  ├─ H30.eth0")
	m.press(tea.KeyPressMsg{Code: tea.KeyPgUp})
	shows(11, "enter a shell in H21")
	for range 40 {
		m.press(up)
	}
	shows(1, "lan")
	shows(11, "enter a shell in H1 ")
	m.press(tea.KeyPressMsg{Code: tea.KeyEnter})
	if len(view.entered) != 1 || view.entered[0] != "H1" {
		t.Errorf("entered: %q, want H1", view.entered)
	}
	for height := range 14 {
		m.Update(tea.WindowSizeMsg{Width: 20, Height: height})
		if got := len(m.text()); height > 0 && got != height {
			t.Errorf("%d rows on a screen of %d", got, height)
		}
	}
	if cmd := m.press(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}); cmd == nil {
		t.Error("ctrl+c does not end it")
	}
}

// task is a lab with something to do.
type task struct {
	manyHosts
	panel []LabPanelRow
	done  []string
}

func (v *task) Panel(int) []LabPanelRow { return v.panel }

func (v *task) Keys() []LabKey {
	return []LabKey{{Key: "c", Does: "check", Do: func() { v.done = append(v.done, "c") }}}
}

// On a screen that has no room for the whole panel, the rows that stay do stay, in
// their order, and the network keeps half of the screen.
func TestLabPanelFits(t *testing.T) {
	view := &task{panel: []LabPanelRow{{Text: "task 1"}, {Text: "task 2"}, {Text: "verdict", Stays: true}, {Text: "hint\x1b[2J", Stays: true}, {Text: "expected 1"}, {Text: "expected 2"}}}
	m := newLabModel("exercise", view, Options{})
	m.Update(labMsg(view.Rows()))
	for height, want := range map[int][]string{
		24: {"task 1", "task 2", "verdict", "hint␛[2J", "expected 1", "expected 2", "────"},
		12: {"task 1", "task 2", "verdict", "hint␛[2J", "2 rows more on a larger screen", "────"},
		10: {"task 1", "verdict", "hint␛[2J", "3 rows more on a larger screen", "────"},
		8:  {"verdict", "hint␛[2J", "4 rows more on a larger screen", "────"},
		7:  {"lan"},
	} {
		m.Update(tea.WindowSizeMsg{Width: 60, Height: height})
		text := m.text()
		for i, row := range want {
			if !strings.Contains(text[1+i], row) {
				t.Errorf("%d rows: row %d is %q, want %q:\n%s", height, 1+i, text[1+i], row, strings.Join(text, "\n"))
			}
		}
		if len(text) != height {
			t.Errorf("%d rows on a screen of %d", len(text), height)
		}
	}
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	if text := m.text(); !strings.Contains(text[23], "c check · ctrl+c ends it · enter a shell in H1") || strings.Contains(text[23], "choose") {
		t.Errorf("the foot is %q", text[23])
	}
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	if text := m.text(); !strings.Contains(text[29], "enter a shell in H1 · up/down choose") {
		t.Errorf("the foot of a wide screen is %q", text[29])
	}
	cmd := m.press(tea.KeyPressMsg{Code: 'c', Text: "c"})
	if cmd == nil {
		t.Fatal("c does nothing")
	}
	if cmd(); len(view.done) != 1 {
		t.Errorf("done: %q, want c once", view.done)
	}
}

// A title that ends with a command to be typed elsewhere is whole on 80 columns.
func TestLabScreenShowsAllOfItsTitle(t *testing.T) {
	const command = "groupcast lab enter snooping-no-querier A"
	m := newLabModel("ready: snooping-no-querier (3 hosts, 1 switch) in 309 ms; enter a host: "+command, &manyHosts{}, Options{})
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	m.Update(labMsg((&manyHosts{}).Rows()))
	rows := m.text()
	if len(rows) != 24 {
		t.Errorf("%d rows, want 24", len(rows))
	}
	if head := strings.Join(strings.Fields(rows[0]+rows[1]), " "); !strings.HasSuffix(head, command) {
		t.Errorf("the title is %q, want %s at its end", head, command)
	}
	if !strings.Contains(rows[2], "lan") || !strings.Contains(rows[23], "ctrl+c") {
		t.Errorf("below the title:\n%s", strings.Join(rows[2:], "\n"))
	}
}
