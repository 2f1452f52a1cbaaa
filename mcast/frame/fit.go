package frame

// Fit is how many of the entries of a *Hello's digest, or of the rows of a *Stats or a
// *Report, fit into a frame, from the first on. It counts bytes, and encodes what is
// around them once. Of other bodies it is 0.
func (r *Room) Fit(b Body) int {
	var size int // of the frame without them
	var each func(i int) int
	var n int
	switch b := b.(type) {
	case *Hello:
		around := *b
		around.Digest = nil
		size, n = r.Size(&around), len(b.Digest)
		each = func(i int) int { return b.Digest[i].size() }
	case *Stats:
		around := *b
		around.Rows = nil
		size, n = r.Size(&around), len(b.Rows)
		each = func(i int) int { return b.Rows[i].size() }
	case *Report:
		around := *b
		around.Rows = nil
		size, n = r.Size(&around), len(b.Rows)
		each = func(i int) int { return b.Rows[i].size() }
	default:
		return 0
	}
	for i := range min(n, maxArray) {
		size += each(i)
		if i == 0 {
			size += 2 // the key, and the beginning of the array
		}
		if i == 23 {
			size++ // from 24 on the beginning is longer
		}
		if size > MaxSize {
			return i
		}
	}
	return min(n, maxArray)
}

// size is that of an entry in a body.
func (e Entry) size() int {
	return sizeOfRow(e.AllUpTo, e.Ahead, e.Passing, e.Ago, e.Interface, e.Lost)
}

// size is that of a row in a body.
func (r Row) size() int {
	return sizeOfRow(r.First, r.Highest, r.Distinct, r.Duplicates, r.Reordered, r.Ago, r.Silence, r.Age, r.Spread, r.Interface, r.Hops)
}

// sizeOfRow is the size of an array of a ref and fewer than 23 numbers.
func sizeOfRow(numbers ...uint64) int {
	size := 1 + 1 + len(Ref{})
	for _, n := range numbers {
		switch {
		case n < 24:
			size++
		case n < 1<<8:
			size += 2
		case n < 1<<16:
			size += 3
		case n < 1<<32:
			size += 5
		default:
			size += 9
		}
	}
	return size
}
