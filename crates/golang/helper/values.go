package main

import "go/constant"

func int64Of(v constant.Value) (int64, bool) { return constant.Int64Val(constant.ToInt(v)) }
