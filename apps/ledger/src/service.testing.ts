import net from 'node:net';
import { Writable } from 'node:stream';
import { testEventStore } from '#event-store/testing';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { expectDescribed } from './answers/described.testing';
import { readConfig, type Settings } from './config';
import { startService } from './service';

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** JSON where the answer is JSON, else its text. */
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- a test says what it expects
}

export interface TestRequest {
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestService {
  readonly url: string;
  readonly database: TestDatabase;
  readonly databaseUrl: string;
  /** Everything that was logged. */
  readonly log: () => string;
  call(method: string, path: string, request?: TestRequest): Promise<TestAnswer>;
  /** Writes these bytes to a socket of its own and gives everything that comes back until the server ends it. */
  raw(bytes: string | Buffer, options?: { readonly end?: boolean }): Promise<string>;
  stop(): Promise<void>;
  /** Stops, and drops the database. */
  close(): Promise<void>;
}

/**
 * The whole service on a database of its own, on a free port; its log in EventStoreDB where LEDGER_TEST_EVENTSTORE names a node.
 * Every answer of JSON is held to its description in openapi.json.
 * @param shared another service's database, as after a restart
 */
export async function startTestService(settings: Settings = {}, shared?: TestDatabase): Promise<TestService> {
  const database = shared ?? (await openTestDatabase({ max: 1 }));
  let text = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const config = readConfig({ LEDGER_DATABASE_URL: database.url, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'debug', LEDGER_EVENT_STORE: testEventStore(), ...settings }, {});
  const service = await startService(config, sink);
  return {
    url: service.url,
    database,
    databaseUrl: database.url,
    log: () => text,
    call: (method, path, request = {}) => call(service.url, method, path, request),
    raw: (bytes, options) => raw(Number(new URL(service.url).port), bytes, options?.end ?? false),
    stop: () => service.close(),
    async close() {
      await service.close();
      await database.close();
    },
  };
}

async function call(url: string, method: string, path: string, { body, raw: bytes, headers = {} }: TestRequest): Promise<TestAnswer> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = bytes ?? (body === undefined ? null : JSON.stringify(body));
  const response = await fetch(`${url}${path}`, { method, headers: { ...json, ...headers }, body: sent, ...({ duplex: 'half' } as object) });
  const text = await response.text();
  const [mediaType = ''] = (response.headers.get('content-type') ?? '').split(';');
  expectDescribed(method, path, response.status, mediaType, text);
  const isJson = /^application\/(problem\+)?json$/.test(mediaType);
  return { status: response.status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text };
}

function raw(port: number, bytes: string | Buffer, end: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => (end ? socket.end(bytes) : socket.write(bytes)));
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.once('close', () => resolve(answer));
    socket.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' && answer !== '' ? resolve(answer) : reject(error)));
  });
}

/** What most suites begin with: an agent, and two nodes registered at its care-of address. */
export const scene = {
  foreignAgent: 'fa-1',
  careOfAddress: '198.51.100.1',
  homeAgent: '203.0.113.1',
  flow: { correspondentNode: '192.0.2.7', protocol: 17, destinationPort: 5004, sourcePort: 4000 },
} as const;

export const configureBody = (mobileNode: string, flow: object = scene.flow): object => ({
  foreignAgent: scene.foreignAgent,
  careOfAddress: scene.careOfAddress,
  mobileNode,
  flow,
});

export const registrationBody = (homeAddress: string, more: object = {}): object => ({
  foreignAgent: scene.foreignAgent,
  homeAgent: scene.homeAgent,
  homeAddress,
  careOfAddress: scene.careOfAddress,
  lifetimeSeconds: 600,
  ...more,
});

export async function setScene(service: TestService, mobileNodes: readonly string[] = ['mn-1', 'mn-2']): Promise<void> {
  await service.call('PUT', '/v1/foreign-agents/fa-1', { body: { careOfAddresses: [scene.careOfAddress] } });
  for (const [index, mobileNode] of mobileNodes.entries()) {
    await service.call('POST', `/v1/mobile-nodes/${mobileNode}/registrations`, { body: registrationBody(`10.0.0.${index + 1}`) });
  }
}
