// Package race, as hb delivers it. The Go distribution's file of this name imports "C", to start
// threads by libc, and its neighbours import the prebuilt C++ detector. The runtime of hb needs
// neither: it is part of package runtime.

//go:build race

package race
