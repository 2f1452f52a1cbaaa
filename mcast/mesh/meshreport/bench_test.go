package meshreport

import "testing"

func BenchmarkLook(b *testing.B) {
	r := crowd()
	b.ReportAllocs()
	for b.Loop() {
		Look(r)
	}
}

func BenchmarkInterval(b *testing.B) {
	v := Look(crowd())
	for b.Loop() {
		v.Interval(v, 3)
	}
}

func BenchmarkText(b *testing.B) {
	v := Look(crowd())
	for b.Loop() {
		v.Text(Options{})
	}
}
