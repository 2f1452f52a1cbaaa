package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
)

// symptomNamed is the question of that name.
func symptomNamed(name string) *symptomQuestion {
	i := slices.IndexFunc(symptomTree, func(q symptomQuestion) bool { return q.Name == name })
	if i < 0 {
		return nil
	}
	return &symptomTree[i]
}

// all are the answers, and the one for when nothing was found at the end.
func (q *symptomQuestion) all() []symptomAnswer {
	if q.NotFound == nil {
		return q.Answers
	}
	return append(slices.Clone(q.Answers), *q.NotFound)
}

// pages are the names of the pages that an answer leads to.
func (a symptomAnswer) pages() []string { return append(slices.Clone(a.Pitfalls), a.Topics...) }

// decides is the answer that the output of a question's commands gives; nil: none.
func (q *symptomQuestion) decides(output string) *symptomAnswer {
	for i, a := range q.Answers {
		found := a.Says != "" && strings.Contains(output, a.Says)
		for _, name := range a.Pitfalls {
			found = found || a.Says == "" && (strings.Contains(output, "warning: "+name+":") || strings.Contains(output, "failure: "+name+":"))
		}
		if found {
			return &q.Answers[i]
		}
	}
	return q.NotFound
}

// explainSymptom leads from what is seen to a pitfall: by questions on a terminal,
// by a list elsewhere, or by words.
func explainSymptom(cmd *cobra.Command, typed string, json bool) error {
	out := cmd.OutOrStdout()
	switch {
	case json:
		questions, err := symptomsAbout(typed)
		for _, q := range questions {
			writeJSON(out, q.object())
		}
		return err
	case typed == "" && isTerminal(cmd.InOrStdin()) && isTerminal(out):
		return askSymptom(cmd.Context(), cmd.InOrStdin(), out)
	}
	questions, err := symptomsAbout(typed)
	for i, q := range questions {
		if i > 0 {
			fmt.Fprintln(out)
		}
		q.write(out, "* ", emphasis(out))
	}
	return err
}

