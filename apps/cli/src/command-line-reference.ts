import type { Command } from 'commander';

/** docs/reference/command-line.md: what every verb takes, from the program itself. */
export function commandLineReference(program: Command): string {
  const help = program.createHelp();
  const verbs = help.visibleCommands(program).filter(command => command.name() !== 'help');
  const section = (command: Command): string => {
    const rows = [
      ...help.visibleArguments(command).map(argument => [`\`${argument.name()}\``, help.argumentDescription(argument)]),
      ...help.visibleOptions(command).filter(option => option.long !== '--help').map(option => [`\`${option.flags}\``, help.optionDescription(option)]),
    ];
    const usage = help.commandUsage(command);
    return [`## ${command.name()}`, '', help.commandDescription(command), '', '```text', usage, '```', '', '| | |', '|---|---|', ...rows.map(cells => `| ${cells.map(cell).join(' | ')} |`), ''].join('\n');
  };
  return [...preface, ...verbs.map(section)].join('\n');
}

const preface = [
  '# Command line',
  '',
  'Made of the program itself (`WRITE_REFERENCE=1 npx jest apps/cli/src/command-line-reference`). `qos-ledger VERB --help` says the same, with examples.',
  '',
  'Exit code: 0 done, 1 refused or something found, 2 wrong use, 3 the ledger or its store is away, 130 ended by Ctrl-C.',
  '',
  'A verb talks to the server that `--url` or `LEDGER_URL` names; else to the one that runs on the data directory; else it opens the ledger itself for as long as it',
  'runs. Where a server wants a token, `LEDGER_TOKEN` holds it. On a terminal output is laid out for people; in a pipe it is cells with tabs between them, or JSON',
  'with `--json`. `NO_COLOR` is obeyed.',
  '',
];

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
