import { types } from 'node:util';
import { DatabaseError } from 'pg';
import { ServerSilent } from './server-watch';

/** Connection exception, insufficient resources, operator intervention (shutdown, crash, starting up), system error. */
const awayStates = /^(08|53|57P|58)/;
const socketErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
/** What `pg` and its pool say by themselves has no code. */
const clientSentences = /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** Whether a statement failed because its server is gone, stopping, starting or full: the same statement may succeed later. */
export function isServerAway(error: unknown): boolean {
  if (error instanceof DatabaseError) return awayStates.test(error.code ?? '') || error.code === '57014';
  if (error instanceof ServerSilent) return true;
  if (!types.isNativeError(error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  // A file that is missing is no server that is.
  if (code !== undefined && socketErrors.has(code)) return code !== 'ENOENT' || syscall === 'connect';
  return clientSentences.test(error.message);
}
