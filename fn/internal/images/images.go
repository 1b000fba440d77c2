// SPDX-License-Identifier: Apache-2.0

// Package images decides which container images the platform runs.
package images

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Set is the images of all components.
type Set struct {
	DataIndexEphemeral   string
	DataIndexPostgreSQL  string
	JobServiceEphemeral  string
	JobServicePostgreSQL string
	DBMigrator           string
	WorkflowDevMode      string
	WorkflowBuilder      string
	WorkflowRuntime      string
	WorkflowPublisher    string
}

// The images that all vendors have in common.
const (
	// openJDKRuntime is what the operator's Dockerfile for workflows ends with: see
	// packages/sonataflow-builder-image in apache/incubator-kie-tools. The operator takes the tag
	// latest, which moves.
	openJDKRuntime = "registry.access.redhat.com/ubi9/openjdk-17-runtime:1.24"
	// crane is published by ko upon a base without shell: see cloudbuild.yaml in
	// google/go-containerregistry at the tag of this version. A test compares the version with
	// that of test/tools/crane, which is tried.
	crane = "gcr.io/go-containerregistry/crane:v0.22.1"
)

// A vendor's registry, the tag that is used when the input gives none, and what the vendor
// calls the images of a tag.
type vendor struct {
	registry string
	tag      string
	names    func(tag string) Set
}

// vendorOf returns the coordinates of a profile. Apache's are the default.
func vendorOf(p v1beta1.ImageProfile) vendor {
	switch p {
	case v1beta1.ImageProfileKubeSmarts:
		return vendor{registry: "quay.io/kubesmarts", tag: "main", names: kubeSmarts}
	case v1beta1.ImageProfileRedHat:
		return vendor{registry: "registry.redhat.io/openshift-serverless-1", tag: "1.36.0", names: redHat}
	case v1beta1.ImageProfileApache:
	}
	return vendor{registry: "docker.io/apache", tag: "10.2.0", names: apache}
}

// apache returns the names of Apache's images, which are the same for all tags.
func apache(string) Set {
	return Set{
		DataIndexEphemeral:   "incubator-kie-kogito-data-index-ephemeral",
		DataIndexPostgreSQL:  "incubator-kie-kogito-data-index-postgresql",
		JobServiceEphemeral:  "incubator-kie-kogito-jobs-service-ephemeral",
		JobServicePostgreSQL: "incubator-kie-kogito-jobs-service-postgresql",
		DBMigrator:           "incubator-kie-kogito-db-migrator-tool",
		WorkflowDevMode:      "incubator-kie-sonataflow-devmode",
		WorkflowBuilder:      "incubator-kie-sonataflow-builder",
	}
}

// kubeSmarts returns the names of KubeSmarts' images: Apache's, except for the migrator's.
//
// Source: .env.example in kubesmarts/logic-operator at 4c86a83, read on 2026-11-28. That
// file and the script hack/pull-test-images.sh beside it know no tag but main. No public
// source was found that names another tag of all five images, so no release can be the
// default.
func kubeSmarts(tag string) Set {
	names := apache(tag)
	names.DBMigrator = "incubator-kie-kogito-db-migrator"
	return names
}

// redHat returns the names of Red Hat's images, which end with the release of Red Hat
// Enterprise Linux: rhel8 up to 1.36, rhel9 from 1.37 on. A tag that isn't a version, for
// instance latest, is taken for a newer release. A digest never comes here: it is part of a
// full reference, which has its own name.
//
// Sources, read on 2026-11-28:
//   - rhel8: the manual "Orchestrator in Red Hat Developer Hub" 1.8, chapter 5, of
//     2026-02-18, lists all five images with the tag 1.36.0. No source was found that
//     lists all five with a newer tag, so 1.36.0 is the default.
//   - rhel9: a public script that tests the operator with candidates of 2026-03-25 names all
//     five. Images of the same releases are public with the tags 1.37.0-19, 1.37.1 and
//     1.38.0 (logic-swf-builder-rhel9) and 1.37.2 (logic-swf-devmode-rhel9). The tags of the
//     five weren't found: from 1.37 on the operator names them by digest.
func redHat(tag string) Set {
	const lastOnRHEL8 = 36
	rhel := "-rhel9"
	if minor, ok := minorVersion(tag); ok && minor <= lastOnRHEL8 {
		rhel = "-rhel8"
	}
	return Set{
		DataIndexEphemeral:   "logic-data-index-ephemeral" + rhel,
		DataIndexPostgreSQL:  "logic-data-index-postgresql" + rhel,
		JobServiceEphemeral:  "logic-jobs-service-ephemeral" + rhel,
		JobServicePostgreSQL: "logic-jobs-service-postgresql" + rhel,
		DBMigrator:           "logic-db-migrator-tool" + rhel,
		WorkflowDevMode:      "logic-swf-devmode" + rhel,
		WorkflowBuilder:      "logic-swf-builder" + rhel,
	}
}

// minorVersion returns the minor version of a tag whose major version is 1: 1.36, 1.36.0,
// v1.36.0 or 1.36.0-19.
func minorVersion(tag string) (int, bool) {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(tag, "v"), "1.")
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, ".")
	digits, _, _ = strings.Cut(digits, "-")
	minor, err := strconv.Atoi(digits)
	return minor, err == nil
}

