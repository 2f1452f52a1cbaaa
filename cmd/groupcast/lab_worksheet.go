package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/tui/picture"
)

func newLabWorksheet() *cobra.Command {
	var answers bool
	var all string
	cmd := &cobra.Command{
		Use:   "worksheet [LESSON]",
		Short: "Print a page for paper: predict, observe, explain",
		Long: `Print a lesson as one page for paper, A4 or Letter: the network, each prediction with the commands that answer it, room
for what is observed and why, the questions and the exercise. It is HTML on standard output, with the drawing in it, and
it loads nothing; a browser prints it to paper or to PDF. With --answers it is the teacher's copy, which may need a
second page. With --all it writes the worksheets of all lessons to files.`,
		Example: `  groupcast lab worksheet article > article.html
  groupcast lab worksheet --answers article > article-answers.html
  groupcast lab worksheet --all worksheets`,
		Args:              worksheetArgs(&all),
		ValidArgsFunction: completeLessons,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("all") {
				return writeWorksheets(cmd.OutOrStdout(), all, answers)
			}
			l, err := findLesson(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return writeWorksheet(cmd.OutOrStdout(), l, answers)
		},
	}
	cmd.Flags().BoolVar(&answers, "answers", false, "print the teacher's copy, with the answers and the cure")
	cmd.Flags().StringVar(&all, "all", "", "write the worksheets of all lessons to files in `DIRECTORY` (made if its parent exists), such as article.html; a file that is there is replaced")
	return cmd
}

// worksheetArgs wants a lesson, or none with --all.
func worksheetArgs(all *string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case !cmd.Flags().Changed("all"):
			return arguments(1, 1, "LESSON, or --all DIRECTORY; groupcast lab run has the names")(cmd, args)
		case *all == "":
			return usageError{errors.New("--all needs the name of a directory")}
		case len(args) > 0:
			return usageError{fmt.Errorf("%q: --all is for all lessons", args[0])}
		}
		return nil
	}
}

// writeWorksheets writes those of all lessons to a directory.
func writeWorksheets(out io.Writer, dir string, answers bool) error {
	if err := os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	list := lesson.All()
	for _, l := range list {
		var page bytes.Buffer
		if err := writeWorksheet(&page, l, answers); err != nil {
			return err
		}
		name := l.Name + ".html"
		if answers {
			name = l.Name + "-answers.html"
		}
		if err := os.WriteFile(filepath.Join(dir, name), page.Bytes(), 0o666); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "wrote %s to %s\n", chat.Count(len(list), "worksheet"), chat.CleanRow(dir))
	return nil
}

//go:embed lab_worksheet.html
var worksheetFiles embed.FS

// worksheet is what the page is made of.
type worksheet struct {
	lesson.Lesson
	Answers bool
	Drawing template.HTML // SVG, made by package picture
	Rows    []worksheetRow
}

// worksheetRow is a prediction, and the commands that show what is right.
type worksheetRow struct {
	Text     string
	Choices  []worksheetChoice
	Commands []string
	Why      []string // paragraphs
}

type worksheetChoice struct {
	Letter, Text string
	Right        bool
}

func writeWorksheet(out io.Writer, l lesson.Lesson, answers bool) error {
	sheet := worksheet{Lesson: l, Answers: answers}
	svg := picture.NewDiagram(networkOf(l.Topology), nil, picture.DiagramOptions{Columns: lessonWidth}).SVG(picture.Light)
	sheet.Drawing = template.HTML(svg) // its texts are escaped there
	for _, p := range predictionsOf(l) {
		row := worksheetRow{Text: p.Text, Commands: p.commands, Why: p.why}
		for i, c := range p.Choices {
			row.Choices = append(row.Choices, worksheetChoice{letter(i), c, i == p.Right})
		}
		sheet.Rows = append(sheet.Rows, row)
	}
	page, err := template.New("lab_worksheet.html").Funcs(template.FuncMap{
		"join":  strings.Join,
		"words": strings.Fields,
	}).ParseFS(worksheetFiles, "lab_worksheet.html")
	if err != nil {
		return err
	}
	if err := page.Execute(out, sheet); err != nil {
		return fmt.Errorf("worksheet: %w", err)
	}
	return nil
}

// askedPrediction is a prediction with what answers it.
type askedPrediction struct {
	*lesson.Prediction
	before   string   // the paragraph before it; "": none
	commands []string // that show what is right
	why      []string // the paragraphs after them
}

// predictionsOf are the predictions of a lesson. The steps up to the next prose answer one, and
// that prose explains it, but for its last paragraph if there are several: that one leads on to
// the next steps.
func predictionsOf(l lesson.Lesson) (list []askedPrediction) {
	var asked *askedPrediction // while its steps and its explanation go on
	shown := false             // one of its steps has shown something
	end := func(leadsOn bool) {
		if asked != nil && leadsOn && len(asked.why) > 1 {
			asked.why = asked.why[:len(asked.why)-1]
		}
		asked = nil
	}
	for i, p := range l.Parts {
		switch {
		case p.Predict != nil:
			end(true)
			before := ""
			if i > 0 && !strings.HasPrefix(l.Parts[i-1].Prose, "What happened") { // that explains what was before
				before = l.Parts[i-1].Prose
			}
			list = append(list, askedPrediction{Prediction: p.Predict, before: before})
			asked, shown = &list[len(list)-1], false
		case asked == nil:
		case p.Prose != "" && shown:
			asked.why = append(asked.why, capital(strings.TrimPrefix(p.Prose, "What happened: ")))
		case p.Step == nil:
		case len(asked.why) > 0:
			end(true)
		default:
			if p.Step.Acts() {
				asked.commands = append(asked.commands, p.Step.Command())
			}
			shown = shown || p.Step.Expected() != ""
		}
	}
	end(false)
	return list
}

// capital is a text that begins with a capital letter.
func capital(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[n:]
}
