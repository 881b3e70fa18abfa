// A pitfall of the tutorial: a pointer is published without synchronisation.
//
//hb:case racy row=4 pattern=config end=waits
//hb:expect variable=cfg what=variable missing=unjoined fits=atomic-pointer
package main

import "fmt"

type Config struct {
	Name string
}

var cfg *Config

func main() {
	go func() {
		cfg = &Config{Name: "prod"} // race: a
	}()
	if cfg != nil { // race: b
		fmt.Println(cfg.Name) // race: b
	}
}
