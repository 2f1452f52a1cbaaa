package class

import (
	"encoding/json"
	"testing"
)

func TestScreenAsJSON(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    Screen
		want string
	}{
		{"nothing", Screen{Width: 20, Height: 5, Version: 7}, `{"w":20,"h":5,"v":7,"cur":[0,0,0]}`},
		{"everything", Screen{
			Width: 100, Height: 30, Version: 1 << 40, Cursor: Cursor{3, 28, true}, Title: `a "b"`, Mouse: true, Dropped: 12, Ended: "it has\nended",
			Rows: map[int][]Run{
				10: {{Text: "│ ", Cells: 2, Fg: "#3d4959"}, {Text: "hello", Cells: 5}},
				4:  {{Text: `\<`, Cells: 2, Bg: "#ffffff"}, {Text: "字", Cells: 2, Look: Bold | Strike}},
				5:  nil,
			},
		}, `{"w":100,"h":30,"v":1099511627776,` +
			`"rows":{"4":[["\\<",2,"","#ffffff"],["字",2,"","",65]],"5":[],"10":[["│ ",2,"#3d4959"],["hello",5]]},` +
			`"cur":[3,28,1],"title":"a \"b\"","mouse":true,"dropped":12,"ended":"it has\u000aended"}`},
		{"what is no text", Screen{Title: "a\xffb\x00c"}, `{"w":0,"h":0,"v":0,"cur":[0,0,0],"title":"a` + "\ufffd" + `b\u0000c"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.s.MarshalJSON()
			if string(got) != tt.want || err != nil {
				t.Errorf("it is\n%s, want\n%s", got, tt.want)
			}
			var decoded map[string]any
			if err := json.Unmarshal(got, &decoded); err != nil || decoded["h"] != float64(tt.s.Height) {
				t.Errorf("it is read as %v, %v", decoded, err)
			}
		})
	}
}
