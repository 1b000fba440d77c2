# `make help` lists the targets. A machine needs only Go: make builds every other tool
# when it is first needed, from a module of its own in test/tools.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.DEFAULT_GOAL := help

# The version of the packages. All packages have the same.
VERSION ?= v0.0.0-dev

REGISTRY := ghcr.io/sonataflow-crossplane
ARCHS    := amd64 arm64

# Build results, which are never committed.
CACHE := .cache
BIN   := $(CACHE)/bin
XPKG  := $(CACHE)/xpkg

GO       ?= go
# grpcnotrace leaves gRPC's debug pages out, which the function doesn't serve. The pages are
# templates: because of them, the linker would have to keep all methods of all types.
GO_BUILD := CGO_ENABLED=0 $(GO) build -tags grpcnotrace -trimpath -buildvcs=false -ldflags "-s -w"
SOURCES   = go.mod go.sum $(shell find apis fn input -name '*.go' -not -name '*_test.go')

##@ Use

EXAMPLE ?= minimal
CLI     ?=
STATE   ?= first
FORM    ?= claimed
$(if $(filter claimed namespaced,$(FORM)),,$(error no form "$(FORM)": choose FORM=claimed or FORM=namespaced))

# The CLIs that tests render with: an older one each, and the newest with what it needs.
# CLIs from v2.3 on call a Crossplane binary beside them, which is a second tool to build;
# v2.2 is the newest one that renders alone.
CLIS        := v1.16 v1.20 v2.2
RENDER_BINS := $(BIN)/crossplane $(BIN)/crossplane-core

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

RENDER := $(GO) run ./test/render -cli "$(CLI)"

# Without CLI, the render takes what is there: the newest CLI from .cache/bin if it was
# built, else the crossplane in PATH, else v2.2, which is one tool to build instead of two.
.PHONY: render
render: ## Render an example, with the crossplane in PATH if that can: EXAMPLE=minimal, STATE=first|ready|…, CLI=v2.5|v2.2|v1.20|v1.16, FORM=claimed|namespaced.
	@tools=$$($(RENDER) -tools); \
	[ -z "$$tools" ] || $(MAKE) --no-print-directory $$tools
	@$(RENDER) -example $(EXAMPLE) -state $(STATE) $(if $(filter namespaced,$(FORM)),-namespaced)

.PHONY: build
build: ## Compile the function for this machine, into .cache/bin.
	@$(GO_BUILD) -o $(BIN)/function ./fn

##@ Develop

# More flags for `go test`: make test TESTFLAGS=-race
TESTFLAGS ?=

.PHONY: test
test: $(RENDER_BINS) $(BIN)/crossplane-v1.16 xpkg ## Run all tests: unit, golden renders with the newest and the oldest CLI, packages.
	@$(GO) test -count=1 -timeout 30m $(TESTFLAGS) ./...
	@cd test/gitops && $(GO) test -count=1 $(TESTFLAGS) ./...
	@cd test/knative && $(GO) test -count=1 $(TESTFLAGS) ./...
	@cd test/kubernetes && $(GO) test -count=1 $(TESTFLAGS) ./...
	@cd test/publish && $(GO) test -count=1 $(TESTFLAGS) ./...
	@cd test/bench && $(GO) vet ./...

.PHONY: clis
clis: $(RENDER_BINS) $(CLIS:%=$(BIN)/crossplane-%) ## Render all examples with every older CLI.
	@SONATAFLOW_RENDER_CLIS="$(CLIS)" $(GO) test -count=1 -run '^TestCLIs$$' ./test/render

# The packages whose tests have the flag -update.
GOLDEN := ./test/render ./fn ./fn/internal/composition

.PHONY: golden
golden: $(RENDER_BINS) ## Rewrite all golden files: renders, states of migrations, encodings.
	@$(GO) test -count=1 -run 'TestGolden|TestMigrationStates|TestBuildStates|TestEventingStates' $(GOLDEN) -update

