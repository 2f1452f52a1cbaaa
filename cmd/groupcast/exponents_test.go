package main

import (
	"regexp"
	"strings"
	"testing"
)

// "%.2g" of 99.6 is "1e+02", and of a loss of one in ten million "1e-05": people are shown
// stream.Digits, or significant.
func TestNoNumberForPeopleHasAnExponent(t *testing.T) {
	shortened := regexp.MustCompile(`%\.[0-9][gG]|FormatFloat\(.*'[gGeE]', (\d|[a-z]).*`)
	for path, text := range goFiles(t) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, found := range shortened.FindAllString(text, -1) {
			if found != "FormatFloat(n, 'g', digits, 64), 64)" {
				t.Errorf("%s: %s", path, found)
			}
		}
	}
}
