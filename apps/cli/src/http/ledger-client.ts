import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure, Interrupted } from '../exit';
import { failureOf } from './problem';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Page<Item> {
  readonly position: string;
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** A server that says nothing for so long is away; a capture that is followed may be silent for ever. */
const silenceMs = 60_000;

/**
 * The one way in which the command line reaches a ledger: /v1 over HTTP. Not `fetch`: a capture may stream for hours, and its
 * answer may come before its end (413), which `fetch` turns into a broken connection.
 */
export class LedgerClient {
  private agent: http.Agent | undefined;

  constructor(
    readonly url: URL,
    private readonly interrupted: AbortSignal,
    private readonly token: string | null = null,
  ) {}

  async get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    const answer = await this.request('GET', path, query);
    if (answer.status >= 400) throw failureOf(answer.status, answer.body);
    return answer.body as Answer;
  }

  /** Null where there is no such thing. */
  async find<Answer>(path: string, query: Query = {}): Promise<Answer | null> {
    const answer = await this.request('GET', path, query);
    if (answer.status === 404) return null;
    if (answer.status >= 400) throw failureOf(answer.status, answer.body);
    return answer.body as Answer;
  }

  /** Status and body, whatever they say: /health/ready answers 503 with its reasons. */
  look(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    return this.request('GET', path, {});
  }

  /** Every item of a list, page by page; `most` items at the most. */
  async *list<Item>(path: string, query: Query = {}, most = Infinity): AsyncGenerator<Item, void, undefined> {
    let after = query['after'];
    let left = most;
    while (left > 0) {
      const page = await this.get<Page<Item>>(path, { ...query, limit: Math.min(1000, left), after });
      yield* page.items;
      left -= page.items.length;
      if (page.next === null || page.items.length === 0) return;
      after = page.next;
    }
  }

  /** The body of an answer as it comes. */
  async *bytes(path: string, query: Query = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const url = this.resolve(path, query);
    const { get } = url.protocol === 'https:' ? https : http;
    const headers = this.token === null ? {} : { authorization: `Bearer ${this.token}` };
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      get(url, { headers, signal: this.interrupted, timeout: silenceMs }, resolve)
        .on('timeout', function (this: http.ClientRequest) { this.destroy(new Error(`no answer for ${silenceMs / 1000} s`)); })
        .on('error', (error) => reject(this.away(error)));
    });
    if (response.statusCode !== 200) throw failureOf(response.statusCode ?? 0, parsed(await readText(response)));
    try {
      for await (const piece of response) yield piece as Uint8Array;
    } catch (error) {
      throw this.away(error as Error);
    }
  }

  /** Streams a capture in; the answer is the report of its ingest. `follow`: it is live, its end is not known. */
  async postCapture<Report>(capture: Readable, options: { readonly follow: boolean }): Promise<Report> {
    const answer = await this.request('POST', '/v1/captures', options.follow ? { follow: true } : {}, capture);
    if (answer.status >= 400) throw failureOf(answer.status, answer.body);
    return answer.body as Report;
  }

  private request(method: string, path: string, query: Query, body?: Readable): Promise<{ status: number; body: unknown }> {
    const url = this.resolve(path, query);
    const { request, Agent } = url.protocol === 'https:' ? https : http;
    // Not the global agent: it ends a request whose socket was silent for 5 s, and a capture that is followed may be for hours.
    this.agent ??= new Agent({ keepAlive: true });
    const { agent } = this;
    return new Promise((resolve, reject) => {
      const headers = {
        accept: 'application/json',
        ...(body ? { 'content-type': 'application/vnd.tcpdump.pcap' } : {}),
        ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
      };
      const sent = request(url, { agent, method, headers, signal: this.interrupted, ...(body ? {} : { timeout: silenceMs }) });
      const fail = (error: Error): void => reject(this.away(error));
      let answered = false;
      sent.on('timeout', () => sent.destroy(new Error(`no answer for ${silenceMs / 1000} s`)));
      sent.on('error', error => (answered ? undefined : fail(error)));
      sent.on('response', response => {
        answered = true;
        readText(response).then(text => resolve({ status: response.statusCode ?? 0, body: parsed(text) }), fail);
      });
      if (body === undefined) sent.end();
      else pipeline(body, sent).catch((error: Error) => (answered ? undefined : fail(error)));
    });
  }

  private resolve(path: string, query: Query): URL {
    const url = new URL(this.url.pathname.replace(/\/$/, '') + path, this.url);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }

  private away(error: Error): Error {
    if (this.interrupted.aborted) return new Interrupted();
    if (error instanceof Failure || error instanceof Interrupted) return error;
    const reason = (error as NodeJS.ErrnoException).code ?? error.message;
    return new Failure(3, `No ledger answers at ${this.url.href} (${reason}).`, [], { cause: error });
  }
}

async function readText(response: http.IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk as string;
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