# Each checkout has its own cache: a shared cache has the paths of another checkout, which
# the exclusions in .golangci.yml don't match.
export GOLANGCI_LINT_CACHE := $(CURDIR)/$(CACHE)/golangci-lint

.PHONY: lint
lint: $(BIN)/golangci-lint lint-workflows ## Check the code's style, the import rules and the workflows.
	@$(BIN)/golangci-lint run --allow-serial-runners

# Without shellcheck and pyflakes, which actionlint would run on machines that have them.
.PHONY: lint-workflows
lint-workflows: $(BIN)/actionlint ## Check the workflows of GitHub.
	@$(BIN)/actionlint -shellcheck= -pyflakes=

# Where govulncheck looks vulnerabilities up.
VULNERABILITIES := https://vuln.go.dev

.PHONY: vulnerabilities
vulnerabilities: $(BIN)/govulncheck ## Look for known vulnerabilities in the code that the function calls; needs access to the Go vulnerability database.
	@$(BIN)/govulncheck -db $(VULNERABILITIES) ./fn

.PHONY: fmt
fmt: $(BIN)/golangci-lint ## Format the code, imports included.
	@$(BIN)/golangci-lint fmt

.PHONY: generate
generate: $(BIN)/controller-gen ## Generate from the Go types: deepcopy, definitions, the input's schema.
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(GO) generate -tags generate ./...

# Generated files are compared with themselves before `make generate`, not with git, so
# that other changes needn't be committed.
GENERATED = find apis input package -type f | LC_ALL=C sort | xargs cksum

.PHONY: check-generated
check-generated: $(BIN)/controller-gen ## Fail if `go mod tidy` or `make generate` would change anything.
	@$(GO) mod tidy -diff
	@cd test/gitops && $(GO) mod tidy -diff
	@cd test/knative && $(GO) mod tidy -diff
	@cd test/kubernetes && $(GO) mod tidy -diff
	@cd test/publish && $(GO) mod tidy -diff
	@before=$$($(GENERATED)); \
	$(MAKE) --no-print-directory generate; \
	diff <(echo "$$before") <($(GENERATED)) || { echo "generated files were out of date: commit what changed" >&2; exit 1; }

FUZZTIME ?= 10s

.PHONY: fuzz
fuzz: ## Run each fuzz test for FUZZTIME=10s, or for FUZZTIME=200x inputs.
	@grep -roE --include='*_test.go' '^func Fuzz[[:alnum:]_]+' fn | sort | while IFS=: read -r file declared; do \
		$(GO) test -run '^$$' -fuzz "^$${declared#func }\$$" -fuzztime $(FUZZTIME) ./$$(dirname $$file); \
	done

# How many random histories are walked.
HISTORIES ?= 10000

.PHONY: histories
histories: ## Walk HISTORIES=10000 random histories of platforms with migrations, and a twentieth of workflows with builds; `make test` walks fewer.
	@$(GO) test -count=1 -timeout 60m -run '^Test(Migration|Build)Simulation$$' ./fn -histories $(HISTORIES)

BENCHTIME ?= 10

.PHONY: bench
bench: ## Compare the function with the cheapest possible function and with templates, over gRPC, for BENCHTIME=10 seconds a row; then run Go's benchmarks.
	@$(GO) run -C test/bench . -seconds $(BENCHTIME)
	@$(GO) test -run '^$$' -bench . -benchmem ./fn/...

# A duration in the syntax of time.ParseDuration.
SOAKTIME ?= 15m

.PHONY: soak
soak: ## Call the function for SOAKTIME=15m, as Crossplane and as clients without access, then end it while calls are under way.
	@$(GO) run -C test/bench ./soak -time $(SOAKTIME)

