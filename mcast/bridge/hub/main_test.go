package hub

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// dirVariable has the directory of a hub that the test binary is to be, and its address.
const dirVariable, listenVariable = "GROUPCAST_TEST_HUB", "GROUPCAST_TEST_LISTEN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		h, err := Start(context.Background(), Config{Dir: dir, Listen: os.Getenv(listenVariable)})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(h.URL())
		_, _ = io.Copy(io.Discard, os.Stdin) // until the test ends
		h.Close()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
