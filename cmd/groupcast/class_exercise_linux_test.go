package main

import (
	"encoding/csv"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// resultsIn are the rows of a file of results, without their head and their seconds, by name.
func resultsIn(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(rows) == 0 || !slices.Equal(rows[0], resultColumns) {
		t.Fatalf("%s has %q, %v", file, text, err)
	}
	list := map[string]string{}
	for _, row := range rows[1:] {
		list[row[1]] = strings.Join(row[:len(row)-1], " ")
	}
	return list
}

// A student mends the network in a shell, another does not, and the file of results says
// so, also after kill -9; all that as a user without rights.
func TestClassExercise(t *testing.T) {
	t.Parallel()
	on := computer(t)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "results.csv")
	line := []string{"--exercise", "--seats", "3", "--results", file, "article"}
	if lab.LandlockABI() < shellLandlock {
		refused := start(t, on, asUser[0], slices.Concat(asUser[1:], []string{"groupcast", "class"}, line)...)
		refused.ends(exitNot)
		refused.remarks("shells for students need version 6 of Landlock")
		return
	}
	class, ready := classUp(t, on, line...)
	if !ready.Private || ready.Lesson != "article" || ready.Name != "article" || strings.Contains(class.out.String(), "#key") {
		t.Errorf("it says %s", class.out.String())
	}
	key := do(t, on, "class", "key")
	key.ends(exitOK)
	_, secret, _ := strings.Cut(strings.TrimSpace(key.out.String()), "#key=")
	if len(secret) < 22 || !strings.HasPrefix(key.out.String(), ready.Students+"/board#key=") {
		t.Errorf("the teacher's page is at %q", key.out.String())
	}

	ada := sitDown(t, on, ready, "Ada", false)
	if code, answer, _ := join(t, on, ready.Students, ready.Code, "=1+1", false); code != http.StatusOK {
		t.Fatalf("%d %s", code, answer)
	}
	ada.shows("A$")
	ada.sends(`{"i":"ip route del 239.192.0.0/14 && groupcast lab check"}`)
	ada.sends(`{"k":"Enter"}`)
	class.prints(`"did":"solved"`)
	status := do(t, on, "class", "status")
	status.ends(exitOK)
	status.prints("solved in ")
	found := do(t, on, "class", "results", "--csv", filepath.Join(dir, "now.csv"))
	found.ends(exitOK)
	now := resultsIn(t, filepath.Join(dir, "now.csv"))
	if ada, other := now["Ada"], now["'=1+1"]; ada != "S1 Ada article 2 2 true 0" || other != "S2 '=1+1 article 0 2 false 0" {
		t.Errorf("the results are %q", now)
	}
	do(t, on, "class", "results").prints("S1    Ada   2 of 2, solved")
	do(t, on, "class", "results", "--csv", filepath.Join(dir, "now.csv")).ends(exitNot)
	if who := knowing(t, class.cmd.Pid(), secret); who != "" {
		t.Errorf("the teacher's key is in the arguments or the environment of %s", who)
	}

	for words, want := range map[string]string{
		"cut A.eth0":    "groupcast: class article: each student has a network of their own: say whose, as in groupcast class fault S1 cut A.eth0\n",
		"S1 cut C.eth0": "groupcast: class article: no host \"C\"\n",
	} {
		refused := do(t, on, append([]string{"class", "fault"}, strings.Fields(words)...)...)
		refused.ends(exitNot)
		if said := refused.err.String(); said != want {
			t.Errorf("fault %s: %q, want %q", words, said, want)
		}
	}
	do(t, on, "class", "fault", "s2", "cut", "A.eth0").ends(exitOK)
	class.prints(`"type":"fault"`)
	do(t, on, "class", "status").prints("S2: cut A.eth0")
	do(t, on, "class", "undo").ends(exitOK)
	do(t, on, "class", "free", "S2").ends(exitOK)
	class.prints(`"type":"freed"`)
	labtest.Eventually(t, "while it runs the file has the results", func() bool { return resultsIn(t, file)["Ada"] != "" })
	if err := syscall.Kill(class.cmd.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	class.ends(-1)
	if _, ok := resultsIn(t, file)["Ada"]; !ok {
		t.Error("after kill -9 the results are gone")
	}
	if strings.Contains(class.out.String()+class.err.String()+status.out.String(), secret) {
		t.Error("the teacher's key was printed")
	}

	last, ready := classUp(t, on, "--exercise", "--seats", "1", "--results", filepath.Join(dir, "last.json"), "--name", "last", "article")
	join(t, on, ready.Students, ready.Code, "Bob", false)
	last.prints(`"type":"joined"`)
	do(t, on, "class", "down").ends(exitOK)
	last.ends(exitOK)
	last.prints(`"type":"result"`)
	labtest.Eventually(t, "the file has the result of the end", func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "last.json"))
		return err == nil && strings.Contains(string(text), `"name":"Bob"`)
	})
}
