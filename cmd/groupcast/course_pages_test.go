package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

const (
	courseDir = "../../docs/course"
	courseOwn = "../../mcast/lab/lesson/course" // what the pages have beside the lessons' texts
)

const courseProof = "\n**How it was proved.** The project's tests run the commands and check the answers, which are those of the lessons. The notes on classes are expectations.\n"

// The teacher's pages of docs/course are made of the lessons, of the paths, and of what is
// written by hand for each block and path. Run with -update to write them anew.
func TestCoursePages(t *testing.T) {
	pages := map[string]string{"README.md": courseIndex(t)}
	for _, p := range lesson.Paths() {
		pages[p.Name+".md"] = pathPage(t, p)
	}
	for _, b := range lesson.Course() {
		pages[b.Name+".md"] = blockPage(t, b)
	}
	for name := range pages {
		pages[name] += courseProof
	}
	labtest.Pages(t, courseDir, pages, updating())
	own, err := filepath.Glob(courseOwn + "/*.txt")
	if err != nil || len(own) != len(pages) {
		t.Errorf("%s has %d texts for %d pages, %v", courseOwn, len(own), len(pages), err)
	}
}

// A block has ten check questions with their answers, or all that its lessons have.
func TestCheckQuestions(t *testing.T) {
	for _, b := range lesson.Course() {
		list, all := checkQuestions(b), 0
		for _, l := range b.All() {
			all += len(l.Questions) + len(predictionsOf(l))
		}
		if len(list) != min(mostChecks, all) {
			t.Errorf("%s has %d check questions, of %d", b.Name, len(list), all)
		}
		seen := map[string]bool{}
		for _, q := range list {
			if q.text == "" || q.answer == "" || seen[q.text] {
				t.Errorf("%s: %+v", b.Name, q)
			}
			seen[q.text] = true
		}
	}
}

