package tui

import (
	"slices"
	"strings"
)

// view is one of the things that the main part of the screen shows.
type view uint8

const (
	talkView view = iota
	datagramsView
	callsView
	mapView
	matrixView
	views
)

var viewNames = [views]string{"Talk", "Datagrams", "Calls", "Map", "Matrix"}

// focus says which region the keys act on.
type focus uint8

// The regions. Those of the talk come in the order of the tab key.
const (
	onInput focus = iota
	onTalk
	onPitfalls
	onMembership
	onHeard
	onFind   // what is looked for in the talk
	onFilter // the filter of the pane that has the focus
	onList   // datagrams or calls
	onMap    // the drawing
	onMatrix // who hears whom
	onPicker // a list over the screen
	onPaste  // the question what is to become of pasted lines
)

// tabs is the order of the tab key in each view.
var tabs = [views][]focus{
	talkView:      {onInput, onTalk, onPitfalls, onMembership, onHeard},
	datagramsView: {onList, onInput},
	callsView:     {onList, onInput},
	mapView:       {onInput, onMap},
	matrixView:    {onMatrix, onInput},
}

// op is an operation that a key or the mouse asks for.
type op uint8

const (
	opNone op = iota
	opSend
	opSendEach
	opSendOne
	opNextPane
	opPreviousPane
	opBack
	opFixFirst
	opFix
	opOpen
	opUp
	opDown
	opLeft
	opRight
	opPageUp
	opPageDown
	opTop
	opNewest
	opTalk
	opDatagrams
	opCalls
	opMap
	opMatrix
	opInterfaces
	opGroups
	opSources
	opFreeze
	opFind
	opFindOlder
	opFindNewer
	opFilter
	opSort
	opMark
	opMarkUp
	opMarkDown
	opCopy
	opCopyAll
	opChoose
	opOther
	opHelp
	opLesson
	opSuspend
	opQuit
)

// binding is one row of the table of keys.
type binding struct {
	op     op
	keys   []string // as tea.Key.String says them
	in     []focus  // nil: everywhere
	label  string   // "": the row above says it
	text   string
	footer string // the same in the last row of the screen: a key and a word; "": not there
	part   string // of the help, from here on
}

var (
	tables    = []focus{onMembership, onHeard}
	panes     = []focus{onTalk, onMembership, onHeard, onMap}
	notTyping = []focus{onTalk, onPitfalls, onMembership, onHeard, onMap, onMatrix} // letters are free to be keys there
)

