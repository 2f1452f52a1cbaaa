package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/lab/lesson"
)

// lessonQuiz asks the predictions of a lesson, and compares the answers with what is
// seen: it is the run that decides, not the text.
type lessonQuiz struct {
	ctx    context.Context
	keys   *bufio.Reader
	out    io.Writer // questions and verdicts
	ended  bool      // the input: nothing more is asked
	failed error     // why no answer could be read

	open     *lesson.Prediction // asked, and not decided
	answer   int                // to it; -1: none
	answered bool               // just now: the step after it needs no other pause
	met      int                // expectations since it was asked
	unmet    int

	right, wrong, unanswered, unseen int
}

// event is called with each event of the lesson, after it was printed.
func (q *lessonQuiz) event(e lesson.Event) {
	switch {
	case e.Outcome != nil:
		if e.Outcome.Expected != "" && e.Outcome.Missing == "" {
			if e.Outcome.Passed {
				q.met++
			} else {
				q.unmet++
			}
		}
	case e.Part != nil && (e.Part.Step == nil || e.Part.Step.Acts() && q.met+q.unmet > 0):
		q.decide()
		if e.Part.Predict != nil {
			q.ask(e.Part.Predict)
		}
	}
}

// ask asks until an answer is one of the choices. An empty line is no answer.
func (q *lessonQuiz) ask(p *lesson.Prediction) {
	q.open, q.answer, q.met, q.unmet = p, -1, 0, 0
	for !q.ended && q.failed == nil {
		fmt.Fprintf(q.out, "    (your answer, %s; enter: none) ", letters(len(p.Choices)))
		line, err := readLine(q.ctx, q.keys)
		if err != nil {
			q.ended = errors.Is(err, io.EOF)
			if !q.ended {
				q.failed = err
			}
			fmt.Fprintln(q.out)
			return
		}
		q.answered = true
		if strings.TrimSpace(line) == "" {
			return
		}
		if q.answer = choice(line, p.Choices); q.answer >= 0 {
			return
		}
		fmt.Fprintf(q.out, "    %s is none of them.\n", strconv.Quote(chat.CleanRow(strings.TrimSpace(line))))
	}
}

// decide says whether the last prediction was right, if what was expected after it was
// seen.
func (q *lessonQuiz) decide() {
	p := q.open
	if p == nil {
		return
	}
	q.open = nil
	right := fmt.Sprintf("%s: %s", letter(p.Right), p.Choices[p.Right])
	switch {
	case q.met == 0 || q.unmet > 0:
		q.unseen++
		fmt.Fprintf(q.out, "\n    Not decided: what the lesson expected was not seen in this run.\n")
	case q.answer == p.Right:
		q.right++
		fmt.Fprintf(q.out, "\n    Your prediction was right: %s\n", right)
	case q.answer < 0:
		q.unanswered++
		fmt.Fprintf(q.out, "\n    Seen: %s\n", right)
	default:
		q.wrong++
		fmt.Fprintf(q.out, "\n    You predicted %s: %s\n    Seen: %s\n", letter(q.answer), p.Choices[q.answer], right)
	}
}

// end says how many predictions were right.
func (q *lessonQuiz) end() {
	q.decide()
	asked := q.right + q.wrong
	text := fmt.Sprintf("%d of %s right", q.right, chat.Count(asked, "prediction"))
	if q.unanswered > 0 {
		text += fmt.Sprintf(", %d not answered", q.unanswered)
	}
	if q.unseen > 0 {
		text += fmt.Sprintf(", %d not decided by this run", q.unseen)
	}
	fmt.Fprintf(q.out, "\n%s\n", text)
}

// choice is the index of what was typed: a letter, a number from 1 on, or the
// beginning of one choice alone; -1: none of them.
func choice(typed string, choices []string) int {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if n, err := strconv.Atoi(typed); err == nil && n >= 1 && n <= len(choices) {
		return n - 1
	}
	if len(typed) == 1 && typed[0] >= 'a' && int(typed[0]-'a') < len(choices) {
		return int(typed[0] - 'a')
	}
	found := -1
	for i, c := range choices {
		if typed != "" && strings.HasPrefix(strings.ToLower(c), typed) {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

func letter(i int) string { return string(rune('a' + i)) }

// letters are "a or b", or "a to c".
func letters(n int) string {
	if n == 2 {
		return "a or b"
	}
	return "a to " + letter(n-1)
}

// readLine reads a line, unless ctx ends first. The error is io.EOF when the input has
// ended.
func readLine(ctx context.Context, keys *bufio.Reader) (string, error) {
	type result struct {
		line string
		err  error
	}
	read := make(chan result, 1)
	go func() {
		line, err := keys.ReadString('\n')
		read <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-read:
		if r.line != "" && errors.Is(r.err, io.EOF) {
			r.err = nil // a last line without an end
		}
		return r.line, r.err
	}
}
