import { decodeEvent, UnreadableEvent, type LedgerEvent } from '#domain';
import { categoryOf, type RecordedEvent } from '#event-store';

/** Foreign agent and care-of address, as a stream `flowTable-{foreignAgent}@{careOfAddress}` names them. */
export interface Scope {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
}

/**
 * An event as the projections see it. Payload and metadata are read on first use, so that one that cannot be read stops only
 * the projections that need it.
 */
export class LoggedEvent {
  #event: LedgerEvent | undefined;
  #metadata: Readonly<Record<string, string>> | undefined;

  #scope: Scope | null = null;
  /** Decimal text. */
  readonly position: string;
  /** Decimal text. */
  readonly revision: string;

  constructor(readonly recorded: RecordedEvent) {
    this.position = recorded.position.toString();
    this.revision = recorded.revision.toString();
  }

  /** @throws UnreadableEvent */
  get event(): LedgerEvent {
    const { type, data, stream } = this.recorded;
    this.#event ??= decodeEvent(type, data, this.#schemaVersion(), categoryOf(stream));
    return this.#event;
  }

  get metadata(): Readonly<Record<string, string>> {
    this.#metadata ??= JSON.parse(this.recorded.metadata) as Readonly<Record<string, string>>;
    return this.#metadata;
  }

  get stream(): string {
    return this.recorded.stream;
  }

  /** @throws UnreadableEvent where the stream is no scope's */
  get scope(): Scope {
    const scope = (this.#scope ??= scopeOf(this.stream));
    if (scope === null) throw new UnreadableEvent(`The stream ${JSON.stringify(this.stream)} is no scope's.`);
    return scope;
  }

  #schemaVersion(): number {
    const text = this.metadata['schemaVersion'] ?? '';
    if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new UnreadableEvent(`The schema version ${JSON.stringify(text)} is no number.`);
    return Number(text);
  }
}

/** The id of a foreign agent has no `@`, so that the first one divides. */
export function scopeOf(stream: string): Scope | null {
  const match = /^flowTable-([^@]+)@(.+)$/.exec(stream);
  return match === null ? null : { foreignAgent: match[1]!, careOfAddress: match[2]! };
}
