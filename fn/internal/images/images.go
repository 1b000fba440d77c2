// SPDX-License-Identifier: Apache-2.0

// Package images decides which container images the platform runs.
package images

import (
	"cmp"
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
}

// A vendor's registry, the tag that it published last, and what it calls the
// images there.
type vendor struct {
	registry string
	tag      string
	names    Set
}

// vendorOf returns the coordinates of a profile. Apache's are the default.
func vendorOf(p v1beta1.ImageProfile) vendor {
	kogito := Set{
		DataIndexEphemeral:   "incubator-kie-kogito-data-index-ephemeral",
		DataIndexPostgreSQL:  "incubator-kie-kogito-data-index-postgresql",
		JobServiceEphemeral:  "incubator-kie-kogito-jobs-service-ephemeral",
		JobServicePostgreSQL: "incubator-kie-kogito-jobs-service-postgresql",
		DBMigrator:           "incubator-kie-kogito-db-migrator-tool",
	}
	switch p {
	case v1beta1.ImageProfileKubeSmarts:
		kogito.DBMigrator = "incubator-kie-kogito-db-migrator"
		return vendor{registry: "quay.io/kubesmarts", tag: "main", names: kogito}
	case v1beta1.ImageProfileRedHat:
		return vendor{registry: "registry.redhat.io/openshift-serverless-1", tag: "1.36.0", names: Set{
			DataIndexEphemeral:   "logic-data-index-ephemeral-rhel8",
			DataIndexPostgreSQL:  "logic-data-index-postgresql-rhel8",
			JobServiceEphemeral:  "logic-jobs-service-ephemeral-rhel8",
			JobServicePostgreSQL: "logic-jobs-service-postgresql-rhel8",
			DBMigrator:           "logic-db-migrator-tool-rhel8",
		}}
	case v1beta1.ImageProfileApache:
	}
	return vendor{registry: "docker.io/apache", tag: "10.2.0", names: kogito}
}

// Resolve decides the images from the function's input: a full reference wins over
// registry and tag, which win over those of the profile. The input must have passed
// Validate.
func Resolve(in v1beta1.Images) Set {
	v := vendorOf(in.Profile)
	registry, tag := cmp.Or(strings.TrimSuffix(in.Registry, "/"), v.registry), cmp.Or(in.Tag, v.tag)
	pick := func(full, name string) string { return cmp.Or(full, registry+"/"+name+":"+tag) }
	return Set{
		DataIndexEphemeral:   pick(in.DataIndexEphemeral, v.names.DataIndexEphemeral),
		DataIndexPostgreSQL:  pick(in.DataIndexPostgreSQL, v.names.DataIndexPostgreSQL),
		JobServiceEphemeral:  pick(in.JobServiceEphemeral, v.names.JobServiceEphemeral),
		JobServicePostgreSQL: pick(in.JobServicePostgreSQL, v.names.JobServicePostgreSQL),
		DBMigrator:           pick(in.DBMigrator, v.names.DBMigrator),
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
