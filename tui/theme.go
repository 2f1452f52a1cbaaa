package tui

import (
	"slices"
	"strings"
)

// Theme is what the screen's colours are made for.
type Theme uint8

// The themes. ThemeAuto asks the terminal for its background (OSC 11); until it
// answers, and where it does not, COLORFGBG counts, and without that the
// background is taken to be dark.
const (
	ThemeAuto Theme = iota
	ThemeLight
	ThemeDark
)

// isDark is what the options and the environment say of the background.
func isDark(theme Theme, env []string) bool {
	switch theme {
	case ThemeLight:
		return false
	case ThemeDark:
		return true
	}
	background, ok := colorFgBg(env)
	return !ok || !slices.Contains(lightColours, background)
}

// lightColours are those of the 16 that are light as a background. Vim counts
// the same: 0 to 6 and 8 are dark.
var lightColours = []string{"7", "9", "10", "11", "12", "13", "14", "15"}

// colorFgBg is the background in COLORFGBG, which rxvt, Konsole and others set:
// "foreground;background", or three fields of which the last is it. A default
// background says nothing.
func colorFgBg(env []string) (background string, ok bool) {
	for _, e := range env {
		if value, is := strings.CutPrefix(e, "COLORFGBG="); is {
			fields := strings.Split(value, ";")
			background, ok = fields[len(fields)-1], len(fields) > 1
		}
	}
	return background, ok && background != "" && background != "default"
}
