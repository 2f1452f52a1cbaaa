package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

const examplesDir = "../../docs/examples"

// example is the path of a file in docs/examples.
func example(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(examplesDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// The page of the examples lists each of them.
func TestExamplesAreListed(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(examplesDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(examplesDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		link := e.Name()
		if link == "README.md" {
			continue
		}
		command := "docs/examples/" + link + " "
		if e.IsDir() {
			link += "/main.go"
		}
		if !strings.Contains(string(page), "("+link+")") || !strings.Contains(strings.ReplaceAll(string(page), "`", " "), command) {
			t.Errorf("docs/examples/README.md does not list %s with the command that runs it", link)
		}
	}
}

// The examples in Go, in the hosts of the article's network.
func TestGoExamples(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-race=false", "-buildvcs=false", "-ldflags=-s -w", "-o", dir+string(filepath.Separator), "./...")
	build.Dir = examplesDir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	const at = "192.168.8.226:7000"
	serve := func() *program {
		s := start(t, b, filepath.Join(dir, "go-echo-server"), "0.0.0.0:7000")
		s.prints("listening on ")
		return s
	}
	stop := func(s *program) {
		t.Helper()
		if err := s.cmd.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if status := s.status(); status != 0 {
			t.Errorf("the server was interrupted, and its exit status is %d\n%s", status, s.err.String())
		}
	}
	ask := func() *program {
		c := start(t, a, filepath.Join(dir, "go-echo-client"), at)
		c.say("HELLO!!")
		return c
	}

	server := serve()
	client := ask()
	if status := client.end(); status != 0 {
		t.Errorf("the client ends with %d\n%s", status, client.err.String())
	}
	client.prints("packet-written: bytes=8 to=" + at)
	client.prints("packet-received: bytes=8 from=" + at + ` "HELLO!!\n"`)
	server.prints("packet-received: bytes=8 from=192.168.8.164:")
	server.prints("packet-written: bytes=8 to=192.168.8.164:")
	stop(server)

	client = ask()
	if status := client.end(); status != 1 {
		t.Errorf("nobody listens, and the client ends with %d", status)
	}
	client.remarks("connection refused")

	// Nobody listens: the first send is not told, the second is not sent. ICMP
	// may come after the second call; each later one is as good.
	client = start(t, a, filepath.Join(dir, "go-refused"), at)
	client.prints("connected, and nothing was sent")
	client.say("first")
	client.prints("first: the kernel took it")
	next := 0
	labtest.Eventually(t, "the refusal is reported by a later send", func() bool {
		next++
		client.say("next")
		if !client.out.awaitTimes(1+next, ": ") {
			t.Fatal("the client prints no more")
		}
		return strings.Contains(client.out.String(), "next: refused: this is about an earlier datagram; this one was not sent")
	})
	// The server is back, and the same socket reaches it. The report is given
	// once; another may be on its way for a datagram that went before it.
	server = serve()
	labtest.Eventually(t, "the server receives what the same socket sends", func() bool {
		client.say("again, and longer")
		return strings.Contains(server.out.String(), "packet-received: bytes=17 from=192.168.8.164:")
	})
	stop(server)
}

// The examples of node: unicast, multicast with the article's fault, and mended.
func TestNodeExamples(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	run := func(words ...string) {
		t.Helper()
		p := start(t, a, "node", append([]string{example(t, words[0])}, words[1:]...)...)
		if status := p.status(); status != 0 {
			t.Fatalf("%s ends with %d\n%s", p.name, status, p.err.String())
		}
		p.prints("sent ")
	}
	server := start(t, b, "node", example(t, "unicast-server.js"))
	server.prints("listening on 0.0.0.0:1234")
	run("unicast-client.js", "192.168.8.226", "hello")
	server.prints("receive msg: hello from 192.168.8.164:")
	server.cmd.Signal(os.Interrupt)
	server.status()

	member := start(t, b, "node", example(t, "multicast-server.js"), "192.168.8.226")
	member.prints("joined 224.0.0.114")
	run("multicast-client.js", "astray")
	run("multicast-client-mended.js", "192.168.8.164", "test")
	member.prints("receive msg: test from 192.168.8.164:")
	member.neverPrinted("astray")
}

// The servers of Python, and the client that tells a refusal from silence.
func TestPythonExamples(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	python := func(host *lab.Node, name string, args ...string) *program {
		t.Helper()
		return start(t, host, "python3", append([]string{"-W", "error", example(t, name)}, args...)...)
	}
	ask := func(address string) *program { return python(a, "refused_client.py", address) }

	refused := ask("192.168.8.226")
	refused.remarks("refused: the host is there, and nobody listens on its port")
	if status := refused.status(); status != 1 {
		t.Errorf("nobody listens, and the client ends with %d", status)
	}
	server := python(b, "echo_server.py")
	server.prints("listening on port 7000")
	replied := ask("192.168.8.226")
	replied.prints("reply: HELLO!!")
	if status := replied.status(); status != 0 {
		t.Errorf("the server replied, and the client ends with %d", status)
	}
	server.prints("echoed 7 bytes to 192.168.8.164:")
	silence := ask("192.168.8.99") // nobody has this address
	silence.remarks("silence: ")

	member := python(b, "multicast_listener.py", "192.168.8.226")
	member.prints("joined 224.0.0.114")
	if status := start(t, a, "groupcast", "send", "-i", "eth0", "224.0.0.114:1234", "hello").status(); status != 0 {
		t.Errorf("groupcast send ends with %d", status)
	}
	member.prints("192.168.8.164: hello")
}