// ownText is what is written by hand for a page, and why students choose a wrong answer: by
// lesson and answer.
func ownText(t *testing.T, name string) (text string, wrong map[[2]string]string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(courseOwn, name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	text, list, _ := strings.Cut(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n== wrong answers\n")
	wrong = map[[2]string]string{}
	for block := range strings.SplitSeq(strings.TrimSpace(list), "\n\n") {
		head, why, ok := strings.Cut(block, "\n")
		of, choice, named := strings.Cut(head, ": ")
		switch l, err := lesson.Find(of); {
		case block == "":
			continue
		case !ok || !named || err != nil:
			t.Errorf("%s.txt: %q is not LESSON: WRONG ANSWER, and why in the lines below it: %v", name, block, err)
		case !slices.ContainsFunc(predictionsOf(l), func(p askedPrediction) bool {
			i := slices.Index(p.Choices, choice)
			return i >= 0 && i != p.Right
		}):
			t.Errorf("%s.txt: %s has no prediction with the wrong answer %q", name, of, choice)
		}
		wrong[[2]string{of, choice}] = strings.Join(strings.Fields(why), " ")
	}
	return strings.TrimSpace(text), wrong
}

func lessonLink(l lesson.Lesson) string {
	return fmt.Sprintf("[%s](../lessons/%s.md)", l.Title, l.Name)
}

func courseIndex(t *testing.T) string {
	own, _ := ownText(t, "README")
	var b strings.Builder
	first, rest, _ := strings.Cut(own, "\n## ")
	fmt.Fprintf(&b, "# The course, for teachers\n\n%s\n\n| path | minutes | for whom |\n|---|---|---|\n", strings.TrimSpace(first))
	for _, p := range lesson.Paths() {
		fmt.Fprintf(&b, "| [%s](%s.md) | %d | %s |\n", p.Title, p.Name, p.Minutes(), p.About)
	}
	b.WriteString("\nThe blocks, in the order to take them in:\n\n| block | lessons | minutes | what a class learns |\n|---|---|---|---|\n")
	lessons, minutes := 0, 0
	for _, block := range lesson.Course() {
		lessons, minutes = lessons+len(block.Lessons), minutes+block.Minutes()
		fmt.Fprintf(&b, "| [%s](%s.md) | %d | %d | %s |\n", block.Title, block.Name, len(block.Lessons), block.Minutes(), block.About)
	}
	fmt.Fprintf(&b, "\nAll %s take about %d hours, without their exercises. `groupcast lab course` lists paths and blocks, and prints their timetables.\n\n## %s\n",
		chat.Count(lessons, "lesson"), (minutes+59)/60, rest)
	b.WriteString("\nThe pages are made of the lessons and of the texts in mcast/lab/lesson/course: `go test ./cmd/groupcast -run CoursePages -update`.\n")
	return b.String()
}

// howNames are the ways to take a lesson, in a table.
var howNames = map[lesson.How]string{lesson.Talk: "talk", lesson.Break: "break", lesson.Watch: "watch", lesson.Predict: "predict", lesson.Mend: "exercise", lesson.SkipTo: "skip to the end"}

func pathPage(t *testing.T, p lesson.Path) string {
	own, _ := ownText(t, p.Name)
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n%d minutes, without breaks. `groupcast lab course %s` prints this timetable.\n\n", p.Title, p.About, p.Minutes(), p.Name)
	b.WriteString("| time | minutes | how | what | type |\n|---|---|---|---|---|\n")
	var list []lesson.Lesson
	for _, row := range timetable(p) {
		what := row.Title
		if l, err := lesson.Find(row.Lesson); err == nil {
			what = lessonLink(l)
			if !slices.ContainsFunc(list, func(o lesson.Lesson) bool { return o.Name == l.Name }) {
				list = append(list, l)
			}
		}
		switch {
		case row.How == lesson.Talk:
			what = row.Text
		case row.Text != "":
			what += ". " + row.Text
		}
		var commands []string
		for _, c := range row.Commands {
			commands = append(commands, "`"+c+"`")
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", sinceBegin(row.At), row.Minutes, howNames[row.How], what, strings.Join(commands, " "))
	}
	b.WriteString(`
"predict" is on the projector: the class says what will happen, and enter shows it. "watch" is the same without the questions. "exercise" is
for students at their computers. "skip to the end" runs all steps at once and keeps the network.

`)
	fmt.Fprintf(&b, "%s\n\n## The expected answers\n", own)
	for _, l := range list {
		block, _ := lesson.BlockOf(l.Name)
		fmt.Fprintf(&b, "\n### %s\n\nThe reasons, and the usual wrong answers: [%s](%s.md#%s). Project the [network](../lessons/drawings/%s).\n\n", l.Title, block.Title, block.Name, l.Name, drawingName(l, 0))
		for _, q := range predictionsOf(l) {
			fmt.Fprintf(&b, "* %s **%s**\n", q.Text, q.Choices[q.Right])
		}
		for _, q := range l.Questions {
			fmt.Fprintf(&b, "* %s %s\n", q.Text, q.Answer)
		}
		if slices.ContainsFunc(p.Slots, func(s lesson.Slot) bool { return s.How == lesson.Mend && s.Lesson == l.Name }) {
			courseExercise(&b, l)
		}
	}
	return b.String()
}

func blockPage(t *testing.T, block lesson.Block) string {
	own, wrong := ownText(t, block.Name)
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, for the teacher\n\n%s\n\n%s, %s. Plan 10 to 15 minutes more for each exercise. `groupcast lab course %s` prints this timetable.\n\n",
		block.Title, block.About, chat.Count(len(block.Lessons), "lesson"), chat.Count(block.Minutes(), "minute"), block.Name)
	b.WriteString("| time | minutes | lesson | on the projector | for students who finish early, and for home |\n|---|---|---|---|---|\n")
	for _, row := range timetable(lesson.PathOf(block)) {
		exercise := ""
		l, err := lesson.Find(row.Lesson)
		if err != nil {
			t.Fatal(err)
		}
		if l.Exercise != nil {
			exercise = fmt.Sprintf("`groupcast lab exercise %s`", l.Name)
		}
		fmt.Fprintf(&b, "| %s | %d | [%s](#%s) | `%s` | %s |\n", sinceBegin(row.At), row.Minutes, l.Title, l.Name, row.Commands[0], exercise)
	}
	fmt.Fprintf(&b, "\n%s\n", own)
	for _, l := range block.All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s. Project the [network](../lessons/drawings/%s) and `groupcast lab run --quiz %s`.\nThe worksheet: `groupcast lab worksheet %s > %s.html`\n",
			l.Name, lessonLink(l), drawingName(l, 0), l.Name, l.Name, l.Name)
		for i, q := range predictionsOf(l) {
			fmt.Fprintf(&b, "\n%d. %s\n\n   * Expected: \"%s\"%s\n", i+1, strings.TrimSpace(q.before+" **"+q.Text+"**"), q.Choices[q.Right], because(q.why))
			var others []string
			for j, c := range q.Choices {
				switch why := wrong[[2]string{l.Name, c}]; {
				case j == q.Right:
				case why != "":
					fmt.Fprintf(&b, "   * Often: \"%s\". %s\n", c, why)
				default:
					others = append(others, "\""+c+"\"")
				}
			}
			if len(others) > 0 {
				fmt.Fprintf(&b, "   * Wrong, too: %s\n", strings.Join(others, "; "))
			}
		}
		courseExercise(&b, l)
	}
	list := checkQuestions(block)
	fmt.Fprintf(&b, "\n## %s\n\nThey are from the lessons named behind them.\n\n", chat.Count(len(list), "check question"))
	for i, q := range list {
		fmt.Fprintf(&b, "%d. %s (%s)\n", i+1, q.text, q.lesson)
	}
	b.WriteString("\n<details><summary>The answers</summary>\n\n")
	for i, q := range list {
		fmt.Fprintf(&b, "%d. %s\n", i+1, q.answer)
	}
	b.WriteString("\n</details>\n")
	return b.String()
}

