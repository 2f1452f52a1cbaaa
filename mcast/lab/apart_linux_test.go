package lab_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func init() { programs["front"] = front }

// front has a lab apart, and a seat in each host.
func front() error {
	ctx := context.Background()
	topology, err := lab.FindTopology("classroom", 2)
	if err != nil {
		return err
	}
	a, err := lab.UpApart(ctx, topology, 2000)
	if err != nil {
		return err
	}
	defer a.Close()
	ended := make(chan string)
	for _, host := range []string{"H1", "H2"} {
		c := shellInSeat(ctx, a, host, lab.Confinement{}, "sleep 1000 & (sleep 1000 &); echo ready; wait")
		c.Stdout = os.Stdout
		if err := c.Start(); err != nil {
			return err
		}
		go func() { ended <- fmt.Sprint(host, " ", c.Wait() != nil) }()
	}
	for range 2 {
		fmt.Println(<-ended)
	}
	<-a.Ended()
	return nil
}

// SIGKILL to any process leaves none of those that it held.
func TestKillApart(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"front", "groupcast-lab", "groupcast-lab-host H1"} {
		t.Run(who, func(t *testing.T) {
			c := testProgram("front")
			c.Stderr = os.Stderr
			pipe, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = c.Process.Kill()
				_ = c.Wait()
			}()
			out := bufio.NewReader(pipe)
			for range 2 {
				if line, err := out.ReadString('\n'); line != "ready\n" {
					t.Fatalf("the front says %q, %v", line, err)
				}
			}
			victim := strconv.Itoa(c.Process.Pid)
			for _, pid := range descendants(t, c.Process.Pid) {
				if called(pid) == who || called(pid) == who+" apart" { // a host with a limit of packets
					victim = pid
				}
			}
			pid, _ := strconv.Atoi(victim)
			below := descendants(t, pid)
			if n := map[string]int{"front": 9, "groupcast-lab": 8, "groupcast-lab-host H1": 3}[who]; len(below) != n {
				t.Errorf("%d processes below %s, want %d: the lab, two hosts, two seats with two programs each", len(below), who, n)
			}
			others := descendants(t, c.Process.Pid)
			ends := map[string]int{}
			for _, p := range below {
				n, _ := strconv.Atoi(p)
				if ends[p], err = unix.PidfdOpen(n, 0); err != nil {
					t.Fatalf("process %s: %v", p, err)
				}
			}
			if err := unix.Kill(pid, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			for p, end := range ends {
				if err := gone(end); err != nil {
					t.Errorf("after SIGKILL to %s process %s, %s, is alive (%v)", who, p, called(p), err)
				}
			}
			switch who {
			case "groupcast-lab": // the front hears of it
				rest := ""
				for range 2 {
					line, _ := out.ReadString('\n')
					rest += line
				}
				if !strings.Contains(rest, "H1 true\n") || !strings.Contains(rest, "H2 true\n") {
					t.Errorf("the front says %q", rest)
				}
				if err := c.Wait(); err != nil {
					t.Errorf("the front ends with %v", err)
				}
			case "groupcast-lab-host H1": // the other host goes on
				if line, _ := out.ReadString('\n'); line != "H1 true\n" {
					t.Errorf("the front says %q", line)
				}
				labtest.Eventually(t, "those of the other host are left", func() bool { return len(descendants(t, c.Process.Pid)) == len(others)-4 })
			}
		})
	}
}

// gone waits for the end of a process, whose descriptor (pidfd_open(2)) it closes.
func gone(pidfd int) error {
	defer unix.Close(pidfd)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, int(labtest.Patience.Milliseconds()))
		switch {
		case errors.Is(err, unix.EINTR):
		case n == 1:
			return nil
		default:
			return cmp.Or(err, error(os.ErrDeadlineExceeded))
		}
	}
}

// called is the command line of a process.
func called(pid string) string {
	b, _ := os.ReadFile("/proc/" + pid + "/cmdline")
	return strings.TrimSpace(strings.ReplaceAll(string(b), "\x00", " "))
}

// What breaks the protocol ends its own conversation, or the lab where calls are taken,
// and no conversation that nobody goes on with keeps others waiting.
func TestApartHostile(t *testing.T) {
	t.Parallel()
	a := upApart(t, 1, 0)
	for _, message := range []string{"garbage", "{}", `{"Do":"no such"}`, `{"Do":"fault","Words":[]}`, `{"Do":"own","Words":["x"]}`, "\x00\xff", `{"Topology":{}}`} {
		conn, err := a.Call()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(message))
		_ = conn.CloseWrite()
		b := make([]byte, 1024)
		if n, _ := conn.Read(b); n > 0 && !strings.Contains(string(b[:n]), `"Error":"`) {
			t.Errorf("%q is answered by %s, want an error or none", message, b[:n])
		}
		conn.Close()
	}
	for range 20 {
		conn, err := a.Call()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	if err := a.Command(t.Context(), "H1", "true").Run(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if err := a.Hear([]byte("garbage")); err != nil {
		t.Fatal(err)
	}
	select {
	case <-a.Ended():
	case <-time.After(labtest.Patience):
		t.Error("the lab goes on after garbage where calls are taken")
	}
	if err := a.Command(t.Context(), "H1", "true").Run(); !errors.Is(err, lab.ErrNotRunning) {
		t.Errorf("after its end: %v, want ErrNotRunning", err)
	}
}

func TestUpApartErrors(t *testing.T) {
	t.Parallel()
	topology, err := lab.FindTopology("classroom", 1)
	if err != nil {
		t.Fatal(err)
	}
	wrong := topology
	wrong.Hosts = []lab.Host{{Name: "A", Interfaces: []lab.Interface{{Name: "eth0", Switch: "none"}}}}
	for _, test := range []struct {
		topology lab.Topology
		packets  int
		want     string
	}{
		{wrong, 0, "lab: "},
		{topology, -1, "lab: -1 frames a second: want 0 or more"},
	} {
		if _, err := lab.UpApart(t.Context(), test.topology, test.packets); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}
