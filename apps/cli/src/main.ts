#!/usr/bin/env node
import { interruptedExitCode } from './exit';
import { runProgram } from './program';
import { Output } from './terminal/output';
import { colorsFor } from './terminal/table';

const interruption = new AbortController();

/** The first signal lets the verb end what it began (a server, a capture half sent); who signals twice will not wait. */
function onSignal(): void {
  if (interruption.signal.aborted) process.exit(interruptedExitCode);
  interruption.abort();
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('SIGHUP', onSignal);

const out = new Output(process.stdout);
const cli = {
  env: process.env,
  stdin: process.stdin,
  out,
  err: new Output(process.stderr),
  colors: colorsFor(out.isTerminal, process.env),
  interrupted: interruption.signal,
};

void runProgram(process.argv.slice(2), cli).then(code => {
  // All output is flushed by now; whatever still stands open (a standard input nobody closes) must not hold the process.
  process.exit(code);
});