// bindings is the one table of keys: what they do, what the help and the docs
// say, and what the last row says. The first that fits wins.
var bindings = []binding{
	{opSend, []string{"enter"}, []focus{onInput}, "enter", "send the line, or carry out the command", "", "Everywhere"},
	{opNextPane, []string{"tab"}, nil, "tab", "next pane (shift+tab: back); completes a command", "tab pane", ""},
	{opPreviousPane, []string{"shift+tab"}, nil, "", "", "", ""},
	{opBack, []string{"esc"}, nil, "esc", "back: to the input, to the talk", "esc back", ""},
	{opTalk, []string{"f1", "alt+1"}, nil, "F1 to F4", "Talk, Datagrams, Calls, Map (also alt+1 to alt+4)", "", ""},
	{opDatagrams, []string{"f2", "alt+2"}, nil, "", "", "", ""},
	{opCalls, []string{"f3", "alt+3"}, nil, "", "", "", ""},
	{opMap, []string{"f4", "alt+4"}, nil, "", "", "", ""},
	{opInterfaces, []string{"f5", "alt+5"}, nil, "F5 F6 F7", "choose an interface, a group, a source (also alt+5 to alt+7)", "F5 interface", ""},
	{opGroups, []string{"f6", "alt+6"}, nil, "", "", "F6 group", ""},
	{opSources, []string{"f7", "alt+7"}, nil, "", "", "F7 source", ""},
	{opFreeze, []string{"f8", "alt+8", "ctrl+p"}, nil, "F8", "freeze the screen, or go on (also alt+8, ctrl+p)", "F8 freeze", ""},
	{opHelp, []string{"f9", "alt+9"}, nil, "F9 or ?", "this help; ? when nothing is typed (also alt+9)", "? help", ""},
	{opHelp, []string{"?"}, notTyping, "", "", "", ""},
	{opHelp, []string{"?"}, []focus{onInput}, "", "", "", ""},
	{opLesson, []string{"f10", "alt+0"}, nil, "F10", "in groupcast lab: hide the lesson, and show it (also alt+0)", "", ""},
	{opMatrix, []string{"f12", "alt+="}, nil, "F12", "Matrix: which member hears which (also alt+=)", "", ""},
	{opFixFirst, []string{"ctrl+f"}, nil, "ctrl+f", "apply the first fix of the pitfalls", "ctrl+f fix", ""},
	{opFind, []string{"ctrl+s"}, nil, "ctrl+s", "look for text in the talk", "", ""},
	{opPageUp, []string{"pgup"}, nil, "pgup pgdn end", "scroll; back to the newest", "pgup/pgdn scroll", ""},
	{opPageDown, []string{"pgdown"}, nil, "", "", "", ""},
	{opNewest, []string{"end"}, nil, "", "", "", ""},
	{opSuspend, []string{"ctrl+z"}, nil, "ctrl+z", "stop the program; the shell's fg goes on", "", ""},
	{opQuit, []string{"ctrl+c"}, nil, "ctrl+c", "leave all groups, and end", "ctrl+c quit", ""},

	{opUp, []string{"up"}, []focus{onInput}, "up down", "earlier input", "", "Typing"},
	{opDown, []string{"down"}, []focus{onInput}, "", "", "", ""},

	{opUp, []string{"up", "k"}, panes, "up down", "scroll (also k j)", "up/down scroll", "In a pane"},
	{opDown, []string{"down", "j"}, panes, "", "", "", ""},
	{opUp, []string{"up", "k"}, []focus{onPitfalls}, "", "", "up/down select", ""},
	{opDown, []string{"down", "j"}, []focus{onPitfalls}, "", "", "", ""},
	{opTop, []string{"home", "g"}, notTyping, "home end", "to the first and to the newest row (also g G)", "", ""},
	{opNewest, []string{"G"}, notTyping, "", "", "", ""},
	{opFilter, []string{"/"}, tables, "/", "in Membership and Heard from: shows only the rows with these words", "/ filter", ""},
	{opSort, []string{"s"}, tables, "s", "in Membership and Heard from: the next order of the rows", "s order", ""},
	{opOpen, []string{"enter"}, []focus{onHeard}, "enter", "in Heard from: all that is known of each", "", ""},
	{opUp, []string{"up"}, []focus{onFilter}, "", "", "up/down scroll", ""},
	{opDown, []string{"down"}, []focus{onFilter}, "", "", "", ""},
	{opFilter, []string{"enter"}, []focus{onFilter}, "", "", "enter keep", ""},
	{opFix, []string{"f"}, []focus{onPitfalls}, "f", "in Pitfalls: apply the fix", "f fix", ""},
	{opOpen, []string{"enter"}, []focus{onPitfalls}, "enter", "in Pitfalls: why, and what helps", "enter why", ""},

	{opOpen, []string{"enter"}, []focus{onTalk}, "enter", "all that is known of the marked line, or of the lowest", "enter line", "In the talk"},
	{opFind, []string{"/"}, []focus{onTalk}, "/", "look for text (also ctrl+s, from anywhere)", "/ find", ""},
	{opFindOlder, []string{"n"}, []focus{onTalk}, "n N", "the next older match, the next newer one", "", ""},
	{opFindNewer, []string{"N"}, []focus{onTalk}, "", "", "", ""},
	{opFindOlder, []string{"up"}, []focus{onFind}, "", "", "up/down older/newer", ""},
	{opFindNewer, []string{"down"}, []focus{onFind}, "", "", "", ""},
	{opOpen, []string{"enter"}, []focus{onFind}, "", "", "enter keep", ""},
	{opMark, []string{"v", "space"}, []focus{onTalk}, "v", "mark lines, from the lowest; up and down extend (also space)", "v mark", ""},
	{opMarkUp, []string{"shift+up", "K"}, []focus{onTalk}, "shift+up/down", "mark lines at once", "", ""},
	{opMarkDown, []string{"shift+down", "J"}, []focus{onTalk}, "", "", "", ""},
	{opCopy, []string{"y"}, []focus{onTalk}, "y Y", "copy the marked texts; with time and sender", "y copy", ""},
	{opCopyAll, []string{"Y"}, []focus{onTalk}, "", "", "", ""},

	{opUp, []string{"up", "k"}, []focus{onMatrix}, "arrows", "select a cell; the row below explains it (also h j k l)", "arrows cell", "In the matrix"},
	{opDown, []string{"down", "j"}, []focus{onMatrix}, "", "", "", ""},
	{opLeft, []string{"left", "h"}, []focus{onMatrix}, "", "", "", ""},
	{opRight, []string{"right", "l"}, []focus{onMatrix}, "", "", "", ""},
	{opFix, []string{"f"}, []focus{onMatrix}, "f", "apply the fix that the row below names", "f fix", ""},
	{opOpen, []string{"enter"}, []focus{onMatrix}, "enter", "the pitfall that explains the cell; on you or another member: all that is known of it", "enter why", ""},

	{opUp, []string{"up"}, []focus{onList, onPicker}, "up down", "select; new rows wait below until end", "up/down select", "In Datagrams, Calls and the lists of F5 to F7"},
	{opDown, []string{"down"}, []focus{onList, onPicker}, "", "", "", ""},
	{opTop, []string{"home"}, []focus{onList, onPicker}, "", "", "", ""},
	{opOpen, []string{"enter"}, []focus{onList}, "enter", "open the datagram or the call; choose", "enter open", ""},
	{opChoose, []string{"enter"}, []focus{onPicker}, "", "", "", ""},
	{opOther, []string{"ctrl+o"}, []focus{onPicker}, "ctrl+o", "the other choice, which the list names", "", ""},
	{opNone, nil, []focus{onList, onPicker}, "typing", "shows only the rows with these words", "", ""},

	{opSendEach, []string{"e", "E"}, []focus{onPaste}, "e", "send each line as a datagram, 100 a second; empty ones are left out", "e each line", "After a paste of several lines"},
	{opSendOne, []string{"o", "O"}, []focus{onPaste}, "o", "send all of it as one datagram, with its line ends", "o as one datagram", ""},
	{opBack, []string{"esc"}, []focus{onPaste}, "esc", "send none of it", "esc none", ""},
}

