// SPDX-License-Identifier: Apache-2.0

package build

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// quarkusExtensions is the variable with the extensions that the builder adds to a workflow.
const quarkusExtensions = "QUARKUS_EXTENSIONS"

// persistenceExtensions are those without which a workflow has no database, as the operator
// has them.
func persistenceExtensions() []string {
	return []string{"io.quarkus:quarkus-jdbc-postgresql", "io.quarkus:quarkus-agroal", "org.kie:kie-addons-quarkus-persistence-jdbc"}
}

// compilerEnv are the variables of the compiler, and what can't be added to them. No two have
// the same name, because server-side apply takes only one.
func (s Setting) compilerEnv(persistent bool) (env []corev1.EnvVar, warnings []string) {
	for _, e := range slices.Concat(s.Platform.Template.BuildArgs, s.Platform.Template.Envs) {
		env = append(slices.DeleteFunc(env, withName(e.Name)), e)
	}
	if !persistent {
		return env, nil
	}
	i := slices.IndexFunc(env, withName(quarkusExtensions))
	switch {
	case i < 0:
		return append(env, corev1.EnvVar{Name: quarkusExtensions, Value: strings.Join(persistenceExtensions(), ",")}), nil
	case env[i].ValueFrom != nil:
		return env, []string{fmt.Sprintf("spec.build.template of platform %s: %s comes from elsewhere, so that the extensions for PostgreSQL aren't added; see that it has %s",
			s.PlatformName, quarkusExtensions, strings.Join(persistenceExtensions(), ", "))}
	}
	given := strings.FieldsFunc(env[i].Value, func(c rune) bool { return c == ',' })
	env[i].Value = strings.Join(append(given, slices.DeleteFunc(persistenceExtensions(), func(e string) bool { return slices.Contains(given, e) })...), ",")
	return env, nil
}

func withName(name string) func(corev1.EnvVar) bool {
	return func(e corev1.EnvVar) bool { return e.Name == name }
}
