package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
	"sort"
	"strings"
)

func build(s *source, main *loaded) node {
	b := &builder{
		s: s, byKey: map[string]int{}, named: map[*types.TypeName]int{}, params: map[*types.TypeParam]int{},
		byObj: map[types.Object]int{}, byFunc: map[*types.Func]int{}, byFile: map[string]int{},
	}
	b.types = append(b.types, node{"k": "tuple", "elems": []int{}})
	b.byKey["T[]"] = 0
	packages := []node{}
	for _, p := range s.order {
		b.info = p.info
		pkg := node{"path": p.pkg.Path(), "prelude": p.prelude}
		inits, tests := []int{}, []node{}
		for _, file := range p.files {
			b.old = false
			if v := p.info.FileVersions[file]; v != "" && version.Compare(v, "go1.22") < 0 {
				b.old = true
			}
			if file.GoVersion != "" && version.Compare(file.GoVersion, "go1.22") < 0 {
				b.old = true
			}
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok {
					continue
				}
				object, _ := p.info.Defs[f.Name].(*types.Func)
				if object == nil {
					continue
				}
				id := b.function(f, object)
				if f.Recv == nil && f.Name.Name == "init" {
					inits = append(inits, id)
				}
				if f.Recv == nil && f.Name.Name == "main" && p == main {
					pkg["main"] = id
				}
				if f.Recv == nil && p == main && strings.HasPrefix(f.Name.Name, "Test") && len(f.Type.Params.List) == 1 {
					name := s.fset.Position(f.Pos()).Filename
					if strings.HasSuffix(name, "_test.go") {
						key := "tests"
						if f.Name.Name == "TestMain" {
							pkg["testmain"] = id
							continue
						}
						_ = key
						tests = append(tests, node{"name": f.Name.Name, "f": id})
					}
				}
			}
		}
		vars := []node{}
		for _, init := range p.info.InitOrder {
			lhs := []int{}
			for _, v := range init.Lhs {
				lhs = append(lhs, b.obj(v))
			}
			vars = append(vars, node{"lhs": lhs, "rhs": b.expr(init.Rhs)})
		}
		pkg["inits"], pkg["vars"], pkg["tests"] = inits, vars, tests
		packages = append(packages, pkg)
	}
	if packages[len(packages)-1]["main"] == nil && len(packages[len(packages)-1]["tests"].([]node)) == 0 {
		panic(&failure{Kind: "input", File: s.fset.Position(main.files[0].Pos()).Filename, Text: "there is no function main, and no test"})
	}
	return node{"files": b.files, "types": b.types, "objects": b.objects, "funcs": b.funcs, "packages": packages}
}

func (b *builder) function(f *ast.FuncDecl, object *types.Func) int {
	id := b.fn(object)
	desc := b.funcs[id]
	desc["p"] = b.pos(f.Name.Pos())
	sig := object.Type().(*types.Signature)
	params := []int{}
	if sig.Recv() != nil {
		params = append(params, b.obj(sig.Recv()))
		tparams := []int{}
		for i := range sig.RecvTypeParams().Len() {
			tparams = append(tparams, b.typ(sig.RecvTypeParams().At(i)))
		}
		desc["tparams"] = tparams
	} else {
		tparams := []int{}
		for i := range sig.TypeParams().Len() {
			tparams = append(tparams, b.typ(sig.TypeParams().At(i)))
		}
		desc["tparams"] = tparams
	}
	b.signature(desc, sig, params)
	if f.Body != nil {
		desc["body"] = b.block(f.Body.List)
		desc["end"] = b.pos(f.Body.Rbrace)
	}
	return id
}

func (b *builder) signature(desc node, sig *types.Signature, params []int) {
	for i := range sig.Params().Len() {
		params = append(params, b.obj(sig.Params().At(i)))
	}
	results := []int{}
	named := false
	for i := range sig.Results().Len() {
		r := sig.Results().At(i)
		named = named || r.Name() != ""
		results = append(results, b.obj(r))
	}
	desc["params"], desc["results"], desc["named"], desc["variadic"] = params, results, named, sig.Variadic()
}

func (b *builder) block(list []ast.Stmt) []node {
	out := []node{}
	for _, s := range list {
		if n := b.stmt(s); n != nil {
			out = append(out, n)
		}
	}
	return out
}

func (b *builder) exprs(list []ast.Expr) []node {
	out := []node{}
	for _, e := range list {
		out = append(out, b.expr(e))
	}
	return out
}

func (b *builder) stmt(s ast.Stmt) node {
	at := b.pos(s.Pos())
	switch s := s.(type) {
	case nil:
		return nil
	case *ast.EmptyStmt:
		return nil
	case *ast.ExprStmt:
		return node{"k": "expr", "p": at, "x": b.expr(s.X)}
	case *ast.SendStmt:
		return node{"k": "send", "p": at, "ch": b.expr(s.Chan), "x": b.expr(s.Value)}
	case *ast.IncDecStmt:
		op := "+"
		if s.Tok == token.DEC {
			op = "-"
		}
		return node{"k": "assignop", "p": at, "op": op, "lhs": b.expr(s.X)}
	case *ast.AssignStmt:
		if s.Tok != token.ASSIGN && s.Tok != token.DEFINE {
			op := strings.TrimSuffix(s.Tok.String(), "=")
			return node{"k": "assignop", "p": at, "op": op, "lhs": b.expr(s.Lhs[0]), "rhs": b.expr(s.Rhs[0])}
		}
		lhs := []any{}
		for _, e := range s.Lhs {
			lhs = append(lhs, b.target(e))
		}
		return node{"k": "assign", "p": at, "lhs": lhs, "rhs": b.exprs(s.Rhs)}
	case *ast.DeclStmt:
		d, ok := s.Decl.(*ast.GenDecl)
		if !ok || d.Tok != token.VAR {
			return nil
		}
		list := []node{}
		for _, spec := range d.Specs {
			v := spec.(*ast.ValueSpec)
			lhs := []any{}
			for _, name := range v.Names {
				lhs = append(lhs, b.target(name))
			}
			list = append(list, node{"k": "assign", "p": b.pos(v.Pos()), "lhs": lhs, "rhs": b.exprs(v.Values)})
		}
		return node{"k": "list", "body": list}
	case *ast.GoStmt:
		return node{"k": "go", "p": at, "call": b.expr(s.Call)}
	case *ast.DeferStmt:
		return node{"k": "defer", "p": at, "call": b.expr(s.Call)}
	case *ast.ReturnStmt:
		return node{"k": "return", "p": at, "x": b.exprs(s.Results)}
	case *ast.BranchStmt:
		out := node{"k": "branch", "p": at, "tok": s.Tok.String()}
		if s.Label != nil {
			out["label"] = s.Label.Name
		}
		return out
	case *ast.BlockStmt:
		return node{"k": "block", "body": b.block(s.List)}
	case *ast.IfStmt:
		out := node{"k": "if", "p": at, "cond": b.expr(s.Cond), "then": b.block(s.Body.List)}
		if s.Init != nil {
			out["init"] = b.stmt(s.Init)
		}
		if s.Else != nil {
			out["else"] = b.stmt(s.Else)
		}
		return out
	case *ast.LabeledStmt:
		inner := b.stmt(s.Stmt)
		if inner == nil {
			inner = node{"k": "block", "body": []node{}}
		}
		return node{"k": "labeled", "p": at, "label": s.Label.Name, "body": inner}
	case *ast.ForStmt:
		out := node{"k": "for", "p": at, "body": b.block(s.Body.List), "shared": b.old}
		if s.Init != nil {
			out["init"] = b.stmt(s.Init)
		}
		if s.Cond != nil {
			out["cond"] = b.expr(s.Cond)
		}
		if s.Post != nil {
			out["post"] = b.stmt(s.Post)
		}
		return out
	case *ast.RangeStmt:
		out := node{"k": "range", "p": at, "x": b.expr(s.X), "body": b.block(s.Body.List), "shared": b.old, "define": s.Tok == token.DEFINE}
		if s.Key != nil {
			out["key"] = b.target(s.Key)
		}
		if s.Value != nil {
			out["value"] = b.target(s.Value)
		}
		return out
	case *ast.SwitchStmt:
		cases := []node{}
		for _, c := range s.Body.List {
			c := c.(*ast.CaseClause)
			cases = append(cases, node{"p": b.pos(c.Pos()), "list": b.exprs(c.List), "default": c.List == nil, "body": b.block(c.Body)})
		}
		out := node{"k": "switch", "p": at, "cases": cases}
		if s.Init != nil {
			out["init"] = b.stmt(s.Init)
		}
		if s.Tag != nil {
			out["tag"] = b.expr(s.Tag)
		}
		return out
	case *ast.TypeSwitchStmt:
		cases := []node{}
		for _, c := range s.Body.List {
			c := c.(*ast.CaseClause)
			list := []any{}
			for _, e := range c.List {
				if tv := b.info.Types[e]; tv.IsNil() {
					list = append(list, nil)
				} else {
					list = append(list, b.typ(tv.Type))
				}
			}
			one := node{"p": b.pos(c.Pos()), "types": list, "default": c.List == nil, "body": b.block(c.Body)}
			if o := b.info.Implicits[c]; o != nil {
				one["o"] = b.obj(o)
			}
			cases = append(cases, one)
		}
		out := node{"k": "typeswitch", "p": at, "cases": cases}
		if s.Init != nil {
			out["init"] = b.stmt(s.Init)
		}
		var x ast.Expr
		switch a := s.Assign.(type) {
		case *ast.ExprStmt:
			x = a.X
		case *ast.AssignStmt:
			x = a.Rhs[0]
		}
		out["x"] = b.expr(ast.Unparen(x).(*ast.TypeAssertExpr).X)
		return out
	case *ast.SelectStmt:
		cases := []node{}
		for _, c := range s.Body.List {
			c := c.(*ast.CommClause)
			one := node{"p": b.pos(c.Pos()), "body": b.block(c.Body)}
			switch comm := c.Comm.(type) {
			case nil:
				one["op"] = "default"
			case *ast.SendStmt:
				one["op"], one["ch"], one["x"] = "send", b.expr(comm.Chan), b.expr(comm.Value)
			case *ast.ExprStmt:
				one["op"], one["ch"], one["lhs"] = "recv", b.expr(ast.Unparen(comm.X).(*ast.UnaryExpr).X), []any{}
			case *ast.AssignStmt:
				lhs := []any{}
				for _, e := range comm.Lhs {
					lhs = append(lhs, b.target(e))
				}
				one["op"], one["ch"], one["lhs"] = "recv", b.expr(ast.Unparen(comm.Rhs[0]).(*ast.UnaryExpr).X), lhs
			}
			cases = append(cases, one)
		}
		return node{"k": "select", "p": at, "cases": cases}
	}
	b.refuse(s.Pos(), "this kind of statement (%T) is not supported", s)
	return nil
}

