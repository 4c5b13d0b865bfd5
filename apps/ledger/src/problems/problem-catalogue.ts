import { rejectionCatalogue, type RejectionName } from '#domain';

/** One kind of problem: its status, its title, and what a person can do about it. */
export interface ProblemKind {
  readonly status: number;
  /** RFC 9457 §3.1.3: the same for every occurrence. */
  readonly title: string;
  readonly remedy: string;
}

/** What the service itself refuses, in order of status. The refusals of the rules follow from the domain's catalogue. */
const serviceProblems = {
  malformed: {
    status: 400,
    title: 'The request is malformed.',
    remedy: 'Every fault is listed in `errors`, with a JSON pointer into the body or the name of a parameter or header. Correct them all and ask again.',
  },
  unauthenticated: {
    status: 401,
    title: 'A valid token is needed.',
    remedy: 'Send `Authorization: Bearer <token>` with a token of the file that LEDGER_TOKENS_FILE names.',
  },
  forbidden: {
    status: 403,
    title: 'The token does not allow this.',
    remedy: 'Readers read, writers command as well, admins also provision and remove foreign agents. Use a token with the role that `role` names.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing here.',
    remedy: 'Check the path, and the id in it: ids are never guessed or completed.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The path does not have this method.',
    remedy: 'Ask with one of the methods that `Allow` names; /openapi.json says what each of them does.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive.',
    remedy: 'Headers and body must arrive within 8 seconds, and a capture must not pause for longer. Send the whole request again.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The resource changed since it was read.',
    remedy: 'Read the resource again (its present tag is in ETag), decide anew, and send the new tag in If-Match.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large.',
    remedy: 'A JSON body may have 1 MiB, a capture 1 GiB. Split it, or send a live capture with `?follow=true`.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body has a type that is not read here.',
    remedy: 'Send JSON as `application/json` in UTF-8, a capture as `application/vnd.tcpdump.pcap`, neither of them compressed.',
  },
  'misdirected-request': {
    status: 421,
    title: 'The ledger does not answer under this host name.',
    remedy: 'Ask under localhost, 127.0.0.1 or [::1]; a ledger that is reached by another name needs tokens (LEDGER_TOKENS_FILE).',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another command.',
    remedy: 'A key names one command for ever: the same method, path and body. Take a new key for a new command.',
  },
  'header-fields-too-large': {
    status: 431,
    title: 'The headers are too large.',
    remedy: 'All headers together may have 16 KiB.',
  },
  internal: {
    status: 500,
    title: 'The service failed.',
    remedy: 'This is a fault of the service. Its log has the cause under the `requestId` that this problem names.',
  },
  'append-refused': {
    status: 500,
    title: 'The event store refuses the events of the command.',
    remedy: 'Nothing more was stored, and asking again comes to the same. `detail` says why; the log of the service has the cause under the `requestId` that this problem names.',
  },
  'stream-unreadable': {
    status: 503,
    title: 'The stream has an event that cannot be read.',
    remedy:
      'Nothing is decided on a guess. The stream, and the revision and position of the event, stand beside this; the log says what is wrong with it. ' +
      'An unknown type or newer schema version needs a newer program; a spoilt or missing event needs the log restored. Other streams go on, unless it is the end of the log that is missing.',
  },
  'store-unavailable': {
    status: 503,
    title: 'The event store is away.',
    remedy: 'Ask again after Retry-After, with the same Idempotency-Key: a command that was stored all the same is answered, not repeated.',
  },
  'insufficient-storage': {
    status: 507,
    title: 'The disk of the ledger is full.',
    remedy:
      'Nothing more was stored; of a command that takes several appends a part may stand, and the same Idempotency-Key goes on from there. Reads go on; commands are taken again as soon as there is room on the disk.',
  },
  'scope-contended': {
    status: 503,
    title: 'Too many writers want the same stream.',
    remedy:
      'Ask again after Retry-After, with the same Idempotency-Key. `written` is `nothing`, or of a command that takes several appends `a-part` (`perhaps-a-part`): that stands, and the same key goes on from there.',
  },
  'projection-behind': {
    status: 503,
    title: 'The tables have not reached the position that was asked for.',
    remedy: 'Ask again after Retry-After, or without minPosition for what is known now.',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof serviceProblems | RejectionName;

const rejectionProblems = Object.entries(rejectionCatalogue).map(([name, title]): [string, ProblemKind] => [
  name,
  {
    status: 409,
    title,
    remedy: 'The rules of the ledger refuse this: the reason with its values is in `detail`, the facts stand beside it. docs/reference/refusals.md tells the rule.',
  },
]);

/** Every problem that the service answers; docs/reference/problems.md is this table (a test holds them equal). */
export const problemCatalogue = Object.fromEntries([...Object.entries(serviceProblems), ...rejectionProblems]) as Readonly<Record<ProblemName, ProblemKind>>;

export function isProblemName(name: string): name is ProblemName {
  return Object.hasOwn(problemCatalogue, name);
}
