package class

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A page that joins and leaves without end, or joins again, fills no terminal.
func TestJoinOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := open(t, 2, nil)
		join := func(from string) error {
			token, _, err := c.Join(Applicant{Code: "K7MQ4R", Name: "Ada", From: from})
			if err == nil {
				err = c.Leave(token)
			}
			return err
		}
		n := 0
		for ; n < 1000 && join("a") == nil; n++ {
		}
		if err := join("a"); n != joinsAtOnce+2*2 || !errors.Is(err, ErrOften) {
			t.Errorf("%d joins from one address, then %v", n, err)
		}
		if err := join("b"); err != nil {
			t.Errorf("from another address: %v", err)
		}
		time.Sleep(joinInterval)
		if err := join("a"); err != nil {
			t.Errorf("a second later: %v", err)
		}
	})
}
