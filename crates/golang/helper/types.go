package main

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

type node = map[string]any

// builder numbers types, objects and functions as they are met.
type builder struct {
	s       *source
	info    *types.Info
	types   []node
	byKey   map[string]int
	named   map[*types.TypeName]int
	params  map[*types.TypeParam]int
	objects []node
	byObj   map[types.Object]int
	funcs   []node
	byFunc  map[*types.Func]int
	files   []string
	byFile  map[string]int
	old     bool // loop variables are shared (language before 1.22)
}

func (b *builder) refuse(at token.Pos, format string, args ...any) {
	p := b.s.fset.Position(at)
	panic(&failure{"unsupported", p.Filename, p.Line, p.Column, fmt.Sprintf(format, args...)})
}

// pos is [file, line, column].
func (b *builder) pos(at token.Pos) [3]int {
	p := b.s.fset.Position(at)
	file, ok := b.byFile[p.Filename]
	if !ok {
		file = len(b.files)
		b.files = append(b.files, p.Filename)
		b.byFile[p.Filename] = file
	}
	return [3]int{file, p.Line, p.Column}
}

func (b *builder) add(key string, make func() node) int {
	if id, ok := b.byKey[key]; ok {
		return id
	}
	id := len(b.types)
	b.byKey[key] = id
	b.types = append(b.types, nil)
	b.types[id] = make()
	return id
}

func (b *builder) typ(t types.Type) int {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		kind := t.Kind()
		name := types.Typ[types.Invalid].Name()
		if int(kind) < len(types.Typ) {
			name = types.Typ[kind].Name()
		}
		return b.add("B"+name, func() node { return node{"k": "basic", "name": name} })
	case *types.Pointer:
		e := b.typ(t.Elem())
		return b.add(fmt.Sprint("P", e), func() node { return node{"k": "pointer", "elem": e} })
	case *types.Slice:
		e := b.typ(t.Elem())
		return b.add(fmt.Sprint("S", e), func() node { return node{"k": "slice", "elem": e} })
	case *types.Array:
		e := b.typ(t.Elem())
		return b.add(fmt.Sprint("A", t.Len(), "_", e), func() node { return node{"k": "array", "elem": e, "len": t.Len()} })
	case *types.Map:
		k, e := b.typ(t.Key()), b.typ(t.Elem())
		return b.add(fmt.Sprint("M", k, "_", e), func() node { return node{"k": "map", "key": k, "elem": e} })
	case *types.Chan:
		e := b.typ(t.Elem())
		return b.add(fmt.Sprint("C", t.Dir(), "_", e), func() node { return node{"k": "chan", "elem": e, "dir": int(t.Dir())} })
	case *types.Signature:
		params, results := b.tuple(t.Params()), b.tuple(t.Results())
		key := fmt.Sprint("F", params, results, t.Variadic())
		return b.add(key, func() node {
			return node{"k": "func", "params": params, "results": results, "variadic": t.Variadic()}
		})
	case *types.Tuple:
		list := b.tuple(t)
		return b.add(fmt.Sprint("T", list), func() node { return node{"k": "tuple", "elems": list} })
	case *types.Struct:
		var key strings.Builder
		fields := []node{}
		key.WriteString("R")
		for i := range t.NumFields() {
			f := t.Field(i)
			id := b.typ(f.Type())
			fmt.Fprint(&key, f.Id(), " ", id, f.Embedded(), ";")
			fields = append(fields, node{"name": f.Name(), "t": id, "embedded": f.Embedded()})
		}
		return b.add(key.String(), func() node { return node{"k": "struct", "fields": fields} })
	case *types.Interface:
		var key strings.Builder
		key.WriteString("I")
		methods := []node{}
		for i := range t.NumMethods() {
			m := t.Method(i)
			id := b.typ(m.Type())
			fmt.Fprint(&key, m.Id(), " ", id, ";")
			methods = append(methods, node{"name": m.Name(), "t": id})
		}
		if !t.IsMethodSet() {
			fmt.Fprintf(&key, "%p", t)
		}
		return b.add(key.String(), func() node { return node{"k": "interface", "methods": methods} })
	case *types.TypeParam:
		if id, ok := b.params[t]; ok {
			return id
		}
		id := len(b.types)
		b.params[t] = id
		b.types = append(b.types, node{"k": "param", "name": t.Obj().Name()})
		return id
	case *types.Named:
		origin := t.Origin()
		base := b.origin(origin)
		if t.TypeArgs().Len() == 0 {
			return base
		}
		args := []int{}
		for i := range t.TypeArgs().Len() {
			args = append(args, b.typ(t.TypeArgs().At(i)))
		}
		return b.add(fmt.Sprint("N", base, args), func() node { return node{"k": "instance", "origin": base, "args": args} })
	}
	panic(fmt.Sprintf("type %T", t))
}

