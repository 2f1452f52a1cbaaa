package class

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func init() { testPrograms["talk"] = talk }

// talk is a program for seats: it says its lines to a group, for somebody of that name,
// and prints what it hears. Lines with an order are not said: "exit 3", "environment".
func talk(args []string) error {
	group := mcast.Group{Addr: netip.MustParseAddr("224.0.0.114"), Port: 1234}
	c, err := mcast.Listen(context.Background(), mcast.Config{Port: group.Port})
	if err != nil {
		return err
	}
	defer c.Close()
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	eth0, err := host.Find(list, "eth0")
	if err != nil {
		return err
	}
	if err := c.Join(group, eth0); err != nil {
		return err
	}
	go func() {
		batch := make([]mcast.Datagram, 1)
		for {
			if _, err := c.Read(context.Background(), batch); err != nil {
				return
			}
			fmt.Printf("heard %s\n", batch[0].Data)
		}
	}()
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		order, rest, _ := strings.Cut(in.Text(), " ")
		switch order {
		case "exit":
			status, _ := strconv.Atoi(rest)
			os.Exit(status)
		case "report":
			fmt.Fprintf(os.Stderr, `{"type":"report","heard":[{"from":"%s","datagrams":7}]}`+"\n", rest)
		case "environment":
			b, err := os.ReadFile("/proc/self/environ")
			if err != nil {
				return err
			}
			for variable := range strings.SplitSeq(strings.TrimRight(string(b), "\x00"), "\x00") {
				fmt.Println("variable", variable)
			}
			fmt.Println("arguments", strings.Join(os.Args, " "))
		default:
			if err := c.Send([]byte(args[0]+": "+in.Text()), group.AddrPort(), mcast.ViaInterface(eth0, group.Addr)); err != nil {
				return err
			}
		}
	}
	return nil
}

// talking is a class of that many seats where people talk.
func talking(seats int) (Config, error) {
	topology, err := lab.FindTopology("classroom", seats)
	if err != nil {
		return Config{}, err
	}
	program, err := os.Executable()
	if err != nil {
		return Config{}, err
	}
	args := func(name string) []string { return []string{testProgram, "talk", name} }
	return Config{Topology: topology, Program: program, Screen: args, Plain: args, Limits: Limits{Data: ownMemory}}, nil
}

// startTalking starts a class of [talking], which ends with the test.
func startTalking(t *testing.T, seats int) *Class {
	t.Helper()
	cfg, err := talking(seats)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// types types a line.
func types(s *sitting, line string) {
	s.Input(Input{Text: line})
	s.Input(Input{Key: Key{Name: "Enter"}})
}

// showsAll waits until a seat's screen, or the reason of the end of its program, has all
// of that.
func showsAll(t *testing.T, s *sitting, want ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	rows := map[int][]Run{}
	for seen := int64(0); ; {
		screen, err := s.Next(ctx, seen)
		if err != nil {
			t.Fatalf("%s is not shown %q: %v; %v", s.Name(), want, err, rows)
		}
		for y, r := range screen.Rows {
			rows[y] = r
		}
		seen, screen.Rows = screen.Version, rows
		text, has := textOf(screen)+screen.Ended, 0
		for _, w := range want {
			if strings.Contains(text, w) {
				has++
			}
		}
		if has == len(want) {
			return
		}
	}
}

// reads waits for a line of a seat without a screen, and returns those before it.
func reads(t *testing.T, s *sitting, last *int64, want string) (before []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), labtest.Patience)
	defer cancel()
	for {
		list, n, _, err := s.Lines(ctx, *last)
		if err != nil {
			t.Fatalf("%s is not told %q: %v; %q", s.Name(), want, err, before)
		}
		*last = n
		for i, line := range list {
			if strings.HasPrefix(line, want) {
				*last -= int64(len(list) - i - 1)
				return before
			}
			before = append(before, line)
		}
	}
}
