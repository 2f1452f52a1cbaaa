package main

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// The worksheet of each lesson has its predictions, its exercise and its questions, and
// the answers only in the teacher's copy. It loads nothing, and texts are texts.
func TestWorksheets(t *testing.T) {
	hostile, err := lesson.Parse("hostile.txt", strings.NewReader("title: <script>alert(1)</script>\ntopology: lan\n\nProse.\n\n? <b>Why</b>?\n\n= \"So\" & so.\n\n    A: peer send to=239.1.2.3:1234 x\n    expect: sent\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range append(lesson.All(), hostile) {
		var student, teacher strings.Builder
		if err := errors.Join(writeWorksheet(&student, l, false), writeWorksheet(&teacher, l, true)); err != nil {
			t.Fatalf("%s: %v", l.Name, err)
		}
		paper, names := textOf(t, l.Name, student.String())
		key, _ := textOf(t, l.Name, teacher.String())
		for _, forbidden := range []string{"script", "link", "img", "iframe"} {
			if slices.Contains(names, forbidden) {
				t.Errorf("%s: an element %s", l.Name, forbidden)
			}
		}
		want := []string{l.Title}
		for _, p := range l.Parts {
			if p.Predict != nil {
				want = append(append(want, p.Predict.Text), p.Predict.Choices...)
			}
		}
		for _, q := range l.Questions {
			want = append(want, q.Text)
			if strings.Contains(paper, squeezed(q.Answer)) || !strings.Contains(key, squeezed(q.Answer)) {
				t.Errorf("%s: the answer %q is on the student's page, or not on the teacher's", l.Name, q.Answer)
			}
		}
		if l.Exercise != nil {
			want = append(want, l.Exercise.Task...)
		}
		for _, text := range want {
			if !strings.Contains(paper, squeezed(text)) {
				t.Errorf("%s: the page has no %q", l.Name, text)
			}
		}
		if strings.Contains(paper, "☒") {
			t.Errorf("%s: a choice is crossed for the student", l.Name)
		}
	}
}

// textOf is the text of a page without its spaces, with the names of its elements.
func textOf(t *testing.T, name, page string) (text string, names []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var b strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return squeezed(b.String()), names
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			names = append(names, strings.ToLower(token.Name.Local))
		case xml.CharData:
			b.Write(token)
		}
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }
