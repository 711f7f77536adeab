# The two commands a visitor needs are `make run` and `make test`; the logic is in scripts/.
# ARGS is handed on: make run ARGS="--host 192.168.1.10", make test ARGS="-k timeline".
ARGS ?=

.PHONY: run test lint bench weak drill soak fuzz lock clean

run:
	@scripts/run.sh $(ARGS)

test:
	@scripts/test.sh $(ARGS)

lint:
	@scripts/lint.sh

bench:
	@scripts/bench.sh $(ARGS)

weak:
	@scripts/weak.sh $(ARGS)

drill:
	@scripts/drill.sh $(ARGS)

soak:
	@scripts/soak.sh $(ARGS)

fuzz:
	@scripts/fuzz.sh $(ARGS)

lock:
	@scripts/lock.sh

clean:
	@scripts/clean.sh
