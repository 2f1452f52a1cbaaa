package main

import (
	"math"
	"strings"
	"testing"
)

func TestStreamRate(t *testing.T) {
	for text, want := range map[string]float64{ // datagrams a second of 125 bytes, which are 1,000 bits
		"1000": 1000, "1000/s": 1000, "0.5": 0.5, "1e3/s": 1000, "500kb/s": 500, "20Mb/s": 20000, "1Gb/s": 1e6, "1.5Mb/s": 1500,
		"max": math.Inf(1), "1e9": 1e9,
	} {
		var r streamRate
		if err := r.Set(text); err != nil || r.String() != text {
			t.Errorf("%s is %v, %v", text, r, err)
			continue
		}
		if got, err := r.of(125); err != nil || got != want {
			t.Errorf("%s is %v datagrams a second, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "10x", "0", "-1", "max/s", "20MB/s", "20mb/s", "b/s", "5b/s", "Mb/s", "/s", "inf", "Inf", "nan", "NaN/s", "0x10", "1_000", "1e400", "1e308Gb/s", "10 /s", "1000/s/s"} {
		var r streamRate
		if err := r.Set(text); err == nil || !strings.Contains(err.Error(), "1000/s") {
			t.Errorf("%q is %v, %v", text, r, err)
		}
	}
	for _, r := range []streamRate{{number: 2e9, text: "2e9"}, {number: 1e15, bits: true, text: "1000000Gb/s"}, {number: 1e3, bits: true}} {
		size := 64
		if r.text == "" {
			size = 0
		}
		if got, err := r.of(size); err == nil {
			t.Errorf("%+v of %d bytes is %v", r, size, got)
		}
	}
}

// What was probably meant stands in the error.
func TestRateMistakes(t *testing.T) {
	const want = "a rate is a number, or 1000/s, 20Mb/s, max"
	for text, more := range map[string]string{
		"20MB/s": "; B is a byte, and 20MB/s is 160Mb/s", "20mb/s": "; in bits: 20Mb/s, in datagrams: 20000000/s", "1k": "; in bits: 1kb/s, in datagrams: 1000/s",
		"1Mbps": "; in bits: 1Mb/s, in datagrams: 1000000/s", "10x": "", "": "", "1e3q": "", "k": "", "inf": "",
	} {
		var r streamRate
		if err := r.Set(text); err == nil || err.Error() != want+more {
			t.Errorf("%q: %v, want %s", text, err, want+more)
		}
	}
	for _, text := range []string{"0", "-5", "0/s", "-1Mb/s"} {
		var r streamRate
		if err := r.Set(text); err == nil || err.Error() != "want a rate above 0, such as 1000/s or 20Mb/s" {
			t.Errorf("%q: %v", text, err)
		}
		v := streamRate{finite: true}
		if err := v.Set(text); err == nil || !strings.Contains(err.Error(), "above 0") {
			t.Errorf("--min-rate %q: %v", text, err)
		}
	}
}

func TestRateWords(t *testing.T) {
	for bits, want := range map[float64]string{512: "512 b/s", 51200: "51.2 kb/s", 20e6: "20 Mb/s", 2e9: "2 Gb/s", 5e12: "5000 Gb/s", 5.12e-05: "0.0000512 b/s"} {
		if got := bitsText(bits); got != want {
			t.Errorf("%v is %q, want %q", bits, got, want)
		}
	}
	for rate, want := range map[float64]string{0.5: "0.5/s", 1e-7: "0.0000001/s", 99.5: "99.5/s", 1000: "1,000/s", 123456.7: "123,457/s"} {
		if got := perSecond(rate); got != want {
			t.Errorf("%v is %q, want %q", rate, got, want)
		}
	}
}

func TestLeadingTargets(t *testing.T) {
	for args, want := range map[string]int{
		"239.1.1.1":                         1,
		"239.1.1.1 TICK":                    1,
		"239.1.1.1 239.1.1.2+3 TICK 239.1":  2,
		"@list udp://@239.1.1.1:5 x":        2,
		"239.1.1.1 mdns":                    1, // a word that may be the text
		"239.1.1.1 10.0.0.1":                1,
		"239.1.1.1 @someone.else":           1,
		"239.1.1.1 ff3e::1 [ff3e::2]:5 end": 3,
	} {
		if got := leadingTargets(strings.Fields(args)); got != want {
			t.Errorf("%s begins with %d targets, want %d", args, got, want)
		}
	}
}

// Without --rate send takes one group, and says what the others need.
func TestStreamsWithoutRate(t *testing.T) {
	for text, fine := range map[string]bool{
		"239.1.1.1": true, "mdns": true, "nonsense": true, "10.0.0.1": true,
		"239.1.1.1+3": false, "@list": false, "udp://@239.1.1.1:5000": false,
	} {
		if err := (&streamSender{}).without([]string{text}); (err == nil) != fine {
			t.Errorf("%s: %v", text, err)
		}
	}
}
