import type { LoggerService } from '@nestjs/common';
import pino, { type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from './config';

/** JSON lines; control characters of whatever is logged are escaped by JSON itself. */
export function createLog(level: LogLevel, destination?: DestinationStream): Logger {
  const serializers = { err: loggedError };
  const options = { level, base: null, serializers, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label: string) => ({ level: label }) } };
  return destination ? pino(options, destination) : pino(options);
}

/** What tells a person what happened. Drivers hang their connections on errors, with everything that is in them. */
function loggedError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const { code } = error as NodeJS.ErrnoException;
  return { type: name, message, ...(code === undefined ? {} : { code }), stack, ...(cause === undefined ? {} : { cause: loggedError(cause) }) };
}

/** What Nest itself has to say: its warnings and errors; what it tells of every start is for debugging. */
export function nestLog(log: Logger): LoggerService {
  const facts = (rest: unknown[]): object => ({ part: 'nest', ...(rest.length > 0 ? { context: rest.at(-1) } : {}) });
  return {
    log: (message: unknown, ...rest: unknown[]) => log.debug(facts(rest), String(message)),
    warn: (message: unknown, ...rest: unknown[]) => log.warn(facts(rest), String(message)),
    error: (message: unknown, ...rest: unknown[]) => log.error({ ...facts(rest), ...(message instanceof Error ? { err: message } : {}) }, String(message)),
    fatal: (message: unknown, ...rest: unknown[]) => log.fatal(facts(rest), String(message)),
  };
}