func (b *builder) origin(t *types.Named) int {
	if id, ok := b.named[t.Obj()]; ok {
		return id
	}
	id := len(b.types)
	b.named[t.Obj()] = id
	b.types = append(b.types, nil)
	pkg := ""
	if t.Obj().Pkg() != nil {
		pkg = t.Obj().Pkg().Path()
	}
	params := []int{}
	for i := range t.TypeParams().Len() {
		params = append(params, b.typ(t.TypeParams().At(i)))
	}
	desc := node{"k": "named", "name": t.Obj().Name(), "pkg": pkg, "params": params}
	b.types[id] = desc
	desc["underlying"] = b.typ(t.Underlying())
	methods := []node{}
	for i := range t.NumMethods() {
		m := t.Method(i)
		_, pointer := m.Type().(*types.Signature).Recv().Type().(*types.Pointer)
		methods = append(methods, node{"name": m.Name(), "f": b.fn(m), "ptr": pointer})
	}
	desc["methods"] = methods
	return id
}

func (b *builder) tuple(t *types.Tuple) []int {
	list := []int{}
	for i := range t.Len() {
		list = append(list, b.typ(t.At(i).Type()))
	}
	return list
}

func (b *builder) obj(o types.Object) int {
	if id, ok := b.byObj[o]; ok {
		return id
	}
	id := len(b.objects)
	b.byObj[o] = id
	desc := node{"name": o.Name(), "t": b.typ(o.Type()), "p": b.pos(o.Pos())}
	if o.Pkg() != nil && o.Parent() == o.Pkg().Scope() {
		desc["global"] = true
	}
	b.objects = append(b.objects, desc)
	return id
}

func (b *builder) fn(f *types.Func) int {
	f = f.Origin()
	if id, ok := b.byFunc[f]; ok {
		return id
	}
	id := len(b.funcs)
	b.byFunc[f] = id
	name := f.Name()
	if recv := f.Type().(*types.Signature).Recv(); recv != nil {
		t := recv.Type()
		star := ""
		if p, ok := t.(*types.Pointer); ok {
			t, star = p.Elem(), "*"
		}
		if named, ok := t.(*types.Named); ok {
			name = named.Obj().Name() + "." + name
			if star != "" {
				name = "(*" + named.Obj().Name() + ")." + f.Name()
			}
		}
	}
	pkg := ""
	if f.Pkg() != nil {
		pkg = f.Pkg().Path()
	}
	b.funcs = append(b.funcs, node{"name": name, "pkg": pkg})
	return id
}

func (b *builder) constant(v constant.Value, t types.Type) node {
	id := b.typ(t)
	out := node{"k": "const", "t": id}
	basic, ok := t.Underlying().(*types.Basic)
	if !ok {
		// A type parameter: by the constant's own kind.
		switch v.Kind() {
		case constant.Bool:
			out["b"] = constant.BoolVal(v)
		case constant.String:
			out["s"] = constant.StringVal(v)
		case constant.Float:
			f, _ := constant.Float64Val(v)
			out["f"] = fmt.Sprint(f)
		default:
			out["i"] = v.ExactString()
		}
		return out
	}
	info := basic.Info()
	switch {
	case info&types.IsBoolean != 0:
		out["b"] = constant.BoolVal(v)
	case info&types.IsString != 0:
		out["s"] = constant.StringVal(v)
	case info&types.IsFloat != 0:
		f, _ := constant.Float64Val(constant.ToFloat(v))
		out["f"] = fmt.Sprint(f)
	case info&types.IsInteger != 0:
		out["i"] = constant.ToInt(v).ExactString()
	default:
		out["c"] = true
	}
	return out
}