# The newest PostgreSQL server of Debian's packages, and their JDBC driver.
POSTGRESQL  ?= $(lastword $(sort $(wildcard /usr/lib/postgresql/*/bin)))
JDBC_DRIVER ?= $(wildcard /usr/share/java/postgresql.jar)

.PHONY: database
database: ## Connect to a real PostgreSQL server with PostgreSQL's JDBC driver and the composed environments, on machines that have both: TESTFLAGS=-v prints each name.
	@missing=""; \
	[ -x "$(POSTGRESQL)/initdb" ] && [ -x "$(POSTGRESQL)/postgres" ] || missing+=" postgresql"; \
	[ -f "$(JDBC_DRIVER)" ] || missing+=" libpostgresql-jdbc-java"; \
	command -v java javac > /dev/null && javac -version > /dev/null 2>&1 || missing+=" default-jdk-headless"; \
	if [ -n "$$missing" ]; then \
		echo "database: skipped, this machine lacks$$missing (names of Debian's packages)"; \
		exit; \
	fi; \
	SONATAFLOW_POSTGRESQL="$(POSTGRESQL)" SONATAFLOW_JDBC_DRIVER="$(JDBC_DRIVER)" $(GO) test -count=1 $(TESTFLAGS) ./test/database

# Scenarios recorded from the reference operator, and cases from public reports, with a
# folder for each feature. They are not part of this repository.
CONFORMANCE := ../shared/conformance
# Scenarios in which the function differs on purpose: a workload whose pods wait for their sink
# isn't called running, and a PodDisruptionBudget selects pods by the labels that they keep.
DIFFERING := 143-% 159-%

.PHONY: conformance
conformance: ## Compare with recordings of the reference operator, on machines that have them.
	@if [ ! -d $(CONFORMANCE) ]; then \
		echo "conformance: skipped, there are no recordings in $(CONFORMANCE)"; \
		exit; \
	fi; \
	$(foreach name,$(filter $(DIFFERING),$(notdir $(wildcard $(CONFORMANCE)/scenarios/*/*))),echo "conformance: $(name) is left out, the function differs on purpose";) \
	$(GO) run ./test/conformance $(GO) run -C $(CONFORMANCE) . -endpoint {} \
		$(foreach scenario,$(wildcard $(abspath $(CONFORMANCE))/scenarios/*/*),$(if $(filter $(DIFFERING),$(notdir $(scenario))),,$(scenario)))

# Documents that users published. They are not part of this repository.
CORPUS := ../shared/corpus

.PHONY: corpus
corpus: ## Check and compose the workflows that users published, on machines that have them.
	@if [ ! -d $(CORPUS)/workflows ]; then \
		echo "corpus: skipped, there are no documents in $(CORPUS)"; \
		exit; \
	fi; \
	SONATAFLOW_CORPUS=$(abspath $(CORPUS))/workflows $(GO) test -count=1 -run '^TestCorpus$$' ./fn/internal/flow ./fn

##@ Release

# The forms of the API. Each form is a Configuration, and a cluster has only one of them.
FORMS := configuration configuration-namespaced

PACKAGES := $(ARCHS:%=$(XPKG)/function-%.xpkg) $(FORMS:%=$(XPKG)/%.xpkg)

.PHONY: xpkg
xpkg: $(PACKAGES) ## Build all packages, for VERSION=v1.2.3, into .cache/xpkg.

empty :=
space := $(empty) $(empty)
comma := ,

.PHONY: push
push: xpkg ## Push all packages: the function first, because the configurations depend on it.
	@$(BIN)/crossplane xpkg push -f $(subst $(space),$(comma),$(ARCHS:%=$(XPKG)/function-%.xpkg)) $(REGISTRY)/function-sonataflow:$(VERSION)
	@$(BIN)/crossplane xpkg push -f $(XPKG)/configuration.xpkg $(REGISTRY)/configuration-sonataflow:$(VERSION)
	@$(BIN)/crossplane xpkg push -f $(XPKG)/configuration-namespaced.xpkg $(REGISTRY)/configuration-sonataflow-namespaced:$(VERSION)

# The packages in the registry.
IMAGES := function-sonataflow configuration-sonataflow configuration-sonataflow-namespaced
digest  = $(BIN)/crane digest $(REGISTRY)/$(1):$(VERSION)

.PHONY: digests
digests: $(BIN)/crane ## Print the digest of each pushed package.
	@for image in $(IMAGES); do digest=$$($(call digest,$$image)); echo "$$image=$$digest"; done

# A private key of cosign's, to try what the release workflow does without its identity.
KEY ?=
# Crossplane, at least up to v2.4, reads signatures of cosign's older format only.
COSIGN := $(BIN)/cosign
SIGN   := --yes --new-bundle-format=false --use-signing-config=false $(if $(KEY),--key $(KEY) --tlog-upload=false)

.PHONY: sign
sign: $(BIN)/crane $(COSIGN) ## Sign the pushed packages by digest, for each architecture, too: with the workflow's identity, or KEY=cosign.key.
	@for image in $(IMAGES); do \
		digest=$$($(call digest,$$image)); \
		$(COSIGN) sign $(SIGN) --recursive $(REGISTRY)/$$image@$$digest; \
	done

.PHONY: attest
attest: sbom $(BIN)/crane $(COSIGN) ## Attest the SBOM of each architecture of the pushed function.
	@for arch in $(ARCHS); do \
		digest=$$($(call digest,function-sonataflow) --platform linux/$$arch); \
		$(COSIGN) attest $(SIGN) --type cyclonedx --predicate $(XPKG)/function-$$arch.cdx.json $(REGISTRY)/function-sonataflow@$$digest; \
	done

# Who may have signed. example/install/imageconfig-signature.yaml says the same to Crossplane.
ISSUER  := https://token.actions.githubusercontent.com
SUBJECT := ^https://github\.com/sonataflow-crossplane/function-sonataflow/\.github/workflows/release\.yml@refs/tags/v[0-9]+\.[0-9]+\.[0-9]+$$
SIGNER  := $(if $(KEY),--key $(KEY:.key=.pub) --insecure-ignore-tlog,--certificate-oidc-issuer '$(ISSUER)' --certificate-identity-regexp '$(SUBJECT)') --new-bundle-format=false

.PHONY: verify
verify: $(BIN)/crane $(COSIGN) ## Verify the signatures of the pushed packages and the SBOMs: VERSION=v1.2.3.
	@for image in $(IMAGES); do \
		digest=$$($(call digest,$$image)); \
		$(COSIGN) verify $(SIGNER) $(REGISTRY)/$$image@$$digest > /dev/null; \
	done
	@for arch in $(ARCHS); do \
		digest=$$($(call digest,function-sonataflow) --platform linux/$$arch); \
		$(COSIGN) verify-attestation $(SIGNER) --type cyclonedx $(REGISTRY)/function-sonataflow@$$digest > /dev/null; \
	done

# The release before, empty for the first one: make notes SINCE=v1.2.2
SINCE ?= $(shell git describe --tags --abbrev=0 --match 'v*' HEAD^ 2> /dev/null)

.PHONY: notes
notes: ## Write the release's notes into .cache/xpkg/notes.md: what changed, also in composed objects.
	@mkdir -p $(XPKG)
	@$(GO) run ./test/tools/notes -since "$(SINCE)" > $(XPKG)/notes.md

.PHONY: sbom
sbom: $(ARCHS:%=$(XPKG)/function-%.cdx.json) ## Write the SBOM of each function package beside it, in CycloneDX.

$(XPKG)/function-%.cdx.json: $(XPKG)/%/function $(XPKG)/version $(BIN)/cyclonedx-gomod
	@$(BIN)/cyclonedx-gomod bin -json -noserial -version $(VERSION) -output $@ $<

# A new version rebuilds all packages.
$(XPKG)/version: FORCE
	@mkdir -p $(@D)
	@[ "$$(cat $@ 2>/dev/null)" = "$(VERSION)" ] || echo "$(VERSION)" > $@

.PHONY: FORCE
FORCE:

$(XPKG)/%/function: $(SOURCES)
	@mkdir -p $(@D)
	@echo "compiling the function for linux/$*" >&2
	@GOOS=linux GOARCH=$* $(GO_BUILD) -o $@ ./fn

# The image has only one file, so the build needs neither a Docker daemon nor a base image.
$(XPKG)/%/runtime.tar: $(XPKG)/%/function $(XPKG)/version $(wildcard test/tools/image/*.go)
	@$(GO) run ./test/tools/image -binary $< -arch $* -version $(VERSION) -o $@

$(XPKG)/function-%.xpkg: $(XPKG)/%/runtime.tar $(BIN)/crossplane $(shell find package -type f)
	@$(BIN)/crossplane xpkg build -f package --embed-runtime-image-tarball=$< -o $@

# Only the files of the package are copied into a folder, because `xpkg build` takes every
# YAML file that it finds.
CLAIMS := $(wildcard example/*/claim.yaml)

$(XPKG)/configuration.xpkg: API := .
$(XPKG)/configuration-namespaced.xpkg: API := apis/namespaced
$(XPKG)/configuration.xpkg: crossplane.yaml $(wildcard apis/*/definition.yaml apis/*/composition.yaml)
$(XPKG)/configuration-namespaced.xpkg: $(addprefix apis/namespaced/,crossplane.yaml) $(wildcard apis/namespaced/*/*.yaml)

$(FORMS:%=$(XPKG)/%.xpkg): $(XPKG)/%.xpkg: $(CLAIMS) $(XPKG)/version $(BIN)/crossplane
	@rm -rf $(XPKG)/$*
	@for file in $(filter apis/% example/%,$(filter-out %/crossplane.yaml,$^)); do \
		mkdir -p $(XPKG)/$*/$$(dirname $$file); \
		cp $$file $(XPKG)/$*/$$file; \
	done
	@sed 's/>=v0.0.0-dev/>=$(VERSION)/' $(API)/crossplane.yaml > $(XPKG)/$*/crossplane.yaml
	@$(BIN)/crossplane xpkg build -f $(XPKG)/$* -e $(XPKG)/$*/example -o $@

##@ Tools

TOOLS := $(patsubst test/tools/%/go.mod,$(BIN)/%,$(wildcard test/tools/*/go.mod))

.PHONY: tools
tools: $(TOOLS) ## Build all tools: half an hour on two cores the first time, seconds when nothing changed.

# The variables in which Crossplane's binaries keep their version, in all releases. The
# linker ignores variables that a binary doesn't have. build.sh knows the VERSION.
VERSIONS := $(foreach name, \
	github.com/crossplane/crossplane-runtime/v2/pkg/version.version \
	github.com/crossplane/crossplane/v2/internal/version.version \
	github.com/crossplane/crossplane/internal/version.version, -X $(name)=VERSION)

$(BIN)/%: test/tools/%/go.mod test/tools/%/go.sum
	@mkdir -p $(@D)
	@GO="$(GO)" test/tools/build.sh $* $(CURDIR)/$@ "$(VERSIONS)"

.PHONY: clean
clean: ## Remove all build results, with the tools.
	@[ ! -e $(CACHE)/e2e/state.json ] || $(E2E) down
	@rm -rf $(CACHE)

##@ A real control plane

# The Crossplane of all targets below: v2.0, v2.2 or v2.4
CORE  ?= v2.4
CORES := v2.0 v2.2 v2.4
$(if $(filter $(CORES),$(CORE)),,$(error no CORE=$(CORE): choose one of $(CORES)))
export SONATAFLOW_E2E_CORE := $(CORE)

CORE_BIN  := crossplane-core$(if $(filter-out v2.4,$(CORE)),-$(CORE))
E2E_TOOLS := $(addprefix $(BIN)/,etcd kubernetes kwok knative-eventing crane helm crossplane $(CORE_BIN))
# Only scenarios that the short run leaves out need Knative Serving.
E2E_ALL   := $(E2E_TOOLS) $(BIN)/knative-serving
E2E       := $(GO) run ./test/e2e/ctl

# More flags for the scenarios: make e2e E2EFLAGS='-run TestSecret -v'
E2EFLAGS ?=

# What `make e2e-up` starts at once: make e2e-up KNATIVE=1 SERVING=1
KNATIVE ?=
SERVING ?=

.PHONY: e2e
e2e: $(if $(filter -short,$(E2EFLAGS)),$(E2E_TOOLS),$(E2E_ALL)) xpkg ## Run the scenarios on a real API server and a real Crossplane, without containers: E2EFLAGS='-short', '-run TestSecret'; FORM=claimed|namespaced, CORE=v2.0|v2.2|v2.4.
	@SONATAFLOW_E2E_FORM=$(FORM) SONATAFLOW_CORPUS=$(abspath $(wildcard $(CORPUS)/workflows)) $(GO) test -tags e2e -count=1 -parallel 4 -timeout 60m $(E2EFLAGS) ./test/e2e

.PHONY: e2e-up
e2e-up: $(if $(SERVING),$(E2E_ALL),$(E2E_TOOLS)) xpkg ## Start the scenarios' control plane with the packages installed, and leave it running; FORM=claimed|namespaced, KNATIVE=1 with Knative Eventing, SERVING=1 with Knative Serving.
	@SONATAFLOW_E2E_FORM=$(FORM) SONATAFLOW_E2E_KNATIVE=$(KNATIVE) SONATAFLOW_E2E_SERVING=$(SERVING) $(E2E) up

.PHONY: e2e-down
e2e-down: ## Stop what `make e2e-up` started.
	@$(E2E) down

# How many platforms: make e2e-scale N=200
N ?= 1 50 100 200

# How many workflows: make e2e-scale N= WORKFLOWS=50
WORKFLOWS ?= 50

# How long platforms are measured at rest: make e2e-scale N=100 REST=10m
REST ?= 66s

.PHONY: e2e-scale
e2e-scale: $(E2E_TOOLS) xpkg ## Measure many platforms at once on the scenarios' control plane, then many workflows: N=200 platforms, or 1, 50, 100 and 200 in turn; WORKFLOWS=50; FORM=claimed|namespaced.
	@SONATAFLOW_E2E_FORM=$(FORM) SONATAFLOW_E2E_PLAIN=1 SONATAFLOW_E2E_SCALE="$(N)" SONATAFLOW_E2E_SCALE_WORKFLOWS=$(WORKFLOWS) SONATAFLOW_E2E_REST=$(REST) $(GO) test -tags e2e -count=1 -v -timeout 60m -run '^TestScale(Workflows)?$$' $(E2EFLAGS) ./test/e2e

.PHONY: e2e-faults
e2e-faults: $(E2E_ALL) xpkg ## Cause one fault after another under 30 platforms on the scenarios' control plane: no object may be lost; FORM=claimed|namespaced.
	@SONATAFLOW_E2E_FORM=$(FORM) SONATAFLOW_E2E_FAULTS=1 $(GO) test -tags e2e -count=1 -v -timeout 60m -run '^TestFaults$$' $(E2EFLAGS) ./test/e2e

# Kubernetes is four commands of one module, Knative Eventing seven, Knative Serving three.
# The folder appears when all are built.
KUBERNETES := $(foreach name,k8s.io/component-base/version k8s.io/client-go/pkg/version, \
	-X $(name).gitVersion=VERSION -X $(name).gitMajor=1 -X $(name).gitMinor=$$minor -X $(name).gitTreeState=clean)

$(BIN)/kubernetes: test/tools/kubernetes/go.mod test/tools/kubernetes/go.sum
	@rm -rf $@.new && mkdir -p $@.new
	@minor=$$(cd test/tools/kubernetes && $(GO) list -m -f '{{.Version}}' k8s.io/kubernetes | cut -d. -f2); \
	CGO_ENABLED=0 GO="$(GO)" test/tools/build.sh kubernetes $(CURDIR)/$@.new/ "$(KUBERNETES)"
	@rm -rf $@ && mv $@.new $@ && touch $@

$(BIN)/knative-%: test/tools/knative-%/go.mod test/tools/knative-%/go.sum
	@rm -rf $@.new && mkdir -p $@.new
	@CGO_ENABLED=0 GO="$(GO)" test/tools/build.sh knative-$* $(CURDIR)/$@.new/ ""
	@rm -rf $@ && mv $@.new $@ && touch $@
