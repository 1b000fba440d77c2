// SPDX-License-Identifier: Apache-2.0

// Command xrd turns CustomResourceDefinitions, as controller-gen makes them of the
// Go types, into CompositeResourceDefinitions of two forms. In the one, a namespaced
// kind becomes a claim, and its composite the same name with an X in front. In the
// other it is a composite itself, and so is in both a kind that isn't namespaced.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

const header = "# Generated from the Go types in apis/v1alpha08: `make generate` writes it.\n"

func main() {
	crds := flag.String("crds", "", "The folder of the CustomResourceDefinitions.")
	out := flag.String("out", ".", "Where each definition gets a folder, which has its plural's name.")
	flag.Parse()
	if err := run(*crds, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(crds, out string) error {
	kinds := map[string]reflect.Type{
		v1alpha08.KindSonataFlowPlatform:        reflect.TypeFor[v1alpha08.SonataFlowPlatform](),
		v1alpha08.KindSonataFlowClusterPlatform: reflect.TypeFor[v1alpha08.SonataFlowClusterPlatform](),
	}
	files, err := filepath.Glob(filepath.Join(crds, "*.yaml"))
	if err != nil {
		return errors.Wrapf(err, "cannot list %s", crds)
	}
	for _, file := range files {
		b, err := os.ReadFile(file) //nolint:gosec // The developer names the folder.
		if err != nil {
			return errors.Wrap(err, "cannot read the CustomResourceDefinition")
		}
		crd := &extv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(b, crd); err != nil {
			return errors.Wrapf(err, "cannot parse %s", file)
		}
		kind, ok := kinds[crd.Spec.Names.Kind]
		if !ok {
			return errors.Errorf("cannot convert %s: main.go doesn't say which Go type %s has", file, crd.Spec.Names.Kind)
		}
		for _, f := range []form{claimed, namespaced} {
			if err := f.write(out, crd, kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a form's definition and Composition of a kind.
func (f form) write(out string, crd *extv1.CustomResourceDefinition, kind reflect.Type) error {
	b, err := yaml.Marshal(f.definition(crd, kind))
	if err != nil {
		return errors.Wrapf(err, "cannot encode the definition of %s", crd.Spec.Names.Kind)
	}
	path := filepath.Join(out, string(f), crd.Spec.Names.Plural, "definition.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // Everybody may read a definition.
		return errors.Wrap(err, "cannot make the definition's folder")
	}
	if err := os.WriteFile(path, append([]byte(header), b...), 0o644); err != nil { //nolint:gosec // The same.
		return errors.Wrap(err, "cannot write the definition")
	}
	return f.composition(out, crd.Spec.Names)
}
