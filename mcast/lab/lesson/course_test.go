package lesson

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The lessons that a lesson needs come before it, so nobody has to know what comes later:
// needs form no circle. The first lesson needs none. A lesson that is named as known, as in
// (lesson article), comes before, too, and "the next lesson" is one of the same block.
func TestOrder(t *testing.T) {
	var places []string // those not written yet, too
	for _, b := range course {
		places = append(places, b.Lessons...)
	}
	seen := map[string]bool{}
	for i, name := range places {
		if seen[name] {
			t.Errorf("%s has two places", name)
		}
		seen[name] = true
		if !written(name) {
			continue
		}
		l, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 && len(l.Needs) > 0 {
			t.Errorf("the first lesson, %s, needs %s", name, l.Needs)
		}
		text, err := files.ReadFile("lessons/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(string(text)), " ")
		for _, other := range append(l.Needs, referred(flat)...) {
			if place := slices.Index(places, other); place < 0 || place >= i {
				t.Errorf("%s needs %s, or names it as known, which comes after it or is no lesson", name, other)
			}
		}
		block, _ := BlockOf(name)
		if strings.Contains(flat, "he next lesson") && name == block.Lessons[len(block.Lessons)-1] {
			t.Errorf("%s speaks of the next lesson, and is the last of its block", name)
		}
	}
	if got := referred(`as said (lesson article). In the lesson "echo", A sends. The lesson shows that.`); !slices.Equal(got, []string{"article", "echo"}) {
		t.Errorf("the text names %q", got)
	}
}

var lessonNamed = regexp.MustCompile(`\(lesson ([a-z-]+)\)|lesson "([a-z-]+)"`)

// referred are the lessons that a text names.
func referred(text string) (names []string) {
	for _, m := range lessonNamed.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1]+m[2])
	}
	return names
}

func TestBlocks(t *testing.T) {
	if all := Course(); len(all) != len(course) {
		t.Errorf("%d blocks", len(all))
	}
	var names []string
	for _, b := range Course() {
		if len(b.Lessons) == 0 || b.Minutes() < 10*len(b.Lessons) || b.About == "" {
			t.Errorf("block %s: %d lessons, %d minutes, about %q", b.Name, len(b.Lessons), b.Minutes(), b.About)
		}
		if found, ok := FindBlock(b.Name); !ok || found.Title != b.Title {
			t.Errorf("block %s is not found", b.Name)
		}
		names = append(names, b.Lessons...)
	}
	if !slices.Equal(names, order) {
		t.Errorf("the blocks have %q, the order %q", names, order)
	}
	if _, ok := FindBlock("none"); ok {
		t.Error("there is a block none")
	}
}

// The paths fit their time. Each lesson of a path is one of the course, comes after those that
// it needs, or the slot says what the teacher says in their place, and an exercise comes after
// its lesson.
func TestPaths(t *testing.T) {
	totals := map[string][2]int{"90-minutes": {90, 90}, "one-day": {4 * 60, 6 * 60}}
	if len(totals) != len(paths) {
		t.Errorf("%d paths", len(paths))
	}
	for _, p := range paths {
		if n, bounds := p.Minutes(), totals[p.Name]; n < bounds[0] || n > bounds[1] {
			t.Errorf("%s takes %d minutes, want %d", p.Name, n, bounds)
		}
		taken := map[string]bool{}
		since := 0 // the last break
		for _, s := range p.Slots {
			since += s.Minutes
			if s.How == Break {
				since = 0
			}
			if since > 100 {
				t.Errorf("%s: %d minutes without a break at %s %s", p.Name, since, s.How, s.Lesson)
			}
			switch s.How {
			case Talk, Break:
				if s.Lesson != "" || s.How == Talk && s.Text == "" {
					t.Errorf("%s: %+v", p.Name, s)
				}
				continue
			case Watch, Predict, Mend, SkipTo:
			default:
				t.Errorf("%s: how is %q", p.Name, s.How)
			}
			if _, ok := BlockOf(s.Lesson); !ok {
				t.Errorf("%s: no lesson %q", p.Name, s.Lesson)
			}
			if s.How == Mend && !taken[s.Lesson] {
				t.Errorf("%s: the exercise %s comes before its lesson", p.Name, s.Lesson)
			}
			taken[s.Lesson] = true
			if !written(s.Lesson) {
				continue
			}
			l, err := Find(s.Lesson)
			if err != nil {
				t.Fatal(err)
			}
			for _, need := range l.Needs {
				if !taken[need] && s.Text == "" {
					t.Errorf("%s: %s needs %s, and the teacher says nothing in its place", p.Name, s.Lesson, need)
				}
			}
			if s.How == Mend && l.Exercise == nil {
				t.Errorf("%s: %s has no exercise", p.Name, s.Lesson)
			}
			if s.How == Predict && s.Minutes < l.Minutes {
				t.Errorf("%s: %s takes %d minutes, and has %d", p.Name, s.Lesson, l.Minutes, s.Minutes)
			}
		}
		if found, ok := FindPath(p.Name); !ok || found.Title != p.Title {
			t.Errorf("the path %s is not found", p.Name)
		}
	}
	for _, b := range Course() {
		if p, ok := FindPath(b.Name); !ok || p.Minutes() != b.Minutes() || len(p.Slots) != len(b.Lessons) {
			t.Errorf("the path through %s: %+v", b.Name, p)
		}
	}
}
