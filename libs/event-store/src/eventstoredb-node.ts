import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import type { EventStoreDbAddress } from './eventstoredb-address';
import { isSilence, isVerdict, NodeSilent } from './eventstoredb-errors';
import { EventStoreUnavailable } from './event-store';
import { Outage } from './eventstoredb-outage';

export interface CallOptions {
  readonly credentials: { readonly username: string; readonly password: string };
  /** A follower's answer may be old: it says who leads instead. */
  readonly requiresLeader: true;
  /** Milliseconds. */
  readonly deadline: number;
}

/** Behind the deadline that the client keeps itself, when it does: its error says more than ours. */
const graceMs = 250;
const leaderAttempts = 3;
const maximumInFlight = 2_048;

/**
 * The one client of this process, every call under our own timer. A client that a call hung in is replaced: it stays with a frozen
 * leader for as long as that is frozen, also when another one was elected.
 */
export class EventStoreDbNode {
  #client: EventStoreDBClient;
  /** Aborts when the client is replaced: whatever is still open in it is to be opened again. */
  #replaced = new AbortController();
  #inFlight = 0;
  readonly #outage = new Outage();

  constructor(
    private readonly address: EventStoreDbAddress,
    readonly timeoutMs = 4_000,
  ) {
    this.#client = EventStoreDBClient.connectionString(address.connectionString);
  }

  get streamPrefix(): string {
    return this.address.streamPrefix;
  }

  /** For what stays open: a subscription. */
  current(): { readonly client: EventStoreDBClient; readonly replaced: AbortSignal; readonly options: Pick<CallOptions, 'credentials' | 'requiresLeader'> } {
    return { client: this.#client, replaced: this.#replaced.signal, options: { credentials: this.address.credentials, requiresLeader: true } };
  }

  /**
   * Throws what the client threw, or NodeSilent.
   * @throws EventStoreUnavailable nothing was sent
   */
  async call<T>(work: (client: EventStoreDBClient, options: CallOptions) => Promise<T>): Promise<T> {
    this.#outage.admit();
    if (this.#inFlight >= maximumInFlight) throw new EventStoreUnavailable(`${maximumInFlight} calls to EventStoreDB are in flight already`);
    this.#inFlight += 1;
    try {
      return await this.#toTheLeader(work);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** A new client for what this one hung in; it is closed later. */
  replace(hung: EventStoreDBClient): void {
    if (hung !== this.#client || this.#replaced.signal.aborted) return;
    this.#client = EventStoreDBClient.connectionString(this.address.connectionString);
    const told = this.#replaced;
    this.#replaced = new AbortController();
    told.abort();
    // A read that is cancelled ends as if it had found nothing: the client is closed when the timers of its calls have ended them.
    setTimeout(() => void retire(hung), this.timeoutMs + 2 * graceMs).unref();
  }

  /** Ends what is open in the client. */
  async close(): Promise<void> {
    this.#replaced.abort();
    await retire(this.#client);
  }

  /** A follower wrote nothing and the client knows the leader from its answer, so the next call goes right. */
  async #toTheLeader<T>(work: (client: EventStoreDBClient, options: CallOptions) => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + this.timeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      const client = this.#client;
      try {
        const deadline = Math.max(1, Math.ceil(giveUpAt - performance.now()));
        const answer = await within(work(client, { credentials: this.address.credentials, requiresLeader: true, deadline }), deadline + graceMs);
        this.#outage.answered();
        return answer;
      } catch (error) {
        if ((error as { type?: string }).type === 'not-leader' && attempt < leaderAttempts) {
          await delay(this.#outage.pauseMs());
          continue;
        }
        if (isVerdict(error)) this.#outage.answered();
        else this.#outage.failed(isSilence(error));
        if (isSilence(error)) this.replace(client);
        throw error;
      }
    }
  }
}

/** Nothing of the batch path's is shared with other clients, because nothing here appends by it. */
async function retire(client: EventStoreDBClient): Promise<void> {
  await Promise.race([client.dispose().catch(ignore), delay(1_000, undefined, { ref: false })]);
  // `dispose` leaves the connection open. What the types call internal is the client's only way to it.
  const { getChannel } = client as unknown as { readonly getChannel?: () => Promise<{ close(): void }> };
  await Promise.race([getChannel?.().then((channel) => channel.close()).catch(ignore), delay(1_000, undefined, { ref: false })]);
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NodeSilent(`nothing came for ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const ignore = (): void => undefined;
