package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// asUser begins the line of a command that a user runs, who is not root.
var asUser = []string{"unshare", "--user", "--map-user=1000", "--map-group=1000"}

// classUp starts a class by a user until it is ready.
func classUp(t *testing.T, on *lab.Node, args ...string) (*program, jsonClassReady) {
	t.Helper()
	line := slices.Concat(asUser, []string{"groupcast", "class", "--json", "--listen", "127.0.0.1:0"}, args)
	p := start(t, on, line[0], line[1:]...)
	p.prints("\n")
	var ready jsonClassReady
	if err := json.Unmarshal([]byte(p.out.String()), &ready); err != nil || ready.Type != "ready" || ready.Code == "" {
		t.Fatalf("%s printed %q first: %v", p.name, p.out.String(), err)
	}
	return p, ready
}

// browser is what a student has in a host: a client that keeps cookies.
func browser(on *lab.Node) *http.Client {
	return &http.Client{Timeout: labtest.Patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(_ context.Context, network, at string) (conn net.Conn, err error) {
			e := on.Do(func() error {
				conn, err = net.Dial(network, at)
				return err
			})
			return conn, e
		},
	}}
}

// join asks for a seat, and returns the status, the answer and the cookie.
func join(t *testing.T, on *lab.Node, url, code, name string, plain bool) (int, string, *http.Cookie) {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"code": code, "name": name, "plain": plain})
	r, err := browser(on).Post(url+"/join", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Cookies() {
		return r.StatusCode, answer.String(), c
	}
	return r.StatusCode, answer.String(), nil
}

// student is the page of a seat.
type student struct {
	t     *testing.T
	name  string
	token string
	conn  *websocket.Conn

	mu      sync.Mutex
	rows    map[int]string
	lines   []string
	ended   string // why no program runs
	err     error  // the end of the connection
	changed chan struct{}
}

