package tui

import tea "charm.land/bubbletea/v2"

func (m *model) openPicker(k pickerKind) {
	if m.picker != nil && m.picker.kind == k {
		m.closePicker()
		return
	}
	m.page, m.pressed = noPage, nil
	m.picker = newPicker(m.styles, k)
	m.picker.fill(withMembers(m.snap))
	m.focusOn(onPicker)
}

func (m *model) closePicker() {
	if m.picker == nil {
		return
	}
	m.picker = nil
	m.focusOn(tabs[m.view][0])
}

func (m *model) choose() tea.Cmd {
	a, ok := m.picker.chosen()
	if !ok {
		return nil // the picker says why
	}
	m.closePicker()
	return m.change(a)
}
