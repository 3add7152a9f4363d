# The commands of this repository. Each is thin: what it does lives in scripts/.

.DEFAULT_GOAL := help
.PHONY: help build install uninstall packages test-packages demo demo-contention test bench bench-keys order soak check-routing bless install-deps

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Where make install puts things: PREFIX, below DESTDIR. BINARY is installed in place of target/release/mccas.
PREFIX ?= /usr/local
export PREFIX DESTDIR BINARY

build: ## Build the release binary, target/release/mccas
	cargo build --release --locked

install: ## Install the program, its manual pages and completions below PREFIX (/usr/local)
	@scripts/install.sh install

uninstall: ## Remove from PREFIX what make install has put there
	@scripts/install.sh uninstall

packages: ## Build a Debian package, a wheel and a container image into target/packages/
	@scripts/package.sh

test-packages: ## Build the packages, install each somewhere of its own, and try it on a memcached
	@scripts/test-packages.sh

demo: ## Try mccas on a private memcached (installs memcached if there is none)
	@scripts/demo.sh

demo-contention: ## See writers fight over a key on a private memcached, and who they are
	@scripts/demo-contention.sh

test: ## Install what the tests need, then run every check that CI runs
	@scripts/test.sh

bench: ## Measure everything side by side and write docs/benchmarks.md
	@scripts/bench.sh

bench-keys: ## Measure commands over many keys and write that section of docs/benchmarks.md
	@scripts/bench-keys.sh

order: ## Lay side by side again what a short run calls (scripts/start.ld, for the linker)
	@scripts/order-functions.sh

soak: ## Run writers in bad weather for SOAK_MINUTES (10) and account for every increment
	@scripts/soak.sh

check-routing: ## Compare the server of 10,000 random keys with what other clients choose (installs them)
	@scripts/check-routing.sh

bless: ## Rewrite the checked-in files that are generated (completions, man pages, README blocks, docs/servers.md)
	MCCAS_BLESS=1 cargo test --locked --test cli -- completions readme man:: wrong tab:: dialects::table

install-deps: ## Install what the tests need: memcached, other servers beside it, shells, jq, a browser
	@scripts/install-test-deps.sh
	@scripts/install-browser.sh
	@scripts/fetch-test-servers.sh
