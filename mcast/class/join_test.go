package class

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func TestJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := open(t, 3, nil)
		tests := []struct {
			from, code, name string
			plain            bool
			want             string // the host, or
			err              error
		}{
			{from: "a", code: "K7MQ4S", name: "Ada", err: ErrCode},
			{from: "a", code: "", name: "Ada", err: ErrCode},
			{from: "a", code: strings.Repeat("K7MQ4R", 1000), name: "Ada", err: ErrCode},
			{from: "b", code: "K7MQ4R", name: "", err: ErrName},
			{from: "b", code: "K7MQ4R", name: " \t ", err: ErrName},
			{from: "b", code: "K7MQ4R", name: "a\x1b[2Jb", err: ErrName},
			{from: "b", code: "K7MQ4R", name: "a\u202eb", err: ErrName},
			{from: "b", code: "K7MQ4R", name: "\xff", err: ErrName},
			{from: "b", code: "K7MQ4R", name: strings.Repeat("字", 13), err: ErrName},
			{from: "b", code: "K7MQ4R", name: strings.Repeat("a", 1e6), err: ErrName},
			{from: "b", code: " k7-mq 4r ", name: "Ada", want: "H1"},
			{from: "c", code: "K7MQ4R", name: "Ada", err: ErrTaken}, // of another address
			{from: "c", code: "K7MQ4R", name: "ada", err: ErrTaken},
			{from: "c", code: "K7MQ4R", name: " ＡDA  ", err: ErrTaken},
			{from: "c", code: "K7MQ4R", name: "A da", err: ErrTaken},
			{from: "b", code: "K7MQ4R", name: "A da", err: ErrTaken}, // like hers, and not hers
			{from: "b", code: "K7MQ4R", name: "ada", want: "H1"},     // no page shows it: she is back
			{from: "b", code: "K7MQ4R", name: "Ada", plain: true, want: "H1"},
			{from: "b", code: "K7MQ4R", name: "Adam", want: "H2"},
			{from: "b", code: "K7MQ4R", name: strings.Repeat("字", 12), want: "H3"},
			{from: "b", code: "K7MQ4R", name: "Eve", err: ErrFull},
			{from: "b", code: "K7MQ4R", name: "Adam", want: "H2"}, // who has a seat is not sent away
		}
		for _, test := range tests {
			token, s, err := c.Join(Applicant{test.code, test.name, test.from, test.plain})
			if !errors.Is(err, test.err) || err != nil && len(err.Error()) > 300 {
				t.Errorf("%.80q from %s: %v, want %v", test.name, test.from, err, test.err)
				continue
			}
			if err != nil {
				continue
			}
			if again, err := c.Seat(token); s.Host() != test.want || s.Plain() != test.plain || again != s || err != nil || len(token) != 22 {
				t.Errorf("%q sits at %s, plain %v; the token %q: %v, %v", test.name, s.Host(), s.Plain(), token, again, err)
			}
		}
		for _, token := range []Token{"", "x", Token(strings.Repeat("A", 22))} {
			if s, err := c.Seat(token); s != nil || err != ErrToken {
				t.Errorf("token %q: %v, %v", token, s, err)
			}
			if err := c.Leave(token); err != ErrToken {
				t.Errorf("token %q leaves: %v", token, err)
			}
		}
		if list := c.Seats(); len(list) != 3 || !list[0].Plain || list[1].Name != "Adam" || list[1].Running {
			t.Errorf("%+v", list)
		}
	})
}

