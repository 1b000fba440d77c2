// SPDX-License-Identifier: Apache-2.0

// Command xrd turns the CustomResourceDefinitions that controller-gen makes from the Go
// types into CompositeResourceDefinitions of two forms. In the claimed form, a
// namespaced kind becomes a claim, and its composite has the same name with an X in
// front. In the namespaced form, a namespaced kind is itself a composite. A kind that is
// cluster scoped is a composite in both forms.
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
	out := flag.String("out", ".", "The folder in which each definition gets a folder, named after its plural.")
	flag.Parse()
	if err := run(*crds, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(crds, out string) error {
	kinds := map[string]reflect.Type{
		v1alpha08.KindSonataFlow:                reflect.TypeFor[v1alpha08.SonataFlow](),
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
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // A definition has no secrets: all users may read it.
		return errors.Wrap(err, "cannot make the definition's folder")
	}
	if err := os.WriteFile(path, append([]byte(header), b...), 0o644); err != nil { //nolint:gosec // A definition has no secrets: all users may read it.
		return errors.Wrap(err, "cannot write the definition")
	}
	return f.composition(out, crd.Spec.Names)
}
