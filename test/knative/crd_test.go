// SPDX-License-Identifier: Apache-2.0

package knative_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"sigs.k8s.io/yaml"
)

// definitions returns CustomResourceDefinitions that Knative installs, by the Go module that
// has them and the paths of their files in it.
func definitions(ctx context.Context, module string, files ...string) ([]*extv1.CustomResourceDefinition, error) {
	dir, err := moduleDir(ctx, module)
	if err != nil {
		return nil, err
	}
	crds := make([]*extv1.CustomResourceDefinition, 0, len(files))
	for _, file := range files {
		crd, err := definition(ctx, filepath.Join(dir, file))
		if err != nil {
			return nil, fmt.Errorf("cannot use %s of %s: %w", file, module, err)
		}
		crds = append(crds, crd)
	}
	return crds, nil
}

// moduleDir returns the folder of a module in the version that go.mod has, so that the
// definitions are those of the Go types.
func moduleDir(ctx context.Context, module string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("cannot find %s: %w: %s", module, err, exit.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("cannot find %s: %w", module, err)
	}
	dir := strings.TrimSpace(string(out))
	if dir == "" {
		return "", fmt.Errorf("cannot find %s: go.mod has it, the module cache doesn't", module)
	}
	return dir, nil
}

// definition reads a CustomResourceDefinition, and returns an error if an API server
// would refuse it.
func definition(ctx context.Context, file string) (*extv1.CustomResourceDefinition, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	crd := &extv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(b, crd); err != nil {
		return nil, fmt.Errorf("cannot parse the definition: %w", err)
	}
	extv1.SetDefaults_CustomResourceDefinition(crd)
	extv1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
	internal := &apiextensions.CustomResourceDefinition{}
	if err := extv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(crd, internal, nil); err != nil {
		return nil, fmt.Errorf("cannot convert the definition: %w", err)
	}
	if err := validation.ValidateCustomResourceDefinition(ctx, internal).ToAggregate(); err != nil {
		return nil, fmt.Errorf("an API server would refuse the definition: %w", err)
	}
	return crd, nil
}
