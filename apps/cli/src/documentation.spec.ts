import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { buildProgram } from './program';
import { Output } from './terminal/output';
import { colorsFor } from './terminal/table';

const pages = ['README.md', 'CHANGELOG.md', ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.md')).map(file => path.join('docs', file))];

/** The shell of a page, its continued lines joined. */
function shellBlocks(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^```(?:sh|bash|shell|console)\n(.*?)^```/gms)].map(([, block]) => block!.replaceAll('\\\n', ' '));
}

/** The words of each call of the program in a shell text: from its name to what ends a simple command. */
function calls(shell: string): readonly (readonly string[])[] {
  return shell.split('\n').flatMap(line => {
    // What another command tells is a position here.
    const plainLine = line.replace(/(^|\s)#.*$/, '').replace(/"?\$\([^()]*\)"?/g, '1');
    const found = [...plainLine.matchAll(/(?:^|[|;&(]|\s)qos-ledger((?:\s+(?:'[^']*'|"[^"]*"|[^\s|;&<>()'"]+))*)/g)];
    return found.map(([, words]) => [...words!.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain!));
  });
}

/** The real program, each verb without its deed: what is left is its judgement of the words. */
async function parse(words: readonly string[]): Promise<void> {
  const silent = new Output(new PassThrough().resume());
  const program = buildProgram(
    { env: {}, stdin: new PassThrough(), out: silent, err: silent, colors: colorsFor(false, {}), interrupted: new AbortController().signal },
    () => undefined,
  );
  const disarm = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => undefined);
    command.commands.forEach(disarm);
  };
  disarm(program);
  await program.parseAsync([...words], { from: 'user' });
}

describe('the documentation', () => {
  it.each(pages)('%s links to what is there', page => {
    const text = readFileSync(page, 'utf8').replace(/^```.*?^```/gms, '');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!).filter(target => !/^(https?:|mailto:|#)/.test(target));
    const missing = targets.filter(target => !existsSync(path.join(path.dirname(page), target.split('#')[0]!)));
    expect(missing).toEqual([]);
  });

  const shell = pages.flatMap(page => shellBlocks(page).map(block => [page, block] as const));

  it.each(shell)('%s has shell that bash can read: %j', (_page, block) => {
    expect(() => execFileSync('bash', ['-n'], { input: block, stdio: ['pipe', 'ignore', 'pipe'] })).not.toThrow();
  });

  const commands = shell.flatMap(([page, block]) => calls(block).map(words => [page, words.join(' '), words] as const));

  it.each(commands)('%s: qos-ledger %s is a command', async (_page, _text, words) => {
    await expect(parse(words)).resolves.toBeUndefined();
  });

  it('has commands at all, and the check refuses what is none', async () => {
    expect(commands.length).toBeGreaterThan(15);
    await expect(parse(['events', '--latest', '5'])).rejects.toThrow(/unknown option/);
    await expect(parse(['flow-table'])).rejects.toThrow(/missing required argument/);
    await expect(parse(['nonsense'])).rejects.toThrow(/unknown command/);
  });
});
