package identity

import (
	"crypto/rand"
	"math"
	"math/big"
	"strings"
	"sync"

	"github.com/groupcast/groupcast/mcast/frame"
)

// A word of a passphrase is made by a rule: two syllables, each a consonant and a
// vowel, so that everybody can say it, and type it as it sounds: there is no c, q or x.
// That is (18 x 5)^2 = 8,100 words, less those in unsaid. They need no list, and so no
// list's licence; a list of real words would be easier to remember.
const (
	consonants = "bdfghjklmnprstvwyz"
	vowels     = "aeiou"
)

// unsaid are words that nobody wants to read to a class.
var unsaid = map[string]bool{
	"kaka": true, "puta": true, "puto": true, "nazi": true, "homo": true, "fuku": true, "kuso": true, "pipi": true, "popo": true, "pupu": true,
	"kike": true, "dago": true, "hore": true, "tite": true, "rape": true, "pedo": true, "sida": true, "huya": true, "huyu": true, "moro": true,
}

// Words are how many words a passphrase of keygen has.
const Words = 6

// words are all of them, in the order of the letters.
var words = sync.OnceValue(func() []string {
	var syllables, all []string
	for _, c := range consonants {
		for _, v := range vowels {
			syllables = append(syllables, string(c)+string(v))
		}
	}
	for _, a := range syllables {
		for _, b := range syllables {
			if !unsaid[a+b] {
				all = append(all, a+b)
			}
		}
	}
	return all
})

// NewPassphrase draws a passphrase of [Words] words, with a space between two, and says how
// many bits it has: that many yes or no questions are what guessing it takes, also for
// one who knows the rule.
func NewPassphrase() (text string, bits float64) {
	all := words()
	most := big.NewInt(int64(len(all)))
	drawn := make([]string, Words)
	for i := range drawn {
		n, err := rand.Int(rand.Reader, most)
		if err != nil {
			panic(err) // rand.Reader never fails (Go 1.24)
		}
		drawn[i] = all[n.Int64()]
	}
	return strings.Join(drawn, " "), Words * math.Log2(float64(len(all)))
}

// NewKey draws a key.
func NewKey() frame.RoomKey { return newSeed() }
