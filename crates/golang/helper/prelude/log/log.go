// Package log: it writes to standard error, which is not part of an outcome; Fatal and Panic end the program.
package log

import (
	"fmt"
	"os"
)

func Println(a ...any)          {}
func Print(a ...any)            {}
func Printf(f string, a ...any) {}
func Fatal(a ...any)            { os.Exit(1) }
func Fatalln(a ...any)          { os.Exit(1) }
func Fatalf(f string, a ...any) { os.Exit(1) }
func Panic(a ...any)            { panic(fmt.Sprint(a...)) }
func Panicf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func SetFlags(flag int)         {}
func SetPrefix(prefix string)   {}
