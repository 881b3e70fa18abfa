module example.com/hb/interpreter

go 1.25