// sitDown joins, and opens the page.
func sitDown(t *testing.T, on *lab.Node, ready jsonClassReady, name string, plain bool) *student {
	t.Helper()
	code, answer, cookie := join(t, on, ready.Students, strings.ToLower(ready.Code), name, plain)
	if code != http.StatusOK || cookie == nil {
		t.Fatalf("%s is not seated: %d %s", name, code, answer)
	}
	conn, _, err := websocket.Dial(t.Context(), ready.Students+"/ws", &websocket.DialOptions{
		HTTPClient: browser(on), HTTPHeader: http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Origin": {ready.Students}},
		Subprotocols: []string{"groupcast.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	s := &student{t: t, name: name, token: cookie.Value, conn: conn, rows: map[int]string{}, changed: make(chan struct{}, 1)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.read()
	}()
	t.Cleanup(func() {
		conn.CloseNow()
		<-read
	})
	if plain {
		s.sends(`{"seen":0}`)
	} else {
		s.sends(`{"w":100,"h":30}`)
	}
	return s
}

func (s *student) read() {
	for {
		_, b, err := s.conn.Read(context.Background())
		var m struct {
			Rows  map[int][][]any
			Lines []string
			Ended string
		}
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		s.mu.Lock()
		for y, runs := range m.Rows {
			s.rows[y] = ""
			for _, run := range runs {
				s.rows[y] += fmt.Sprint(run[0])
			}
		}
		s.lines = append(s.lines, m.Lines...)
		s.ended, s.err = m.Ended, err
		s.mu.Unlock()
		select {
		case s.changed <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (s *student) sends(message string) {
	s.t.Helper()
	if err := s.conn.Write(s.t.Context(), websocket.MessageText, []byte(message)); err != nil {
		s.t.Fatalf("%s: %v", s.name, err)
	}
}

// text is what the page shows.
func (s *student) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for y := range 100 {
		if row, ok := s.rows[y]; ok {
			fmt.Fprintln(&b, strings.TrimRight(row, " "))
		}
	}
	return b.String() + strings.Join(s.lines, "\n") + s.ended
}

// shows waits until the page shows each of some texts.
func (s *student) shows(texts ...string) {
	s.t.Helper()
	for deadline := time.After(labtest.Patience); ; {
		seen := s.text()
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(seen, text) }) {
			return
		}
		select {
		case <-s.changed:
		case <-deadline:
			s.t.Fatalf("the page of %s does not show %q, but:\n%s\n%v", s.name, texts, seen, s.err)
		}
	}
}

// closes waits until the server closes the connection, with a code.
func (s *student) closes(code websocket.StatusCode) {
	s.t.Helper()
	for deadline := time.After(labtest.Patience); ; {
		s.mu.Lock()
		err := s.err
		s.mu.Unlock()
		if err != nil {
			if got := websocket.CloseStatus(err); got != code {
				s.t.Errorf("the page of %s: %v, want the code %d", s.name, err, code)
			}
			return
		}
		select {
		case <-s.changed:
		case <-deadline:
			s.t.Fatalf("the page of %s is still connected", s.name)
		}
	}
}

// Students sit down in browsers, and read each other's lines; the teacher's other
// terminals say who sits where, and end it. What a student calls themselves is no flag of
// the program.
func TestClass(t *testing.T) {
	t.Parallel()
	on := computer(t)
	class, ready := classUp(t, on, "--seats", "3")
	if ready.Seats != 3 || ready.Name != "classroom" || !slices.Equal(ready.URLs, []string{ready.Students}) {
		t.Errorf("it says %+v", ready)
	}
	ada, flag, bob := sitDown(t, on, ready, "Ada <b>", false), sitDown(t, on, ready, "--help", false), sitDown(t, on, ready, "Bob", true)
	ada.shows("▲ sends leave here")
	flag.shows("▲ sends leave here")
	ada.sends(`{"i":"hello from H1"}`)
	ada.sends(`{"k":"Enter"}`)
	flag.shows("Ada <b>", "hello from H1")
	bob.shows("Ada <b>", "hello from H1")
	bob.sends(`{"say":"a plain answer"}`)
	ada.shows("Bob", "a plain answer")

	if code, answer, _ := join(t, on, ready.Students, ready.Code, "Eve", false); code != http.StatusServiceUnavailable || !strings.Contains(answer, "seat") {
		t.Errorf("a full class says %d %s", code, answer)
	}
	list := do(t, on, "class", "status")
	list.ends(exitOK)
	for _, want := range []string{"classroom: 3 of 3 seats taken\n", ready.Code, "H1  Ada <b>  since ", "H2  --help   since ", "on 1 page, plain\n"} {
		list.prints(want)
	}
	do(t, on, "lab", "list").prints("running as a class")
	for _, line := range []string{"enter classroom H1 true", "each classroom true", "fault classroom cut H1.eth0"} {
		refused := do(t, on, append([]string{"lab"}, strings.Fields(line)...)...)
		refused.ends(exitNot)
		refused.remarks("classroom is a class: nobody but its students reaches its hosts")
	}

	again := start(t, on, asUser[0], slices.Concat(asUser[1:], []string{"groupcast", "class"})...)
	again.ends(exitNot)
	again.remarks("a class of the name classroom is running\n  hint: end it: groupcast class down classroom; or")
	typo := do(t, on, "class", "statu")
	typo.ends(exitNot)
	typo.remarks("did you mean groupcast class status?\n  hint: groupcast lab list shows the topologies")
	do(t, on, "__complete", "class", "reset", "").prints("H1\tAda <b>\n")
	for _, secret := range []string{ready.Code, ada.token} {
		if who := knowing(t, class.cmd.Pid(), secret); who != "" {
			t.Errorf("a secret of the class is in the arguments or the environment of %s", who)
		}
	}

	do(t, on, "class", "reset", "h2").ends(exitOK)
	flag.shows("the teacher reset the seat")
	flag.sends(`{"k":"Enter"}`)
	labtest.Eventually(t, "the program is there again, and the screen of the one before is gone", func() bool {
		text := flag.text()
		return strings.Contains(text, "▲ sends leave here") && !strings.Contains(text, "hello from H1")
	})
	flag.sends(`{"i":"the same as before"}`)
	flag.sends(`{"k":"Enter"}`)
	ada.shows("the same as before", "--help · live")
	if text := ada.text(); strings.Contains(text, "--help~") {
		t.Errorf("who has started again is another to others:\n%s", text)
	}
	do(t, on, "class", "lock").ends(exitOK)
	class.prints(`"type":"locked"`)
	do(t, on, "class", "status").prints("taken; locked: nobody is let in")
	do(t, on, "class", "unlock", "classroom").ends(exitOK)
	class.prints(`"type":"unlocked"`)

	do(t, on, "class", "down").ends(exitOK)
	class.ends(exitOK)
	for _, s := range []*student{ada, flag, bob} {
		s.closes(4002)
		if strings.Contains(class.out.String()+class.err.String()+list.out.String(), s.token) {
			t.Errorf("the token of %s was printed", s.name)
		}
	}
	for _, want := range []string{`"type":"joined"`, `"seat":"H1","name":"Ada <b>"`, `"type":"reset"`, `"seat":"H2","name":"--help"`} {
		class.prints(want)
	}
}

// kill -9 of the class, or of the process of its LAN, leaves no process.
func TestClassKilled(t *testing.T) {
	t.Parallel()
	on := computer(t)
	for _, k := range []struct {
		name string
		pid  func(*program) int
		ends int
	}{
		{"the class", func(p *program) int { return p.cmd.Pid() }, -1},
		{"its LAN", func(p *program) int { return childrenOf(t, p.cmd.Pid())[0] }, exitNot},
	} {
		class, ready := classUp(t, on, "--seats", "2")
		sitDown(t, on, ready, "Ada", false).shows("▲ sends leave here")
		networks := networksBelow(t, class.cmd.Pid())
		if len(networks) < 3 { // of the LAN and its two hosts
			t.Fatalf("%s: networks %v, want 3", k.name, networks)
		}
		if err := syscall.Kill(k.pid(class), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		class.ends(k.ends)
		labtest.Eventually(t, "nothing outlives "+k.name, func() bool { return len(inside(t, networks)) == 0 })
	}
	status := do(t, on, "class", "status")
	status.ends(exitNot)
	status.remarks("no class runs")
}

// childrenOf are the processes that a process has started.
func childrenOf(t *testing.T, pid int) (pids []int) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread may have ended
		for _, word := range strings.Fields(string(text)) {
			var child int
			if _, err := fmt.Sscan(word, &child); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// knowing is a process, of those that another has started, that has a text among its
// arguments or in its environment; "": none.
func knowing(t *testing.T, pid int, text string) string {
	seats := 0
	for pids := childrenOf(t, pid); len(pids) > 0; pids = pids[1:] {
		pids = append(pids, childrenOf(t, pids[0])...)
		args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pids[0])) // it may have ended
		environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pids[0]))
		if bytes.Contains(args, []byte(text)) || bytes.Contains(environ, []byte(text)) {
			return string(args)
		}
		if bytes.Contains(environ, []byte("USER=student")) {
			seats++
		}
	}
	if seats == 0 {
		t.Error("no program of a seat was found")
	}
	return ""
}

