package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/bridge/hub"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/lab"
)

// hubProgram is a hub in a directory, which gets a file for each of the sites at its first
// start. It removes those that standard input names, until that ends.
func hubProgram(args []string) error {
	dir, sites := args[0], args[1:]
	h, err := hub.Start(context.Background(), hub.Config{Dir: filepath.Join(dir, "hub"), Listen: hubAddr, URLs: []string{hubAddr}})
	if err != nil {
		return err
	}
	defer h.Close()
	for _, site := range sites {
		path := filepath.Join(dir, site+".hub")
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		file, err := h.Invite(site)
		if err == nil {
			err = natslink.WriteFile(path, file)
		}
		if err != nil {
			return err
		}
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := h.Remove(lines.Text()); err != nil {
			return err
		}
		fmt.Println("removed", lines.Text())
	}
	return nil
}

// hubProcess is a hub that can be killed, and started again.
type hubProcess struct {
	*program
	in io.WriteCloser
}

// startHub starts the hub of sites in N, and waits for their files in dir.
func startHub(t testing.TB, l *lab.Lab, dir string, sites ...string) *hubProcess {
	t.Helper()
	node := l.Host("N")
	cmd := node.Command(t.Context(), os.Args[0], append([]string{dir}, sites...)...)
	cmd.Env = append(os.Environ(), programEnv+"=hub")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	h := &hubProcess{running(t, node, "hub", cmd), in}
	h.says("ready")
	return h
}

// remove takes the key of a site back.
func (h *hubProcess) remove(site string) {
	h.t.Helper()
	if _, err := io.WriteString(h.in, site+"\n"); err != nil {
		h.t.Fatal(err)
	}
	if line := h.says("removed"); !strings.HasSuffix(line, site) {
		h.t.Fatal(line)
	}
}
