import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { type Check, wrong } from '../doctor/check';
import { checkBinaries, checkDataDir, checkDisk, checkLock, checkNode, checkPlatform } from '../doctor/machine';
import { checkDatabase, checkServer } from '../doctor/server';
import { Failure } from '../exit';
import { flagsOf, type LedgerOptions, readServiceConfig, withLedgerOptions } from '../http/open-ledger';
import { printable } from '../terminal/text';

export function addDoctor(program: Command, cli: Cli, finish: Finish): void {
  const command = program.command('doctor').description('Tell what is in force, what is wrong, and what to do about it.').option('--json', 'one JSON document');
  withLedgerOptions(command)
    .addHelpText('after', '\nSecrets are hidden. The exit code is 1 where something is wrong.\n\nExample:\n  qos-ledger doctor --data-dir /var/lib/qos-ledger')
    .action(async (options: LedgerOptions & { readonly json?: true }) => {
      const { settings, checks } = await examine(options, cli);
      const failed = checks.filter(check => check.state === 'wrong');
      if (options.json) await cli.out.json({ settings, checks, wrong: failed.length });
      else await show(settings, checks, cli);
      finish(failed.length > 0 ? 1 : 0);
    });
}

type Settings = Readonly<Record<string, string>>;

async function examine(options: LedgerOptions, cli: Cli): Promise<{ settings: Settings; checks: Check[] }> {
  const checks = [checkNode(), checkPlatform()];
  let config;
  try {
    config = await readServiceConfig(flagsOf(options), cli);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { settings: {}, checks: [...checks, wrong('configuration', error.message, 'Correct the variable it names, or take it away.')] };
  }
  const { printable: withoutSecrets } = await import('#service');
  const named = options.url ?? (options.dataDir === undefined ? cli.env['LEDGER_URL'] || undefined : undefined);
  const settings = { ...withoutSecrets(config), LEDGER_URL: named ?? '(none)' };
  if (config.databaseUrl === null) {
    const { dataDir } = config;
    const hasLedger = ['postgres', 'postgres.elsewhere'].some(entry => existsSync(path.join(dataDir, entry)));
    checks.push(await checkDataDir(dataDir), checkLock(dataDir), await checkDisk(dataDir), await checkBinaries(), await checkDatabase(config, hasLedger));
  } else checks.push(await checkDatabase(config, true));
  checks.push(await checkServer(config, named, cli.interrupted));
  return { settings, checks };
}

async function show(settings: Settings, checks: readonly Check[], { out, colors }: Cli): Promise<void> {
  const width = Math.max(...Object.keys(settings).map(name => name.length), ...checks.map(check => check.name.length));
  if (!out.isTerminal) {
    for (const [name, value] of Object.entries(settings)) await out.line(['setting', name, value].join('\t'));
    for (const { name, state, finding, advice } of checks) await out.line([state, name, printable(finding), advice ?? ''].join('\t'));
    return;
  }
  await out.line(colors.bold('In force'));
  for (const [name, value] of Object.entries(settings)) await out.line(`    ${colors.dim(name.padEnd(width))}  ${printable(value)}`);
  await out.line(`\n${colors.bold('Found')}`);
  const marks = { good: colors.green('✓'), note: colors.dim('·'), wrong: colors.red('✗') };
  for (const { name, state, finding, advice } of checks) {
    await out.line(`  ${marks[state]} ${colors.dim(name.padEnd(width))}  ${state === 'wrong' ? colors.red(printable(finding)) : printable(finding)}`);
    if (advice !== undefined) await out.line(`    ${' '.repeat(width)}  → ${advice}`);
  }
  const faults = checks.filter(check => check.state === 'wrong').length;
  await out.line(faults === 0 ? `\n${colors.green('Nothing is wrong.')}` : `\n${colors.red(`${faults} ${faults === 1 ? 'thing is' : 'things are'} wrong.`)}`);
}