// target is what stands left of an assignment: null for the blank identifier, {"k":"def"} for a new variable.
func (b *builder) target(e ast.Expr) any {
	if id, ok := e.(*ast.Ident); ok {
		if id.Name == "_" {
			return nil
		}
		if o := b.info.Defs[id]; o != nil {
			return node{"k": "def", "o": b.obj(o), "t": b.typ(o.Type()), "p": b.pos(id.Pos())}
		}
	}
	return b.expr(e)
}

func (b *builder) expr(e ast.Expr) node {
	out := b.exprOf(e)
	out["p"] = b.pos(start(e))
	return out
}

// start is where one would look for an expression's own operation: the name of a selector, not of what it selects from.
func start(e ast.Expr) token.Pos { return e.Pos() }

func (b *builder) exprOf(e ast.Expr) node {
	tv := b.info.Types[e]
	if tv.Value != nil && tv.Type != nil {
		c := b.constant(tv.Value, tv.Type)
		if c["c"] != nil {
			b.refuse(e.Pos(), "complex numbers are not supported")
		}
		return c
	}
	typed := func(out node) node {
		if tv.Type != nil && !tv.IsType() && !tv.IsBuiltin() {
			out["t"] = b.typ(tv.Type)
		}
		return out
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return b.exprOf(e.X)
	case *ast.Ident:
		return b.ident(e, tv)
	case *ast.FuncLit:
		desc := node{"end": b.pos(e.Body.Rbrace)}
		b.signature(desc, tv.Type.(*types.Signature), []int{})
		desc["body"] = b.block(e.Body.List)
		return typed(node{"k": "lit", "fn": desc})
	case *ast.CompositeLit:
		t := types.Unalias(tv.Type)
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		elts := []node{}
		next := int64(0)
		for i, elt := range e.Elts {
			one := node{}
			value := elt
			kv, keyed := elt.(*ast.KeyValueExpr)
			if keyed {
				value = kv.Value
			}
			switch u := core(t).(type) {
			case *types.Struct:
				at := i
				if keyed {
					for j := range u.NumFields() {
						if u.Field(j).Name() == kv.Key.(*ast.Ident).Name {
							at = j
						}
					}
				}
				one["i"] = at
			case *types.Map:
				one["key"] = b.expr(kv.Key)
			default:
				if keyed {
					if v := b.info.Types[kv.Key].Value; v != nil {
						next, _ = int64Of(v)
					}
				}
				one["i"] = next
				next++
			}
			one["x"] = b.expr(value)
			elts = append(elts, one)
		}
		return typed(node{"k": "composite", "elts": elts})
	case *ast.SelectorExpr:
		if sel := b.info.Selections[e]; sel != nil {
			switch sel.Kind() {
			case types.FieldVal:
				return typed(node{"k": "field", "x": b.expr(e.X), "path": sel.Index(), "sp": b.pos(e.Sel.Pos())})
			case types.MethodVal:
				return typed(node{"k": "method", "x": b.expr(e.X), "name": e.Sel.Name, "sp": b.pos(e.Sel.Pos())})
			case types.MethodExpr:
				return typed(node{"k": "methodexpr", "recv": b.typ(sel.Recv()), "name": e.Sel.Name})
			}
		}
		return b.ident(e.Sel, tv)
	case *ast.IndexExpr:
		if tv.Type != nil {
			if _, ok := tv.Type.Underlying().(*types.Signature); ok {
				if id := baseIdent(e.X); id != nil && b.info.Instances[id].Type != nil {
					return b.expr(e.X)
				}
			}
		}
		return typed(node{"k": "index", "x": b.expr(e.X), "i": b.expr(e.Index)})
	case *ast.IndexListExpr:
		return b.expr(e.X)
	case *ast.SliceExpr:
		out := node{"k": "slice", "x": b.expr(e.X)}
		for i, bound := range []ast.Expr{e.Low, e.High, e.Max} {
			if bound != nil {
				out[[]string{"lo", "hi", "max"}[i]] = b.expr(bound)
			}
		}
		return typed(out)
	case *ast.StarExpr:
		return typed(node{"k": "deref", "x": b.expr(e.X)})
	case *ast.UnaryExpr:
		return typed(node{"k": "unary", "op": e.Op.String(), "x": b.expr(e.X)})
	case *ast.BinaryExpr:
		return typed(node{"k": "binary", "op": e.Op.String(), "x": b.expr(e.X), "y": b.expr(e.Y), "op_p": b.pos(e.OpPos)})
	case *ast.TypeAssertExpr:
		return node{"k": "assert", "x": b.expr(e.X), "t": b.typ(b.info.Types[e.Type].Type)}
	case *ast.CallExpr:
		fun := ast.Unparen(e.Fun)
		ftv := b.info.Types[fun]
		if ftv.IsType() {
			return typed(node{"k": "conv", "x": b.expr(e.Args[0])})
		}
		if ftv.IsBuiltin() {
			name := ""
			switch f := fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				b.refuse(e.Pos(), "unsafe.%s is not supported", f.Sel.Name)
			}
			out := node{"k": "builtin", "name": name}
			args := e.Args
			if name == "make" || name == "new" {
				if name == "new" && !b.info.Types[args[0]].IsType() {
					b.refuse(e.Pos(), "new of an expression is not supported")
				}
				out["of"] = b.typ(b.info.Types[args[0]].Type)
				args = args[1:]
			}
			out["args"] = b.exprs(args)
			out["ellipsis"] = e.Ellipsis.IsValid()
			typed(out)
			return out
		}
		return typed(node{"k": "call", "fun": b.expr(fun), "args": b.exprs(e.Args), "ellipsis": e.Ellipsis.IsValid(), "rp": b.pos(e.Rparen)})
	}
	b.refuse(e.Pos(), "this kind of expression (%T) is not supported", e)
	return nil
}

