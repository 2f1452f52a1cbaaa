package main

import (
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// heldPictures are the pictures of docs/screens that show what the walk comes by. They are
// drawn from values of a story (package tui), so that times and ports are always the same.
var heldPictures = []string{"talk", "finding", "datagram", "map", "interfaces", "calls"}

var (
	svgText = pattern(`<text[^>]*>([^<]*)</text>`)
	aWord   = pattern(`^[A-Za-z][A-Za-z'-]*$`)
)

// wordsOf are the words of a text, without numbers, addresses and signs.
func wordsOf(text string) (list []string) {
	for word := range strings.FieldsSeq(text) {
		if word = strings.Trim(word, ".,:;()*\"…"); aWord().MatchString(word) {
			list = append(list, strings.ToLower(word))
		}
	}
	return list
}

// holdsPictures holds the words on a picture against those that the program printed in the walk.
func holdsPictures(t *testing.T, printed map[string]bool) {
	t.Helper()
	page, err := os.ReadFile("../../docs/pitfalls/wrong-egress.md") // the terminal has room for its beginning
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range wordsOf(string(page)) {
		printed[word] = true
	}
	for _, name := range heldPictures {
		for _, theme := range []string{"dark", "light"} {
			file := filepath.Join("..", "..", "docs", "screens", name+"-"+theme+".svg")
			svg, err := os.ReadFile(file)
			if err != nil {
				t.Error(err)
				continue
			}
			var unknown []string
			words := 0
			for _, text := range svgText().FindAllStringSubmatch(string(svg), -1) {
				for _, word := range wordsOf(html.UnescapeString(text[1])) {
					if words++; !printed[word] && onlyOnPictures[word] == "" && !slices.Contains(unknown, word) {
						unknown = append(unknown, word)
					}
				}
			}
			if words < 20 || len(unknown) > 0 {
				t.Errorf("%s has %d words; the program did not print in the walk: %q", file, words, unknown)
			}
		}
	}
}

// onlyOnPictures are words on pictures that the walk does not come by, with the reason.
var onlyOnPictures = map[string]string{
	"anyone": said, "answers": said, "see": said, "say": said, "myself": said, "your": said, "turn": said,
	"why": "the page names a command so", "he": "elsewhere, cut", "elsewhere": "another interface is selected",
}

const said = "a person says it"
