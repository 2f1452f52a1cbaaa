package lab

// Forbidden is forbidden, for the settings that no test can set.
var Forbidden = forbidden