func baseIdent(e ast.Expr) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	}
	return nil
}

func core(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.TypeParam); ok {
		if i, ok := p.Constraint().Underlying().(*types.Interface); ok && i.NumEmbeddeds() == 1 {
			if u, ok := i.EmbeddedType(0).(*types.Union); ok && u.Len() == 1 {
				return u.Term(0).Type().Underlying()
			}
		}
	}
	return t.Underlying()
}

func (b *builder) ident(e *ast.Ident, tv types.TypeAndValue) node {
	o := b.info.Uses[e]
	if o == nil {
		o = b.info.Defs[e]
	}
	switch o := o.(type) {
	case *types.Nil:
		return node{"k": "nil", "t": b.typ(b.info.Types[e].Type)}
	case *types.Var:
		return node{"k": "var", "o": b.obj(o), "t": b.typ(o.Type())}
	case *types.Func:
		targs := []int{}
		if inst, ok := b.info.Instances[e]; ok {
			for i := range inst.TypeArgs.Len() {
				targs = append(targs, b.typ(inst.TypeArgs.At(i)))
			}
		}
		t := o.Type()
		if inst, ok := b.info.Instances[e]; ok {
			t = inst.Type
		}
		return node{"k": "func", "f": b.fn(o), "targs": targs, "t": b.typ(t)}
	}
	b.refuse(e.Pos(), "the name %s cannot be used here", e.Name)
	return nil
}

var _ = sort.Ints