// symptomsAbout are the questions about some words, the best first. The name of a
// question, to which an answer leads, is that question; without words they are all.
func symptomsAbout(typed string) ([]symptomQuestion, error) {
	if q := symptomNamed(strings.ToLower(strings.TrimSpace(typed))); q != nil {
		return []symptomQuestion{*q}, nil
	}
	terms := termsOf(library().corrected(typed))
	if len(terms) == 0 || len(terms[0]) == 0 {
		if strings.TrimSpace(typed) != "" {
			return nil, noSymptom(typed)
		}
		return symptomTree, nil
	}
	type hit struct {
		question, answer int
		score            float64
	}
	var hits []hit
	for qi, q := range symptomTree {
		for ai, a := range q.all() {
			said, more := stems(a.Text), stems(a.Words+" "+strings.Join(a.Pitfalls, " "))
			score := 0.0
			for _, term := range terms {
				switch {
				case count(said, term) > 0:
					score += 2
				case count(more, term) > 0:
					score++
				}
			}
			if q.Name == symptomStart { // what people see stands there
				score *= 1.25
			}
			if score > 0 {
				hits = append(hits, hit{qi, ai, score})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	var list []symptomQuestion
	add := func(q symptomQuestion) {
		if !slices.ContainsFunc(list, func(have symptomQuestion) bool { return have.Name == q.Name }) {
			list = append(list, q)
		}
	}
	const most = 3 // questions
	for _, h := range hits {
		if len(list) >= most || h.score < hits[0].score {
			break
		}
		q := symptomTree[h.question]
		if a := q.all()[h.answer]; q.Name == symptomStart {
			q = *symptomNamed(a.Next)
		}
		add(q)
	}
	if len(list) == 0 {
		return nil, noSymptom(typed)
	}
	return list, nil
}

func noSymptom(typed string) error {
	return usageError{fmt.Errorf("no symptom has %s. groupcast explain --symptom lists them all, and groupcast explain WORD searches the pages", strconv.Quote(chat.Clean(typed)))}
}

// write writes a question, how it is decided, and its answers, each behind a mark;
// %d in the mark is its number.
func (q *symptomQuestion) write(out io.Writer, mark string, strong func(string) string) {
	const margin = "  "
	width := columns(out)
	fmt.Fprintln(out, strong(strings.TrimSuffix(wrap(q.title(), width), "\n")))
	fmt.Fprintf(out, "%sTo decide it%s:\n", margin, q.on())
	for _, c := range q.Runs {
		fmt.Fprintf(out, "    %s\n", c)
	}
	fmt.Fprint(out, indent(wrap(q.Decides, max(20, width-len(margin))), margin))
	for i, a := range q.all() {
		head := margin + mark
		if strings.Contains(mark, "%d") {
			head = margin + fmt.Sprintf(mark, i+1)
			a.Next = "" // it follows by itself
		}
		text := indent(wrap(a.Text, max(20, width-len(head))), strings.Repeat(" ", len(head)))
		fmt.Fprint(out, head, text[len(head):])
		if to := a.leads(); to != "" {
			fmt.Fprint(out, indent(wrap(to, max(20, width-6)), "      "))
		}
	}
}

// title is the question with its name, by which answers lead to it.
func (q *symptomQuestion) title() string { return q.Name + ": " + q.Text }

func (q *symptomQuestion) on() string {
	if q.Where == "" {
		return ""
	}
	return ", on " + q.Where
}

// leads says where an answer leads.
func (a symptomAnswer) leads() string {
	var to []string
	for _, name := range a.pages() {
		to = append(to, "groupcast explain "+name)
	}
	text := strings.Join(to, "; ")
	if a.Next != "" {
		if text != "" {
			text += "; "
		}
		text += "go on with: " + a.Next
	}
	return text
}

// askSymptom asks the questions one by one, until an answer leads to pitfalls alone.
func askSymptom(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 256), 4096)
	way := []*symptomQuestion{symptomNamed(symptomStart)}
	show := true
	for {
		q := way[len(way)-1]
		answers := q.all()
		if show {
			q.write(out, "%d  ", emphasis(out))
		}
		show = false
		fmt.Fprintf(out, "\nWhich one? 1 to %d, b: back, q: quit > ", len(answers))
		typed, err := nextAnswer(ctx, lines)
		if err != nil {
			fmt.Fprintln(out)
			if err == io.EOF {
				return nil
			}
			return err
		}
		switch typed {
		case "q", "quit":
			return nil
		case "b", "back":
			way = way[:max(1, len(way)-1)]
			show = true
			continue
		}
		n, err := strconv.Atoi(typed)
		if err != nil || n < 1 || n > len(answers) {
			fmt.Fprintf(out, "Type a number from 1 to %d, b or q.\n", len(answers))
			continue
		}
		fmt.Fprintln(out)
		a := answers[n-1]
		for _, name := range a.pages() {
			page, err := doctor.FindPage(name)
			if err != nil {
				return err
			}
			fmt.Fprint(out, wrap(fmt.Sprintf("%s: %s", page.Name, page.Title), columns(out)))
			fmt.Fprintf(out, "    groupcast explain %s\n", page.Name)
		}
		next := symptomNamed(a.Next)
		if next == nil {
			return nil
		}
		if len(a.pages()) > 0 {
			fmt.Fprintln(out)
		}
		way = append(way, next)
		show = true
	}
}

// nextAnswer reads a line, without the spaces around it; the end of ctx is an error.
func nextAnswer(ctx context.Context, lines *bufio.Scanner) (string, error) {
	read := make(chan error, 1)
	go func() { // until the program ends, if nobody types
		if !lines.Scan() {
			read <- cmp.Or(lines.Err(), io.EOF)
			return
		}
		read <- nil
	}()
	select {
	case err := <-read:
		return strings.TrimSpace(lines.Text()), err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// jsonSymptom is a question that leads to pitfalls. Fields are only added.
type jsonSymptom struct {
	jsonHead                     // symptom
	Name     string              `json:"name"`            // of the question
	Question string              `json:"question"`        // in words
	Where    string              `json:"where,omitempty"` // the host to run the commands on; without it, this one
	Commands []string            `json:"commands"`        // that decide it
	Decides  string              `json:"decides"`         // how their output answers the question
	Answers  []jsonSymptomAnswer `json:"answers"`         // one of them holds
}

// jsonSymptomAnswer leads to pages, or to another question, or to both.
type jsonSymptomAnswer struct {
	Text     string   `json:"text"`                // the answer, in words
	Says     string   `json:"says,omitempty"`      // a part of the output that decides for it; without it, the names of the pitfalls do
	Pitfalls []string `json:"pitfalls"`            // that it leads to
	Topics   []string `json:"topics,omitempty"`    // pages about no pitfall
	Next     string   `json:"next,omitempty"`      // the name of a question
	NotFound bool     `json:"not_found,omitempty"` // it is the answer when the output has none of the others
}

func (q *symptomQuestion) object() jsonSymptom {
	o := jsonSymptom{jsonHead: headOf("symptom"), Name: q.Name, Question: q.Text, Where: q.Where, Commands: q.Runs, Decides: q.Decides}
	for i, a := range q.all() {
		o.Answers = append(o.Answers, jsonSymptomAnswer{a.Text, a.Says, append([]string{}, a.Pitfalls...), a.Topics, a.Next, i == len(q.Answers)})
	}
	return o
}