// mouseActions are the actions of the mouse, and the keys for the same.
var mouseActions = [][2]string{
	{"click on Talk, Datagrams, Calls, Map", "F1 to F4"},
	{"click on a pane", "tab"},
	{"click on a finding; on it again", "up down; enter"},
	{"click on a row of a list; on it again", "up down; enter"},
	{"click on a cell of the matrix; on it again", "arrows; enter"},
	{"click on the input", "esc"},
	{"click beside a list of F5 to F7", "esc"},
	{"click on a key in the last row, but ctrl+c", "that key"},
	{"wheel", "up down, in the pane below the pointer"},
	{"drag in the talk", "shift+up, shift+down; then y copies"},
}

// lookup is the operation of a key in a region. Two keys in a row whose bytes came
// together, esc and another, look like one with alt.
func lookup(key string, in focus) op {
	if after, ok := strings.CutPrefix(key, "alt+"); ok && (after == "esc" || len(after) >= 2 && after[0] == 'f') {
		key = after
	}
	for _, b := range bindings {
		if slices.Contains(b.keys, key) && (b.in == nil || slices.Contains(b.in, in)) {
			return b.op
		}
	}
	return opNone
}

// Where a key comes in the last row.
const (
	special  = iota // to the region
	general         // to all
	function        // a function key
)

func (b binding) rank() int {
	switch {
	case b.in != nil:
		return special
	case b.footer != "" && b.footer[0] == 'F':
		return function
	}
	return general
}

// footerItem is a key in the last row.
type footerItem struct {
	key, word string
	op        op
}

// footerItems are the keys that act in a region, the most important first.
func footerItems(in focus, fixable bool) []footerItem {
	var items []footerItem
	for _, rank := range []int{special, general, function} {
		for _, b := range bindings {
			key, word, there := strings.Cut(b.footer, " ")
			switch {
			case !there || b.rank() != rank || b.in != nil && !slices.Contains(b.in, in):
				continue
			case b.op == opFix && !fixable, b.op == opFixFirst && (!fixable || in == onPitfalls):
				continue
			case b.op == opPageUp && in != onInput, b.op == opBack && in == onInput, b.op == opNextPane && in == onPicker:
				continue
			case in == onPaste && b.in == nil:
				continue
			case key == "?" && slices.Contains([]focus{onFind, onFilter, onList, onPicker}, in):
				key = "F9"
			}
			items = append(items, footerItem{key, word, b.op})
		}
	}
	return items
}