// Resolve decides the images from the function's input: a full reference wins over
// registry and tag, which win over those of the profile. The input must have passed
// Validate.
func Resolve(in v1beta1.Images) Set {
	v := vendorOf(in.Profile)
	registry, tag := cmp.Or(strings.TrimSuffix(in.Registry, "/"), v.registry), cmp.Or(in.Tag, v.tag)
	names := v.names(tag)
	pick := func(full, name string) string { return cmp.Or(full, registry+"/"+name+":"+tag) }
	return Set{
		DataIndexEphemeral:   pick(in.DataIndexEphemeral, names.DataIndexEphemeral),
		DataIndexPostgreSQL:  pick(in.DataIndexPostgreSQL, names.DataIndexPostgreSQL),
		JobServiceEphemeral:  pick(in.JobServiceEphemeral, names.JobServiceEphemeral),
		JobServicePostgreSQL: pick(in.JobServicePostgreSQL, names.JobServicePostgreSQL),
		DBMigrator:           pick(in.DBMigrator, names.DBMigrator),
		WorkflowDevMode:      pick(in.WorkflowDevMode, names.WorkflowDevMode),
		WorkflowBuilder:      pick(in.WorkflowBuilder, names.WorkflowBuilder),
		WorkflowRuntime:      cmp.Or(in.WorkflowRuntime, openJDKRuntime),
		WorkflowPublisher:    cmp.Or(in.WorkflowPublisher, crane),
	}
}

// Validate returns what is wrong with the images of the function's input, each error at
// the field that must be mended.
func Validate(in v1beta1.Images, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if in.Registry != "" && !isReference(strings.TrimSuffix(in.Registry, "/")+"/image:tag") {
		errs = append(errs, field.Invalid(path.Child("registry"), in.Registry, "not a registry: write it like registry.example.com/organisation, without https:// and without a tag"))
	}
	if in.Tag != "" && !isReference("registry.example.com/image:"+in.Tag) {
		errs = append(errs, field.Invalid(path.Child("tag"), in.Tag, "not a tag: it has at most 128 letters, digits, underscores, dots and dashes, and begins with none of the last two"))
	}
	for _, full := range []struct{ field, image string }{
		{"dataIndexEphemeral", in.DataIndexEphemeral},
		{"dataIndexPostgreSQL", in.DataIndexPostgreSQL},
		{"jobServiceEphemeral", in.JobServiceEphemeral},
		{"jobServicePostgreSQL", in.JobServicePostgreSQL},
		{"dbMigrator", in.DBMigrator},
		{"workflowDevMode", in.WorkflowDevMode},
		{"workflowBuilder", in.WorkflowBuilder},
		{"workflowRuntime", in.WorkflowRuntime},
		{"workflowPublisher", in.WorkflowPublisher},
	} {
		if full.image == "" {
			continue
		}
		if err := Check(full.image, path.Child(full.field)); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// ValidateTemplate returns which images of a template's containers are none. A container with
// the name of the platform's own is left out, and one without image is refused elsewhere.
func ValidateTemplate(t *v1alpha08.PodTemplateSpec, own string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	check := func(image string, at *field.Path) {
		if err := Check(image, at.Child("image")); image != "" && err != nil {
			errs = append(errs, err)
		}
	}
	check(t.Container.Image, path.Child("container"))
	for i, c := range t.Containers {
		if c.Name != own {
			check(c.Image, path.Child("containers").Index(i))
		}
	}
	for i, c := range t.InitContainers {
		check(c.Image, path.Child("initContainers").Index(i))
	}
	return errs
}

// isReference tells whether a container runtime understands an image.
func isReference(image string) bool {
	_, err := reference.ParseNormalizedNamed(image)
	return err == nil
}

// Check returns an error if an image isn't a reference that a container runtime
// understands.
func Check(image string, path *field.Path) *field.Error {
	if _, err := reference.ParseNormalizedNamed(image); err != nil {
		return field.Invalid(path, image, "not an image: "+err.Error()+"; write it like registry.example.com/organisation/name:tag or …/name@sha256:digest")
	}
	return nil
}

// IsHost tells whether the first part of an image's name is the host of a registry. A part that
// is none stands for a namespace of docker.io.
func IsHost(part string) bool {
	return strings.ContainsAny(part, ".:") || part == "localhost"
}

// Version returns what an image's version label says: its tag, or for an image that
// only has a digest the start of that. The image must have passed Check.
func Version(image string) string {
	ref, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return unknownVersion
	}
	if tagged, ok := ref.(reference.Tagged); ok {
		return labelValue(tagged.Tag())
	}
	if digested, ok := ref.(reference.Digested); ok {
		return digested.Digest().Encoded()[:digestLength]
	}
	// What a container runtime pulls when neither is given.
	return "latest"
}

const (
	unknownVersion = "unknown"
	// digestLength is as much of a digest as people usually write.
	digestLength = 12
	// labelLength is the most that the value of a label may have.
	labelLength = 63
)

// labelValue makes a label's value of a tag: tags may be longer, start with an
// underscore and end with any of _.- .
func labelValue(tag string) string {
	if len(tag) > labelLength {
		tag = tag[:labelLength]
	}
	if tag = strings.Trim(tag, "_.-"); tag == "" {
		return unknownVersion
	}
	return tag
}
