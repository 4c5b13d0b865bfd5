import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/** Where distributions put it; undefined where there is none. */
export const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => existsSync(file));

export interface OpenPage {
  /** URLs of everything that the page asked for. */
  readonly requests: string[];
  /** What stands in the console as an error, policies that were violated included. */
  readonly errors: string[];
  /** The value of an expression of the page as soon as it is truthy, 10 s at most. */
  eventually(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

interface Told {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any -- as the protocol has it
  readonly result?: Readonly<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any -- as the protocol has it
}

/** Opens a page in a headless Chromium, over the pipe of its DevTools protocol: messages of JSON, a NUL behind each. */
export async function openPage(executable: string, url: string): Promise<OpenPage> {
  const profile = mkdtempSync(path.join(tmpdir(), 'ledger-chromium-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--remote-debugging-pipe'];
  const browser = spawn(executable, [...flags, `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => browser.once('close', resolve));
  const [, , , input, output] = browser.stdio as unknown as [null, null, null, Writable, Readable];
  const answers = new Map<number, (result: NonNullable<Told['result']>) => void>();
  const [requests, errors]: [string[], string[]] = [[], []];
  const hear = ({ id, method, params = {}, result = {} }: Told): void => {
    if (id !== undefined) answers.get(id)?.(result);
    else if (method === 'Network.requestWillBeSent') requests.push(String(params['request'].url));
    else if (method === 'Runtime.exceptionThrown') errors.push(String(params['exceptionDetails'].text));
    else if (method === 'Log.entryAdded' && params['entry'].level === 'error') errors.push(String(params['entry'].text));
    else if (method === 'Runtime.consoleAPICalled' && params['type'] === 'error') errors.push(JSON.stringify(params['args']));
  };
  let text = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (text + chunk).split('\0');
    text = messages.pop()!;
    for (const message of messages) hear(JSON.parse(message) as Told);
  });
  let last = 0;
  const ask = (method: string, params: object = {}, sessionId?: string): Promise<NonNullable<Told['result']>> =>
    new Promise((resolve) => {
      answers.set((last += 1), resolve);
      input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });
  const { targetId } = await ask('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await ask('Target.attachToTarget', { targetId, flatten: true });
  for (const domain of ['Network', 'Runtime', 'Log', 'Page']) await ask(`${domain}.enable`, {}, sessionId as string);
  await ask('Page.navigate', { url }, sessionId as string);
  return {
    requests,
    errors,
    async eventually(expression) {
      for (let attempt = 0; attempt < 200; attempt += 1) {
        const { result } = await ask('Runtime.evaluate', { expression, returnByValue: true }, sessionId as string);
        if (result?.value) return result.value as unknown;
        await pause(50);
      }
      throw new Error(`the page never had ${expression}: ${errors.join('; ')}`);
    },
    async close() {
      await ask('Browser.close');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
