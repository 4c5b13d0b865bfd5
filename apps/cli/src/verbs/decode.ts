import { CaptureDecoder, type DecodeResult, describeMessage, formatTime, isUnreadable } from '#signalling';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { throwIfInterrupted } from '../exit';
import { openCapture } from '../input';
import { messageFacts } from '../terminal/message-facts';
import { Progress } from '../terminal/progress';
import { counted, printable } from '../terminal/text';

export function addDecode(program: Command, cli: Cli, finish: Finish): void {
  program
    .command('decode')
    .description('Show the Mobile IP and RSVP messages of captures (pcap or pcapng), without a ledger.')
    .argument('<file...>', 'captures in the order they are to be read; - is standard input')
    .option('--json', 'one JSON document a message and line')
    .addHelpText(
      'after',
      `
A frame that should hold a message and cannot be read is told with its number and the offset where reading stopped; the
rest goes on and the exit code is 1.

Examples:
  qos-ledger decode away.pcap
  tcpdump -i eth0 -U -w - 'udp port 434 or proto 46' | qos-ledger decode --json - | jq 'select(.message == "path")'`,
    )
    .action(async (files: string[], options: { json?: true }) => {
      let unreadable = 0;
      for (const file of files) unreadable += await decodeFile(file, files.length > 1, options.json ?? false, cli);
      finish(unreadable > 0 ? 1 : 0);
    });
}

/** Answers how many frames could not be read. */
async function decodeFile(file: string, named: boolean, json: boolean, cli: Cli): Promise<number> {
  const input = await openCapture(file, cli);
  const forPeople = !json && cli.out.isTerminal;
  const render = json ? jsonLine : forPeople ? (result: DecodeResult) => personLines(result, cli) : tabbedLine;
  const progress = new Progress(cli.err, file, forPeople ? null : input.bytes);
  const decoder = new CaptureDecoder();
  const write = async (results: readonly DecodeResult[]): Promise<void> => {
    for (const result of results) await cli.out.line(render(result));
  };
  if (named && forPeople) await cli.out.line(cli.colors.bold(printable(file)));
  cli.interrupted.addEventListener('abort', () => input.stream.destroy(), { once: true });
  try {
    for await (const chunk of input.stream) {
      await write(decoder.push(chunk as Uint8Array));
      if (!forPeople) progress.at(decoder.counts.bytes);
    }
    await write(decoder.end());
  } catch (error) {
    throwIfInterrupted(cli.interrupted);
    throw error;
  } finally {
    progress.end();
    input.stream.destroy();
  }
  if (forPeople) await cli.out.line(cli.colors.dim(summary(decoder.counts)));
  return decoder.counts.unreadable;
}

const jsonLine = (result: DecodeResult): string => JSON.stringify(describeMessage(result));

/** Frame, time, source, destination, message, facts, violations; an unreadable frame has `error` as its message. */
function tabbedLine(result: DecodeResult): string {
  if (isUnreadable(result)) return [result.frame, '', '', '', 'error', `${result.error} (offset ${result.offset})`, ''].join('\t');
  const { frame, timeNs, timeDigits, source, destination, message, violations } = result;
  const facts = printable(messageFacts(message));
  return [frame, formatTime(timeNs, timeDigits), source, destination, message.kind, facts, violations.map(({ name }) => name).join(',')].join('\t');
}

function personLines(result: DecodeResult, { colors, out }: Cli): string {
  const frame = colors.dim(String(result.frame).padStart(6));
  if (isUnreadable(result)) return `${frame}  ${colors.red(`cannot be read: ${printable(result.error)} (offset ${result.offset})`)}`;
  const { timeNs, timeDigits, source, destination, message, violations } = result;
  const time = formatTime(timeNs, Math.min(3, timeDigits)).slice(11, -1);
  const head = `${time}  ${`${source} → ${destination}`.padEnd(33)}  `;
  const facts = printable(messageFacts(message));
  const oneLine = 8 + head.length + 22 + facts.length <= out.columns;
  const name = (/reply|resv/.test(message.kind) ? colors.cyan : colors.bold)(message.kind.padEnd(oneLine ? 20 : 0));
  const below = violations.map(({ name: violation, detail }) => `\n        ${colors.yellow(`! ${violation}`)}  ${colors.dim(printable(detail))}`);
  return `${frame}  ${head}${name}${oneLine ? '  ' : '\n        '}${facts}${below.join('')}`;
}

function summary(counts: CaptureDecoder['counts']): string {
  const kinds = Object.entries(counts.messages).map(([kind, count]) => `${count} ${kind}`);
  const parts = [counted(counts.frames, 'frame'), kinds.join(', ') || 'no message of Mobile IP or RSVP'];
  if (counts.violations > 0) parts.push(counted(counts.violations, 'violation'));
  if (counts.unreadable > 0) parts.push(counted(counts.unreadable, 'unreadable frame'));
  return parts.join('; ');
}
