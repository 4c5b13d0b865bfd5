import 'reflect-metadata';
import { setMaxListeners } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DestinationStream, Logger } from 'pino';
import { AppModule } from './app.module';
import { ConfigError, type Config } from './config';
import { Health } from './health';
import { Drain } from './http/drain';
import { headRequests } from './http/head-requests';
import { createHttpServer } from './http/http-server';
import { otherMethods } from './http/other-methods';
import { EventHub } from './live/event-hub';
import { createLog, nestLog } from './log';
import { Metrics } from './metrics';
import { openLedger, type OpenLedger } from './open-ledger';

export interface Service {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  readonly config: Config;
  /** Answers what is in flight, then closes everything in order. Idempotent. */
  close(): Promise<void>;
}

/** Requests that are still not answered then are cut: a stop takes less than 20 s (F20). */
const drainMs = 12_000;

/**
 * Starts the whole service: PostgreSQL, schema, store, HTTP.
 * @param logTo the standard output where absent
 * @throws ConfigError, DataDirectoryInUse, DatabaseNewerThanProgram: one sentence each that says what to do
 */
export async function startService(config: Config, logTo?: DestinationStream): Promise<Service> {
  const log = createLog(config.logLevel, logTo);
  const ledger = await openLedger(config, log);
  try {
    return await serve(config, ledger, log);
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function serve(config: Config, ledger: OpenLedger, log: Logger): Promise<Service> {
  const health = new Health(ledger.store, ledger.queries, ledger.runner);
  const positions = async () => ({ ledger: await ledger.store.head(), tables: ledger.runner.position });
  const metrics = new Metrics({ positions, tables: () => health.tables() });
  const stopping = new AbortController();
  // Every live feed waits for it.
  setMaxListeners(0, stopping.signal);
  const onLost = (error: unknown): void => log.warn({ err: error }, 'The live feed lost the event store and asks it again.');
  const hub = new EventHub(ledger.store, stopping.signal, { onLost });
  const adapter = await createHttpServer(log, config.tokens, metrics);
  const drain = new Drain(adapter.getInstance());
  headRequests(adapter.getInstance());
  const answerOtherMethods = otherMethods(adapter.getInstance());
  const options = { bodyParser: false, abortOnError: false, logger: nestLog(log) };
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.over(ledger, health, metrics, hub, stopping.signal), adapter, options);
  try {
    await app.init();
    answerOtherMethods();
    await app.listen({ port: config.port, host: config.host, listenTextResolver: (address) => `The ledger answers at ${address}.` });
  } catch (error) {
    await app.close();
    throw startFailure(error, config);
  }
  const url = urlOf(app, config.host);
  ledger.embedded?.publishUrl(url);
  let closing: Promise<void> | undefined;
  return { url, config, close: () => (closing ??= stop({ app, ledger, drain, stopping, log })) };
}

interface Running {
  readonly app: NestFastifyApplication;
  readonly ledger: OpenLedger;
  readonly drain: Drain;
  readonly stopping: AbortController;
  readonly log: Logger;
}

async function stop({ app, ledger, drain, stopping, log }: Running): Promise<void> {
  stopping.abort();
  await drain.quiet();
  const cut = setTimeout(() => serverOf(app).closeAllConnections(), drainMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
    await ledger.close();
    log.info('The ledger is closed.');
  }
}

const serverOf = (app: NestFastifyApplication): Server => app.getHttpServer();

function urlOf(app: NestFastifyApplication, host: string): string {
  const { port } = serverOf(app).address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function startFailure(error: unknown, { host, port }: Config): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new ConfigError(`LEDGER_PORT ${port} is taken on ${host}: stop what listens there, or choose another port (0 takes any that is free).`);
    case 'EACCES':
      return new ConfigError(`LEDGER_PORT ${port} may not be opened by this user: choose one above 1023.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ConfigError(`LEDGER_HOST ${host} is no address of this machine.`);
    default:
      return error;
  }
}
