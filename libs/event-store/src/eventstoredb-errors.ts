import { AppendRefused, EventStoreUnavailable, OutcomeUnknown } from './event-store';

/** What the client's errors have: every `name` is "Error", many messages are empty. */
interface ClientError {
  readonly type?: string;
  readonly code?: number;
  readonly message: string;
}

/** No answer within our own time: the client waits for a frozen node as long as it is frozen. */
export class NodeSilent extends Error {
  override readonly name = 'NodeSilent';
  readonly type = 'deadline-exceeded';
}

/** As a real node and the client answered while nodes died, froze and started; the spec beside this file has a line for each. */
export function appendFailure(error: unknown): AppendRefused | OutcomeUnknown | EventStoreUnavailable {
  const { type, code } = error as ClientError;
  const text = wordsOf(error);
  switch (type) {
    case 'stream-deleted':
    case 'maximum-append-size-exceeded':
    case 'access-denied':
    case 'invalid-argument':
      return new AppendRefused(`EventStoreDB refused: ${text}`, { cause: error });
    case 'not-leader':
      return new EventStoreUnavailable(`EventStoreDB has no leader that answers: ${text}`, { cause: error });
    case 'unknown':
      // A follower while nobody leads: it takes nothing itself and knows nobody to name.
      if (text.includes('No leader info')) return new EventStoreUnavailable(`EventStoreDB has no leader: ${text}`, { cause: error });
      if (isPermanent(error as ClientError)) return new AppendRefused(`EventStoreDB refused: ${text}`, { cause: error });
      break;
    case undefined:
      // The client looked for a node to send it to and found none.
      if (code === undefined && text.startsWith('Failed to discover')) return new EventStoreUnavailable(text, { cause: error });
  }
  // unavailable, deadline-exceeded, timeout, cancelled, a plain code 14, and whatever nobody has seen yet.
  return new OutcomeUnknown(`no answer from EventStoreDB: ${text}`, { cause: error });
}

/** Code 8: a message beyond what the transport takes. Code 2 may be anything that went wrong in the node, before the write or behind it. */
function isPermanent({ code, message }: ClientError): boolean {
  return code === 8 || message.includes('BadRequest');
}

/** The answer to a read from a position at which no event begins. */
export function isNoPosition(error: unknown): boolean {
  const { type, code, message } = error as ClientError;
  return type === 'unknown' && code === 2 && message.includes('InvalidPosition');
}

/** A read has no outcome to be unsure of. */
export const readFailure = (error: unknown): EventStoreUnavailable =>
  new EventStoreUnavailable(`EventStoreDB did not answer a read: ${wordsOf(error)}`, { cause: error });

/** The node said nothing in time. Only these leave the client where it is; from the others it turns to another node by itself. */
export const isSilence = (error: unknown): boolean => (error as ClientError).type === 'deadline-exceeded';

/** The node's own verdict about the call: it is there and works. */
export function isVerdict(error: unknown): boolean {
  const { type } = error as ClientError;
  return type === 'wrong-expected-version' || type === 'stream-not-found' || type === 'stream-deleted' || type === 'maximum-append-size-exceeded' || type === 'access-denied';
}

export function wordsOf(error: unknown): string {
  const { type, code, message } = error as ClientError;
  return message || type || `code ${code ?? 'unknown'}`;
}
