// Package registry is filled by its init before any importer's init runs.
package registry

// Codecs maps a name to a codec's version.
var Codecs map[string]int

func init() {
	ready := make(chan struct{})
	Codecs = map[string]int{"json": 1}
	go func() {
		Codecs["gob"] = 2
		close(ready)
	}()
	<-ready
}