// What is wrong with a name is said in words that help to choose another.
func TestNameRefused(t *testing.T) {
	for name, want := range map[string]string{
		"":                      "it is empty",
		" \t":                   "it is empty",
		strings.Repeat("a", 25): "it is too long; 24 letters fit, or 12 wide ones as in 字",
		strings.Repeat("a", 51): "it is too long; 24 letters fit, or 12 wide ones as in 字",
		"👩‍👩‍👧 Zoë":             "take letters, digits and simple emoji; something else is in it that is not drawn alone",
	} {
		if _, err := CheckName(name); !errors.Is(err, ErrName) || err.Error() != ErrName.Error()+": "+want {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

// Who comes back gets what runs there, and the token of before is void; while a page
// shows the seat, it is nobody else's.
func TestJoinAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := open(t, 1, nil)
		ada := Applicant{Name: "Ada", From: "a"}
		token, s := mustJoin(t, c, ada)
		done := s.Look()
		s.Input(Input{Size: Size{80, 24}})
		l.last().writes("hers\n")
		if _, _, err := c.Join(Applicant{Code: c.Code(), Name: "Ada", From: "a"}); err != ErrTaken {
			t.Errorf("a page shows it: %v", err)
		}
		done()
		done() // once more changes nothing
		token2, s2 := mustJoin(t, c, ada)
		if _, err := c.Seat(token); s2.at != s.at || token2 == token || err != ErrToken {
			t.Errorf("%p and %p, the old token: %v", s, s2, err)
		}
		if text, _ := shown(t, s2); text != "hers\n" || l.count() != 1 {
			t.Errorf("%q, %d programs", text, l.count())
		}
		ada.Plain = true
		_, s3 := mustJoin(t, c, ada)
		if _, err := s.Next(t.Context(), 0); s3.at == s.at || err == nil {
			t.Errorf("the screen is still there: %v", err)
		}
		if l.running("H1") != nil {
			t.Error("its program runs on")
		}
		want := []string{"joined H1 Ada: ", "joined H1 Ada: again", "joined H1 Ada: again"}
		if got := happened(c); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

func TestTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := open(t, 9, nil)
		try := func(from, code string) error {
			_, _, err := c.Join(Applicant{Code: code, Name: "N" + from, From: from})
			return err
		}
		for n := range triesEach {
			if err := try("a", "WRONG2"); !errors.Is(err, ErrCode) {
				t.Fatalf("try %d: %v", n, err)
			}
		}
		var tries *TriesError
		if err := try("a", c.Code()); !errors.As(err, &tries) || tries.After <= 0 || tries.After > 12*time.Second || !errors.Is(err, ErrTries) {
			t.Fatalf("the right code after %d wrong ones: %v", triesEach, err)
		}
		if err := try("b", c.Code()); err != nil {
			t.Errorf("another address: %v", err)
		}
		time.Sleep(tries.After)
		if err := try("a", c.Code()); err != nil {
			t.Errorf("after %v: %v", tries.After, err)
		}
		// From many addresses.
		for n := triesEach; n < triesAll; n++ {
			if err := try(fmt.Sprint("guess", n), "WRONG2"); !errors.Is(err, ErrCode) {
				t.Fatalf("try %d: %v", n, err)
			}
		}
		if err := try("d", c.Code()); !errors.As(err, &tries) || tries.After != 0 || !strings.Contains(err.Error(), "ask the teacher") {
			t.Fatalf("the right code after %d wrong ones: %v", triesAll, err)
		}
		time.Sleep(24 * time.Hour)
		if err := try("d", c.Code()); !errors.Is(err, ErrTries) {
			t.Errorf("a day later: %v", err)
		}
		happened(c)
		c.Lock(true)
		if err := try("d", c.Code()); !errors.Is(err, ErrLocked) {
			t.Errorf("locked: %v", err)
		}
		if err := try("d", "WRONG2"); !errors.Is(err, ErrCode) {
			t.Errorf("locked, and a wrong code: %v", err)
		}
		c.Lock(false)
		c.Lock(false)
		if err := try("d", c.Code()); err != nil {
			t.Errorf("unlocked: %v", err)
		}
		if got, want := happened(c), []string{"unlocked  : ", "joined H1 Nd: "}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

func TestTriesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := open(t, 1, nil)
		for n := range 2 * triesAll {
			_, _, _ = c.Join(Applicant{Code: "WRONG2", From: fmt.Sprint(n)})
		}
		c.Lock(false)
		want := []string{"guessed  : 60 wrong codes: nobody is let in until you unlock the class", "unlocked  : "}
		if got := happened(c); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		code := NewCode()
		if checked, err := CheckCode(code); err != nil || checked != code || len(code) != 6 || strings.Trim(code, codeLetters) != "" || seen[code] {
			t.Fatalf("%q: %q, %v", code, checked, err)
		}
		seen[code] = true
	}
	for _, code := range []string{"", "ABCDE", "ABC DE", strings.Repeat("A", 33), "ABCDE\x00", "ABCDÉF", "ABC_DEF"} {
		if got, err := CheckCode(code); err == nil {
			t.Errorf("%q is the code %q", code, got)
		}
	}
}

func FuzzCheckCode(f *testing.F) {
	f.Add("K7MQ4R")
	f.Add("k7-mq 4r")
	f.Add("ſſſſſſ")
	f.Fuzz(func(t *testing.T, code string) {
		got, err := CheckCode(code)
		if err != nil {
			return
		}
		if again, err := CheckCode(got); err != nil || again != got || len(got) > 32 {
			t.Errorf("%q is %q, and that %q, %v", code, got, again, err)
		}
	})
}

func FuzzCheckName(f *testing.F) {
	for _, name := range []string{"Ada", "A da", "Ａda", "字", "e\u0301", "👩‍👩‍👧", "-rf", "a\u202eb", "\xff", "Ⅷ", "ﬃ", "ß", "İ"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, err := CheckName(name)
		if err != nil {
			if !errors.Is(err, ErrName) || got != "" || len(err.Error()) > 300 {
				t.Errorf("%q: %q, %v", name, got, err)
			}
			return
		}
		again, err := CheckName(got)
		switch {
		case err != nil, again != got:
			t.Errorf("%q is %q, and that %q, %v", name, got, again, err)
		case !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || got == "":
			t.Errorf("%q is %q", name, got)
		case ansi.StringWidth(got) > MaxName:
			t.Errorf("%q has %d columns", got, ansi.StringWidth(got))
		case likeName(got) == "" || likeName(got) != likeName(strings.ToUpper(got)) && likeName(got) != likeName(strings.ToLower(got)):
			t.Errorf("%q is like %q", got, likeName(got))
		}
	})
}
