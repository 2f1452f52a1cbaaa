package lesson

import (
	"testing"
	"testing/synctest"
	"time"
)

// A program has longer for the first that it prints than for the rest.
func TestProgramBeginsSlowly(t *testing.T) {
	t.Parallel()
	const wait = time.Second
	for name, tt := range map[string]struct {
		prints map[time.Duration]string
		met    bool
		after  time.Duration
	}{
		"at once":                   {map[time.Duration]string{0: "ready\n"}, true, 0},
		"slowly":                    {map[time.Duration]string{1900 * time.Millisecond: "ready\n"}, true, 1900 * time.Millisecond},
		"at the very end":           {map[time.Duration]string{2900 * time.Millisecond: "ready\n"}, true, 2900 * time.Millisecond},
		"nothing":                   {nil, false, 3 * wait},
		"something else, then late": {map[time.Duration]string{0: "warning\n", 1500 * time.Millisecond: "ready\n"}, false, wait},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &program{ended: make(chan struct{})}
			for after, text := range tt.prints {
				go func() {
					time.Sleep(after)
					_, _ = p.out.Write([]byte(text))
				}()
			}
			synctest.Wait()
			begin := time.Now()
			_, err := expectStep{name: "p", want: pattern{"ready"}}.do(t.Context(), &runner{wait: wait, programs: map[string]*program{"p": p}})
			if took := time.Since(begin); (err == nil) != tt.met || took < tt.after || took > tt.after+100*time.Millisecond {
				t.Errorf("%s: %v after %v, want met %t after %v", name, err, took, tt.met, tt.after)
			}
			time.Sleep(3 * wait) // what it prints too late
		})
	}
}
