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
