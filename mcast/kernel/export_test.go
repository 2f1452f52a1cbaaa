package kernel

// Recording and ParseRecording are what the tests keep traces by.
var (
	Recording      = recording
	ParseRecording = parseRecording
	DropsOf        = dropsOf
)
