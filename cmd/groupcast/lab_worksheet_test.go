package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/tui/picture"
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

// --all writes a page for each lesson, and again over those that are there.
func TestWorksheetsOfAll(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sheets")
	for _, answers := range []bool{false, true, true} {
		var said strings.Builder
		if err := writeWorksheets(&said, dir, answers); err != nil || !strings.Contains(said.String(), dir) {
			t.Fatalf("%v, %q", err, said.String())
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(files) != 2*len(lesson.All()) {
		t.Errorf("%d files, %v", len(files), err)
	}
	for name, crossed := range map[string]bool{"article.html": false, "article-answers.html": true} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.Contains(string(b), "☒") != crossed {
			t.Errorf("%s: %v, or a choice is crossed, or is not", name, err)
		}
	}
	for _, args := range [][]string{{"lab", "worksheet"}, {"lab", "worksheet", "--all", ""}, {"lab", "worksheet", "--all", "x", "article"}} {
		if err := understood(newRoot(), args); err == nil {
			t.Errorf("%q is taken for a command", args)
		}
	}
	if err := writeWorksheets(io.Discard, filepath.Join(dir, "no", "such"), false); err == nil {
		t.Error("a directory without a parent was made")
	}
}

// A prediction is answered by the steps after it, and explained by the prose after these, but
// not by what leads on.
func TestPredictionsOf(t *testing.T) {
	l, err := lesson.Parse("x.txt", strings.NewReader("title: x\ntopology: lan\n\npredict: Why? | a* | b\n\nNow A sends.\n\n    A: peer send to=239.1.2.3:1234 x\n    expect: sent\n\nWhat happened: it left.\n\nNext is y.\n\n    A: peer send to=239.1.2.3:1234 y\n\npredict: And? | a | b*\n\n    A: peer send to=239.1.2.3:1234 z\n    expect: sent\n\nIt left, too.\n"))
	if err != nil {
		t.Fatal(err)
	}
	list := predictionsOf(l)
	if len(list) != 2 || !slices.Equal(list[0].why, []string{"It left."}) || !slices.Equal(list[0].commands, []string{"A$ peer send to=239.1.2.3:1234 x"}) ||
		!slices.Equal(list[1].why, []string{"It left, too."}) || len(list[1].commands) != 1 {
		t.Errorf("%+v", list)
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

// The student's copy of each lesson's worksheet prints on one page of A4 or of Letter, which is
// the shorter one: 279.4 mm, without margins of 9 mm. The heights are those of the style sheet,
// and the characters of a line were measured with Chromium and DejaVu Serif, whose letters are
// wide; the sum is above what the browser makes of each lesson.
func TestWorksheetsFit(t *testing.T) {
	for _, l := range lesson.All() {
		if h := worksheetHeight(l); h > worksheetRoom {
			t.Errorf("%s: its worksheet is %.0f mm high, and the page has %.0f: shorten its predictions, questions or task", l.Name, h, worksheetRoom)
		}
	}
	long, err := lesson.Find("article")
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		long.Parts = append(long.Parts, long.Parts...)
		if worksheetHeight(long) > worksheetRoom {
			return
		}
	}
	t.Errorf("a worksheet of %d predictions fits on a page", len(predictionsOf(long)))
}

// worksheetRoom is the height of a page of Letter without its margins, in mm, and a little less.
const worksheetRoom = 260.0

// worksheetHeight is the least height of a student's copy, in mm.
func worksheetHeight(l lesson.Lesson) float64 {
	const (
		width = 184.0
		line  = 4.15 // of 9 points
		char  = 1.68
		code  = 3.48 // a line of 7.5 points
		title = 2.5 + 4.3 + 1
	)
	lines := func(text string, mm, char float64) float64 {
		return float64(strings.Count(wrap(text, int(mm/char)), "\n"))
	}
	h := 5 + 2.5 + lines(l.Title, width, 2.6)*6 + 1
	if len(l.Goals) > 0 {
		h += lines("After this you can "+strings.Join(l.Goals, "; ")+".", width, 1.5)*3.7 + 1
	}
	h += lines(fmt.Sprintf("%d minutes. Before it: %s. Start: groupcast lab run --stay %s", l.Minutes, strings.Join(l.Needs, ", "), l.Name), width, char)*line + 1
	svg := picture.NewDiagram(networkOf(l.Topology), nil, picture.DiagramOptions{Columns: lessonWidth}).SVG(picture.Light)
	var w, high float64
	fmt.Sscanf(svg[strings.Index(svg, "viewBox="):], `viewBox="0 0 %f %f"`, &w, &high)
	const px = 25.4 / 96
	scale := min(px, 84/w, 31/high)
	rows := 0.0
	for row := range strings.Lines(l.Network()) {
		rows += max(1, math.Ceil(float64(len([]rune(row)))/((width-4-w*scale)/1.28)))
	}
	h += max(high*scale, rows*2.8) + 2
	if list := predictionsOf(l); len(list) > 0 {
		h += 6.5
		for _, p := range list {
			asked, shown := lines(p.Text, width*.44-3, char), 0.0
			for _, c := range p.Choices {
				asked += lines("x: "+c, width*.44-3-7, char)
			}
			for _, c := range p.commands {
				shown += lines(c, width*.30-3, 1.6)
			}
			h += max(18, asked*line+3, shown*code+3)
		}
	}
	if n := len(l.Questions); n > 0 {
		most := 0.0
		for _, q := range l.Questions {
			most = max(most, lines(q.Text, (width-4*float64(n-1))/float64(n), char))
		}
		h += title + most*line + 1 + 8
	}
	if l.Exercise != nil {
		h += title
		for _, text := range l.Exercise.Task {
			h += lines(text, width, char)*line + 1
		}
		h += lines(fmt.Sprintf("Start: groupcast lab exercise %s. Is it mended? groupcast lab check %s. A hint: groupcast lab hint %s", l.Name, l.Name, l.Name), width, char)*line + 1
		h += line + 1 + 8
	}
	return h
}
