package main

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/lab/lesson"
	"github.com/groupcast/groupcast/tui/picture"
)

func newLabWorksheet() *cobra.Command {
	var answers bool
	cmd := &cobra.Command{
		Use:   "worksheet LESSON",
		Short: "Print a page for paper: predict, observe, explain",
		Long: `Print a lesson as a page for paper: the network, each prediction with room for what is observed and why, the commands
to type, the exercise and the questions. It is HTML on standard output, with the drawing in it, and it loads nothing;
a browser prints it to paper or to PDF. With --answers it is the teacher's copy.`,
		Example: `  groupcast lab worksheet article > article.html
  groupcast lab worksheet --answers article > article-answers.html`,
		Args:              arguments(1, 1, "LESSON; groupcast lab run has the names"),
		ValidArgsFunction: completeLessons,
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := findLesson(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return writeWorksheet(cmd.OutOrStdout(), l, answers)
		},
	}
	cmd.Flags().BoolVar(&answers, "answers", false, "print the teacher's copy, with the answers and the cure")
	return cmd
}

//go:embed lab_worksheet.html
var worksheetFiles embed.FS

// worksheet is what the page is made of.
type worksheet struct {
	lesson.Lesson
	Answers bool
	Drawing template.HTML // SVG, made by package picture
	Rows    []worksheetRow
	Hand    []string // commands
}

// worksheetRow is a prediction, and the commands that show what is right.
type worksheetRow struct {
	Text     string
	Choices  []worksheetChoice
	Commands []string
}

type worksheetChoice struct {
	Letter, Text string
	Right        bool
}

func writeWorksheet(out io.Writer, l lesson.Lesson, answers bool) error {
	sheet := worksheet{Lesson: l, Answers: answers}
	svg := picture.NewDiagram(networkOf(l.Topology), nil, picture.DiagramOptions{Columns: lessonWidth}).SVG(picture.Light)
	sheet.Drawing = template.HTML(svg) // its texts are escaped there
	var row *worksheetRow              // while the steps that show its answer go on
	shown := false                     // one of them has
	for _, p := range l.Parts {
		if p.Predict != nil {
			sheet.Rows = append(sheet.Rows, worksheetRow{Text: p.Predict.Text})
			row, shown = &sheet.Rows[len(sheet.Rows)-1], false
			for i, c := range p.Predict.Choices {
				row.Choices = append(row.Choices, worksheetChoice{letter(i), c, i == p.Predict.Right})
			}
			continue
		}
		switch {
		case row == nil:
		case p.Step == nil && shown:
			row = nil
		case p.Step != nil && p.Step.Acts():
			row.Commands = append(row.Commands, p.Step.Command())
		}
		shown = shown || p.Step != nil && p.Step.Expected() != ""
	}
	for _, p := range l.ByHand {
		if p.Step != nil && p.Step.Acts() {
			sheet.Hand = append(sheet.Hand, p.Step.Command())
		}
	}
	page, err := template.New("lab_worksheet.html").Funcs(template.FuncMap{
		"lines": func(n int) []struct{} { return make([]struct{}, n) },
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