// networksBelow are the network namespaces of what a process has started, but its own.
func networksBelow(t *testing.T, pid int) (networks []string) {
	own, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid))
	for pids := childrenOf(t, pid); len(pids) > 0; pids = pids[1:] {
		pids = append(pids, childrenOf(t, pids[0])...)
		if ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pids[0])); err == nil && ns != own && !slices.Contains(networks, ns) {
			networks = append(networks, ns)
		}
	}
	return networks
}

// A class that the network reaches says by which addresses, on a terminal also where the
// teacher's page is, and with a QR code. There ctrl+c asks once where somebody sits; a signal
// of others does not.
func TestClassAsks(t *testing.T) {
	t.Parallel()
	on := labtest.Build(t, lab.Article).Host("A") // whose other address is of a link alone
	runtimeDirs.Store(on, t.TempDir())
	t.Cleanup(func() { runtimeDirs.Delete(on) })
	s := openTerminal(t, on, 120, 40, []string{"GROUPCAST_CLASS_CODE=k7m-q4r"}, append(slices.Clip(asUser), "groupcast", "class", "--seats", "2", "--listen", ":0")...)
	s.shows("2 seats", "plain http: this network can read along")
	s.shows("students  http://192.168.8.164:", "code K7MQ4R")
	var ready jsonClassReady
	for word := range strings.FieldsSeq(s.text()) {
		if strings.HasPrefix(word, "http://") && ready.Students == "" {
			ready.Students, ready.Code = word, "K7MQ4R"
		}
	}
	s.shows("board     " + ready.Students + "/board")
	s.shows("teacher   http://127.0.0.1:", "/board#key=")
	s.shows("█▀▀▀▀▀█")
	s.shows("█ ▀▀▀ █")
	if key := do(t, on, "class", "key"); !strings.Contains(s.text(), strings.TrimSpace(key.out.String())) || key.out.String() == "" {
		t.Errorf("class key prints %q, and the terminal shows\n%s", key.out.String(), s.text())
	}
	ada := sitDown(t, on, ready, "Ada", true)
	ada.shows("joined")
	s.shows("H1 Ada sits down")
	if err := s.cmd.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.shows("1 seat is taken; ctrl+c again within 10 s ends the class")
	do(t, on, "class", "status").prints("1 of 2 seats taken")
	if err := s.cmd.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.shows("the class is over")
	s.quits(exitInterrupted)
	ada.closes(4002)
}
