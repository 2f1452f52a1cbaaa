package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/session"
)

// reportCrash says that the program has a mistake, and where its report is.
func reportCrash(errs io.Writer, p *session.PanicError) {
	fmt.Fprintf(errs, "groupcast: %s\n", chat.Clean(p.Error()))
	file, err := writeCrash(p)
	if err != nil {
		fmt.Fprintf(errs, "  hint: please open an issue with this report; it could not be written to a file: %s\n%s", chat.Clean(err.Error()), crashReport(p))
		return
	}
	fmt.Fprintf(errs, "  hint: the report is in %s; please open an issue with it\n", chat.Clean(file))
}

func writeCrash(p *session.PanicError) (file string, err error) {
	f, err := os.CreateTemp("", "groupcast-crash-*.txt")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(crashReport(p))
	return f.Name(), errors.Join(err, f.Close())
}

// stackArguments are what functions were called with, as a stack shows them. They can
// be bytes of a key.
var stackArguments = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^(\S.*)\([^()\n]+\)$`) })

// crashReport is what helps to find the mistake: no environment, no arguments,
// no talk. The stack has the paths of the machine that built the program.
func crashReport(p *session.PanicError) string {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return fmt.Sprintf("groupcast %s, %s, %s/%s, TERM=%s\n\npanic: %s\n\n%s",
		version, runtime.Version(), runtime.GOOS, runtime.GOARCH, chat.Clean(os.Getenv("TERM")), chat.Clean(fmt.Sprint(p.Value)), stackArguments().ReplaceAll(p.Stack, []byte("$1(...)")))
}
