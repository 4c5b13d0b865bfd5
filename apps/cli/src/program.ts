import { Command, CommanderError } from 'commander';
import type { Cli } from './cli';
import { type ExitCode, Failure, Interrupted, interruptedExitCode } from './exit';
import { OutputClosed } from './terminal/output';
import { addDecode } from './verbs/decode';
import { addDemo } from './verbs/demo';
import { addDoctor } from './verbs/doctor';
import { addEvents } from './verbs/events';
import { addExport } from './verbs/export';
import { addFlowTable } from './verbs/flow-table';
import { addHandoff } from './verbs/handoff';
import { addHandoffs } from './verbs/handoffs';
import { addImport } from './verbs/import';
import { addIngest } from './verbs/ingest';
import { addServe } from './verbs/serve';
import { addSession } from './verbs/session';
import { addSessions } from './verbs/sessions';
import { addSimulate } from './verbs/simulate';

/** Runs one verb; everything that can go wrong becomes an exit code here and a sentence on stderr. */
export async function runProgram(argv: readonly string[], cli: Cli): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = buildProgram(cli, finished => (code = finished));
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    code = exitCodeOf(error, cli);
  }
  await cli.out.flush().catch(() => undefined);
  await cli.err.flush().catch(() => undefined);
  return code;
}

export function buildProgram(cli: Cli, finish: (code: ExitCode) => void): Command {
  const program = new Command('qos-ledger')
    .description('The ledger of QoS sessions in Mobile IP networks: what was reserved, what collided, and what cured it.')
    .configureOutput({
      writeOut: text => void cli.out.write(text),
      writeErr: text => void cli.err.write(text),
      getOutHelpWidth: () => Math.min(120, cli.out.columns),
      getErrHelpWidth: () => Math.min(120, cli.err.columns),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for what it takes)')
    .exitOverride();
  const verbs = [
    ...[addServe, addDemo, addSimulate, addDecode, addIngest],
    ...[addFlowTable, addSessions, addSession, addHandoffs, addHandoff, addEvents],
    ...[addExport, addImport, addDoctor],
  ];
  for (const addVerb of verbs) addVerb(program, cli, finish);
  return program;
}

function exitCodeOf(error: unknown, cli: Cli): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof OutputClosed) return 0;
  if (error instanceof Interrupted || cli.interrupted.aborted) return interruptedExitCode;
  const failure = error instanceof Failure ? error : unexpected(error);
  for (const line of [failure.message, ...failure.facts.map(fact => `  ${fact}`)]) void cli.err.line(line);
  return failure.exitCode;
}

function unexpected(error: unknown): Failure {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Failure(1, 'Something went wrong that should not have; please report it with what follows.', text.split('\n'));
}
