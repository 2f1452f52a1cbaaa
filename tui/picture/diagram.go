package picture

import (
	"cmp"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Way is the way of a datagram over a network, for a [Diagram].
type Way struct {
	Label string // what is sent; it stands beside the first wire
	Hops  []WayHop
}

// WayHop is the way over one LAN. Several hops may begin at one interface: a switch
// copies the datagram.
type WayHop struct {
	From string // HOST.INTERFACE
	To   string // HOST.INTERFACE, or a switch: the datagram gets no further
	Lost bool   // it is lost on the last wire before To
}

// DiagramOptions are how a network is drawn.
type DiagramOptions struct {
	Columns int  // of the terminal; 0: 80. More than 80 are not used
	ASCII   bool // no other characters; a ? stands for one in what is sent
	Colour  bool // rows have the escape codes of colours

	// Board leaves room for what a page writes into the drawing and changes: rows in the box
	// of each host, and a row at each wire. No host is left out, and up to 160 columns are
	// used. See Diagram.Geometry.
	Board bool
}

// Diagram is a network as on a blackboard: switches are bars, hosts are boxes, and each
// interface is a wire between them.
type Diagram struct {
	scene   scene
	options DiagramOptions
	network Network
	way     *Way
	listed  bool // as a list of hosts
}

// Label is a text of a drawing and its place, in cells from the upper left corner. The
// text is as wide as its cells.
type Label struct {
	Text string
	X, Y int

	kind labelKind
	of   string // the host, HOST.INTERFACE or switch that it belongs to
}

// Width is in cells.
func (l Label) Width() int { return ansi.StringWidth(l.Text) }

type labelKind int

const (
	hostLabel labelKind = iota
	interfaceLabel
	addressLabel
	switchLabel
	wayLabel
	lostLabel
	foldLabel
	noteLabel
	roomLabel // of spaces
)

const (
	mostColumns = 80
	mostRows    = 27 // of one switch with its hosts
	mostHosts   = 12 // that one switch is drawn with; the others are counted

	boardColumns = 160
)

// NewDiagram lays a network out, with the way of a datagram or nil. A network that is too
// wide loses hosts of the same switch, which are counted then, but no host on the way. A
// network that no drawing of bars is wide enough for becomes a list of hosts, each wire
// with its switch at the end.
func NewDiagram(n Network, way *Way, o DiagramOptions) Diagram {
	most := mostColumns
	if o.Board {
		most = boardColumns
	}
	o.Columns = min(cmp.Or(max(o.Columns, 0), mostColumns), most)
	d := Diagram{options: o, network: n, way: way}
	var drawn Way
	if way != nil {
		drawn = *way
	}
	if o.ASCII {
		drawn.Label = asciiOf(drawn.Label)
	}
	l := newLayout(n, drawn, o.Columns)
	if o.Board {
		l.makeRoom()
	}
	var all scene
	for _, part := range l.parts() {
		s, ok := l.draw(part)
		if !ok {
			all, d.listed = l.list(), true
			break
		}
		if all.height > 0 {
			all.height++
		}
		all.below(s)
	}
	for i, note := range n.Notes {
		if i == 0 {
			all.height++
		}
		if o.ASCII {
			note = asciiOf(note)
		}
		for _, row := range wrapped(note, o.Columns) {
			all.label(0, all.height, row, noteLabel, "")
		}
	}
	all.settle()
	d.scene = all
	return d
}

// Size is in cells: one character each in rows.
func (d Diagram) Size() (columns, rows int) { return d.scene.width, d.scene.height }

// Labels are all texts of the drawing.
func (d Diagram) Labels() []Label { return d.scene.labels }

// wrapped breaks a text into rows of that width, and a word that is longer too.
func wrapped(text string, width int) []string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return nil
	}
	return strings.Split(ansi.Wrap(text, max(width, 1), ""), "\n")
}

func asciiOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, text)
}

// scene is a drawing in cells.
type scene struct {
	width, height int
	boxes         []sceneBox
	lines         []sceneLine
	labels        []Label
	strokes       []sceneLine // the way
	marks         []sceneMark
}

type boxKind int

const (
	hostBox boxKind = iota
	routerBox
)

type sceneBox struct {
	x, y, width, height int
	kind                boxKind
	of                  string // the host
}

type lineKind int

const (
	wireLine lineKind = iota
	cableLine
	barLine
	looseLine // it ends at no switch
)

// sceneLine is horizontal or vertical.
type sceneLine struct {
	x1, y1, x2, y2 int
	kind           lineKind
	of             string // HOST.INTERFACE, or a switch
}

type markKind int

const (
	arrowUp markKind = iota
	arrowDown
	arrowLeft
	arrowRight
	cross
)

type sceneMark struct {
	x, y int
	kind markKind
	mid  bool // in the middle of a line, which goes on
}

func (s *scene) grow(x, y int) { s.width, s.height = max(s.width, x), max(s.height, y) }

func (s *scene) label(x, y int, text string, kind labelKind, of string) {
	l := Label{Text: text, X: x, Y: y, kind: kind, of: of}
	s.labels = append(s.labels, l)
	s.grow(x+l.Width(), y+1)
}

func (s *scene) box(x, y, width, height int, kind boxKind, of string) {
	s.boxes = append(s.boxes, sceneBox{x, y, width, height, kind, of})
	s.grow(x+width, y+height)
}

func (s *scene) line(x1, y1, x2, y2 int, kind lineKind, of string) {
	s.lines = append(s.lines, ordered(sceneLine{x1, y1, x2, y2, kind, of}))
	s.grow(max(x1, x2)+1, max(y1, y2)+1)
}

func (s *scene) stroke(x1, y1, x2, y2 int) {
	s.strokes = append(s.strokes, ordered(sceneLine{x1: x1, y1: y1, x2: x2, y2: y2}))
}

func ordered(l sceneLine) sceneLine {
	if l.x2 < l.x1 || l.y2 < l.y1 {
		l.x1, l.y1, l.x2, l.y2 = l.x2, l.y2, l.x1, l.y1
	}
	return l
}

// below appends another drawing below.
func (s *scene) below(o scene) {
	y := s.height
	for _, b := range o.boxes {
		b.y += y
		s.boxes = append(s.boxes, b)
	}
	move := func(to *[]sceneLine, lines []sceneLine) {
		for _, l := range lines {
			l.y1, l.y2 = l.y1+y, l.y2+y
			*to = append(*to, l)
		}
	}
	move(&s.lines, o.lines)
	move(&s.strokes, o.strokes)
	for _, l := range o.labels {
		l.Y += y
		s.labels = append(s.labels, l)
	}
	for _, m := range o.marks {
		m.y += y
		s.marks = append(s.marks, m)
	}
	s.grow(o.width, y+o.height)
}