// because is a sentence that explains an answer, after it.
func because(why []string) string {
	if len(why) == 0 {
		return ""
	}
	return ". " + strings.Join(why, " ")
}

// courseExercise is the exercise of a lesson, and its expected cure.
func courseExercise(b *strings.Builder, l lesson.Lesson) {
	if l.Exercise == nil {
		return
	}
	fmt.Fprintf(b, "\nThe exercise, `groupcast lab exercise %s`: %s\n\nThe expected cure. Another one that meets the check is as good.\n", l.Name, strings.Join(l.Exercise.Task, " "))
	solution(b, l, l.Exercise.Cure)
	b.WriteString("\nStudents also try this, and it does not mend the fault.\n")
	solution(b, l, l.Exercise.Wrong)
}

// checkQuestion is a question about a block.
type checkQuestion struct{ lesson, text, answer string }

// mostChecks is how many check questions a block has.
const mostChecks = 10

// checkQuestions are from all lessons in turn: of each its questions, then its predictions.
func checkQuestions(b lesson.Block) (list []checkQuestion) {
	var each [][]checkQuestion
	for _, l := range b.All() {
		var of []checkQuestion
		for _, q := range l.Questions {
			of = append(of, checkQuestion{l.Name, q.Text, q.Answer})
		}
		for _, q := range predictionsOf(l) {
			text := strings.TrimSpace(q.before + " " + q.Text)
			of = append(of, checkQuestion{l.Name, text, q.Choices[q.Right] + because(q.why)})
		}
		each = append(each, of)
	}
	for n := 0; ; n++ {
		more := false
		for _, of := range each {
			if n < len(of) && len(list) < mostChecks {
				list, more = append(list, of[n]), true
			}
		}
		if !more {
			return list
		}
	}
}
